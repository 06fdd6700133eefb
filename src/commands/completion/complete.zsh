# What follows is the same whatever the commands are. Nothing is run to complete a word: what a host has is read from
# its files, so that a press of Tab costs nothing and starts no program, as root or as anybody.

# The names of the entries of a directory that have this ending, without it.
_vfio_pilot_names() {
  local -a names
  names=("$2"/*"$3"(N:t))
  names=("${(@)names%$3}")
  _wanted names expl "$1" compadd -a names
}

# Functions that a guest can have; in the short form of lspci where that is what was begun.
_vfio_pilot_addresses() {
  local directory class vendor device address
  local -a found
  for directory in $root/sys/bus/pci/devices/*(N); do
    class= vendor= device=
    read -r class 2>/dev/null <$directory/class
    [[ $class == 0x0604* ]] && continue
    read -r vendor 2>/dev/null <$directory/vendor
    read -r device 2>/dev/null <$directory/device
    address=${directory:t}
    [[ $address == $PREFIX* || $address != 0000:* ]] || address=${address#0000:}
    found+=("${address//:/\\:}:${vendor#0x}:${device#0x} class ${class#0x}")
  done
  _describe -t addresses 'PCI function' found
}

_vfio_pilot_values() {
  local -a listed
  case $1 in
    words:*) listed=(${=1#words:}) && _wanted values expl value compadd -a listed ;;
    command) _vfio_pilot_first '' && _describe -t commands command commands ;;
    pci-address) _vfio_pilot_addresses ;;
    guest) _vfio_pilot_names guest $root/etc/libvirt/qemu .xml ;;
    guest-or-file)
      _vfio_pilot_names guest $root/etc/libvirt/qemu .xml
      _files -g '*.(yaml|yml)(-.)'
      ;;
    run-id) _vfio_pilot_names run $root/var/lib/vfio-pilot/journal '' ;;
    profile) _files -g '*.(yaml|yml)(-.)' ;;
    plan) _files -g '*.(yaml|yml|plan)(-.)' ;;
    directory) _directories ;;
    file) _files ;;
    *) _message 'no more arguments' ;;
  esac
}

_vfio_pilot() {
  local root= waiting= follows= word expl depth
  local -a given commands options kinds
  for word in "${(@Q)words[2,CURRENT-1]}"; do
    if [[ -n $waiting ]]; then
      [[ $waiting == --root ]] && root=${word/#\~\//$HOME/}
      waiting=
      continue
    fi
    if [[ " $follows " == *" $word "* ]]; then
      follows=
      continue
    fi
    follows=$(_vfio_pilot_follows $word)
    # A copy that is not there yet: nothing of this host is offered for it.
    [[ $word == --demo || $word == --demo=* ]] && root=/dev/null
    case $word in
      --root=*) root=${word#*=} ;;
      -*) [[ -n $(_vfio_pilot_kind $word) ]] && waiting=$word ;;
      *) given+=("$word") ;;
    esac
  done
  _vfio_pilot_outline "${(@)given}"
  if [[ -n $waiting ]]; then
    _vfio_pilot_values "$(_vfio_pilot_kind $waiting)"
  elif [[ $PREFIX == --*=* ]]; then
    word=${PREFIX%%=*}
    compset -P '*='
    follows=$(_vfio_pilot_follows $word)
    [[ -n $follows ]] && _vfio_pilot_values "words:$follows"
    [[ -n $follows ]] || _vfio_pilot_values "$(_vfio_pilot_kind $word)"
  elif [[ $PREFIX == -* ]]; then
    _describe -o -t options option options
  else
    [[ -n $follows ]] && _vfio_pilot_values "words:$follows"
    if (($#given < depth)); then
      _describe -t commands command commands
    else
      _vfio_pilot_values "${kinds[$#given - depth + 1]-}"
    fi
  fi
}

if [[ $funcstack[1] == _vfio-pilot ]]; then
  _vfio_pilot
else
  compdef _vfio_pilot vfio-pilot
fi
