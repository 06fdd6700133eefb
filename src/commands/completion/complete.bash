# What follows is the same whatever the commands are. Nothing is run to complete a word: what a host has is read from
# its files, so that a press of Tab costs nothing and starts no program, as root or as anybody.

# Puts together what readline took apart at ':' and '=' (an address has two of the first): sets `line` and `current`.
_vfio_pilot_split() {
  local rest=${COMP_LINE:0:COMP_POINT} word index
  line=()
  for ((index = 0; index <= COMP_CWORD; index++)); do
    word=${COMP_WORDS[index]}
    if ((index == 0)) || [[ -z $rest || $rest == [[:space:]]* ]]; then
      rest=${rest#"${rest%%[![:space:]]*}"}
      line+=('')
    fi
    # The word may go on behind the cursor.
    ((index == COMP_CWORD)) && word=$rest
    line[${#line[@]} - 1]+=$word
    rest=${rest#"$word"}
  done
  current=${line[${#line[@]} - 1]}
  unset "line[${#line[@]} - 1]"
}

# The names of the entries of a directory that have this ending, without it.
_vfio_pilot_names() {
  local path
  for path in "$1"/*"$2"; do
    [[ -e $path ]] || continue
    path=${path##*/}
    candidates+=("${path%"$2"}")
  done
}

# Functions that a guest can have; in the short form of lspci where that is what was begun.
_vfio_pilot_addresses() {
  local path class address
  for path in "$root"/sys/bus/pci/devices/*; do
    [[ -e $path ]] || continue
    class=
    read -r class 2>/dev/null <"$path/class"
    [[ $class == 0x0604* ]] && continue
    address=${path##*/}
    [[ $address == "$current"* || $address != 0000:* ]] || address=${address#0000:}
    candidates+=("$address")
  done
}

# Files with one of these endings, and the directories on the way; any file where there is none.
_vfio_pilot_files() {
  local path ending
  compopt -o filenames
  while IFS= read -r path; do
    for ending in "$@"; do
      if [[ -d $path || $path == *"$ending" ]]; then
        COMPREPLY+=("$done_part$path")
        break
      fi
    done
  done < <(compgen -f -- "$current")
  ((${#COMPREPLY[@]})) || compopt -o default
}

_vfio_pilot_values() {
  case $1 in
    words:*) read -r -a candidates <<<"${1#words:}" ;;
    command)
      _vfio_pilot_first ''
      candidates=("${commands[@]}")
      ;;
    pci-address) _vfio_pilot_addresses ;;
    guest) _vfio_pilot_names "$root/etc/libvirt/qemu" .xml ;;
    guest-or-file)
      _vfio_pilot_names "$root/etc/libvirt/qemu" .xml
      _vfio_pilot_files .yaml .yml
      ;;
    run-id) _vfio_pilot_names "$root/var/lib/vfio-pilot/journal" '' ;;
    profile) _vfio_pilot_files .yaml .yml ;;
    plan) _vfio_pilot_files .yaml .yml .plan ;;
    directory) compopt -o dirnames ;;
    file) compopt -o default ;;
  esac
}

_vfio_pilot() {
  local root='' waiting='' follows='' current word candidate done_part='' depth=1
  local -a line=() words=() candidates=() commands=() options=() kinds=()
  COMPREPLY=()
  _vfio_pilot_split
  for word in "${line[@]:1}"; do
    if [[ -n $waiting ]]; then
      [[ $waiting == --root ]] && root=${word/#\~\//$HOME/}
      waiting=
      continue
    fi
    if [[ " $follows " == *" $word "* ]]; then
      follows=
      continue
    fi
    follows=$(_vfio_pilot_follows "$word")
    # A copy that is not there yet: nothing of this host is offered for it.
    [[ $word == --demo || $word == --demo=* ]] && root=/dev/null
    case $word in
      --root=*) root=${word#*=} ;;
      -*) [[ -n $(_vfio_pilot_kind "$word") ]] && waiting=$word ;;
      *) words+=("$word") ;;
    esac
  done
  _vfio_pilot_outline "${words[@]}"
  if [[ -n $waiting ]]; then
    _vfio_pilot_values "$(_vfio_pilot_kind "$waiting")"
  elif [[ $current == --*=* ]]; then
    word=${current%%=*}
    # Where readline did not take the word apart at '=', all of it is replaced.
    [[ $COMP_WORDBREAKS == *=* ]] || done_part=$word=
    current=${current#*=}
    follows=$(_vfio_pilot_follows "$word")
    _vfio_pilot_values "$(_vfio_pilot_kind "$word")"
  elif [[ $current == -* ]]; then
    follows=
    candidates=("${options[@]}")
  elif ((${#words[@]} < depth)); then
    candidates=("${commands[@]}")
  else
    _vfio_pilot_values "${kinds[${#words[@]} - depth]-}"
  fi
  read -r -a words <<<"$follows"
  candidates+=("${words[@]}")
  # What is in front of the last ':' is on the line already, where readline took the word apart there.
  local glued=
  [[ $current == *:* && $COMP_WORDBREAKS == *:* ]] && glued=${current%"${current##*:}"}
  for candidate in "${candidates[@]}"; do
    [[ $candidate == "$current"* ]] || continue
    # %q: a name may hold what a shell would take for a command.
    printf -v candidate %q "$candidate"
    COMPREPLY+=("$done_part${candidate#"$glued"}")
  done
}

complete -F _vfio_pilot vfio-pilot
