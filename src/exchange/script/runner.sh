usage() {
  cat <<END
Usage: $self check    look whether this host is as the plan saw it; changes nothing
       $self apply    check, keep a copy of what is there, write the files, run the commands
       $self undo     put back what was there before

ROOT=DIR $self VERB   the same on a tree below DIR; commands are listed and not run
END
}

say() { printf '%s\n' "$*"; }

fail() {
  printf '%s\n' "$@" >&2
  exit 1
}

must() { "$@" || fail "This failed: $*"; }

problem() {
  printf '  %s\n' "$*" >&2
  problems=yes
}

# What is at a path: absent, link:TARGET, sha256:DIGEST or other.
now_at() {
  if [ -h "$1" ]; then
    printf 'link:%s\n' "$(readlink "$1")"
  elif [ ! -e "$1" ]; then
    printf 'absent\n'
  elif [ -f "$1" ]; then
    digest=$(sha256sum <"$1") && printf 'sha256:%s\n' "${digest%% *}"
  else
    printf 'other\n'
  fi
}

# The absolute path of a program; nothing of the caller's PATH decides.
program() {
  for directory in /usr/sbin /usr/bin /sbin /bin /run/current-system/sw/bin /opt/xensource/bin /opt/xensource/libexec; do
    [ -x "$directory/$1" ] || continue
    printf '%s\n' "$directory/$1"
    return 0
  done
  return 1
}

ask() {
  found_program=$(program "${1##*/}") || return 1
  shift
  (
    umask 022
    exec env -i PATH="$PATH" LC_ALL=C.UTF-8 HOME=/root "$found_program" "$@"
  )
}

execute() {
  if [ "$is_live" = no ]; then
    say "  not run below $root: $*"
    return 0
  fi
  say "  $*"
  ask "$@"
}

# Sets number, target and what the plan says of the file.
load() {
  number=$1
  own=no
  path=
  how=
  seen=
  mode=
  file "$1"
  target=$root$path
}

nearest_directory() {
  nearest=$(dirname "$1")
  while [ ! -e "$nearest" ] && [ ! -h "$nearest" ]; do nearest=$(dirname "$nearest"); done
  printf '%s\n' "$nearest"
}

check_file() {
  load "$1"
  above=$(nearest_directory "$target")
  if [ ! -d "$above" ]; then
    problem "$above is no directory."
    return 0
  fi
  if [ -n "$root" ]; then
    case $(readlink -f "$above")/ in
    "$root"/*) ;;
    *) problem "$above leads out of $root." ;;
    esac
  fi
  found=$(now_at "$target")
  if [ "$seen" = any ]; then
    case $found in
    absent | sha256:*) ;;
    *) problem "$path is no regular file." ;;
    esac
  elif [ "$found" != "$seen" ]; then
    problem "$path is not as the plan saw it ($seen), but $found."
    return 0
  fi
  case $found in
  sha256:*) [ "$(stat -c %h "$target")" = 1 ] || problem "$path has several hard links." ;;
  esac
  # A power cut during a rename over a file can lose both there.
  case $found,$(stat -f -c %T "$above") in
  absent,*) ;;
  *,msdos | *,vfat) problem "$path is on a FAT file system, where files are not replaced safely." ;;
  esac
}

check_functions() {
  [ -d "$root/sys/bus/pci/devices" ] || return 0
  for one in $functions; do
    address=${one%=*}
    id_files=$root/sys/bus/pci/devices/$address
    present=$(cat "$id_files/vendor" "$id_files/device" 2>/dev/null | sed 's/^0x//' | tr '\n' :)
    [ "$present" = "${one#*=}:" ] || problem "$address is not the device ${one#*=} of the plan."
  done
}

# Where a program says what a command changes: fails for one that says neither what was there before it nor what it makes.
# known=no: nothing is asked about this command.
read_state() {
  known=yes
  question=
  before=
  after=
  now=
  patience=0
  expects "$1"
  case $? in
  0) ;;
  1)
    known=no
    return 0
    ;;
  *)
    problem "$question gives no answer."
    return 1
    ;;
  esac
  [ "$now" = "$before" ] || [ "$now" = "$after" ] || {
    problem "$question says '$now', and not '$before' as the plan saw it."
    return 1
  }
}

# Asks until the program says what was there before, or what the command makes, for as long as that may take.
settle() {
  waited=0
  while read_state "$1"; do
    case $2 in
    before) wanted=$before ;;
    *) wanted=$after ;;
    esac
    if [ "$known" = no ] || [ "$now" = "$wanted" ] || [ "$waited" -ge "$patience" ]; then return 0; fi
    waited=$((waited + 1))
    sleep 1
  done
  return 1
}

# What a program says as soon as it says something: an earlier step may go on after its command has ended.
wait_for() {
  tries=0
  while [ "$tries" -lt 30 ]; do
    answer=$(ask "$@") || return 1
    if [ -n "$answer" ]; then
      say "$answer"
      return 0
    fi
    tries=$((tries + 1))
    sleep 1
  done
  say "$* says nothing." >&2
  return 1
}

check_states() {
  [ "$is_live" = yes ] || return 0
  for one in $answering; do
    read_state "$one" || continue
    [ "$now" = "$before" ] || problem "$question says '$now' already, and not '$before' as the plan saw it."
  done
}

check_host() {
  problems=no
  check_functions
  for one in $files; do check_file "$one"; done
  check_states
  if [ "$is_live" = yes ]; then
    for one in $programs; do program "$one" >/dev/null || problem "The program $one is missing."; done
  fi
  [ "$problems" = no ]
}

step() { cat "$state/step" 2>/dev/null || say none; }

save_disk() { [ "$is_live" = no ] || must sync; }

enter() {
  save_disk
  say "$1" >"$state/step.new" && must mv -f "$state/step.new" "$state/step"
  save_disk
}

discard() {
  must rm -f "$state/step"
  must rm -rf "$state"
  rmdir "${state%/*}" 2>/dev/null || :
}

keep_copies() {
  (umask 022 && must mkdir -p "$root/var/lib") || exit 1
  must mkdir -p "$state"
  say "$$" >"$state/process"
  enter preparing
  for one in $files; do
    load "$one"
    now_at "$target" >"$state/$number.seen"
    if [ -e "$target" ] || [ -h "$target" ]; then must cp -a "$target" "$state/$number.old"; fi
    copied=$(now_at "$state/$number.old")
    [ "$copied" = "$(cat "$state/$number.seen")" ] || fail "$path changed while it was copied. Nothing was written."
    case $how in
    write | guest) content "$number" >"$state/$number.new" || fail "$state is full. Nothing was written." ;;
    esac
  done
}

make_directories() {
  [ ! -d "$1" ] || return 0
  make_directories "$(dirname "$1")"
  say "$1" >>"$state/directories"
  must mkdir -m 755 "$1"
}

# A folder for its owner only: libvirt and others run each file that they find next to the target.
open_place() {
  make_directories "$(dirname "$target")"
  place=$(dirname "$target")/.vfio-pilot-script
  must rm -rf "$place"
  must mkdir "$place"
}

# What waits in the place, with its digest kept first: undo knows it again, whenever this is killed.
close_place() {
  now_at "$place/new" >"$state/$number.written"
  must mv -fT "$place/new" "$target"
  must rmdir "$place"
  say "  $path"
}

# A file that is there keeps its owner, mode, ACL and label; a new one belongs to who runs this.
install_file() {
  open_place
  if [ -f "$target" ]; then
    must cp -a "$target" "$place/new"
  else
    : >"$place/new"
    must chown "$(id -u):$(id -g)" "$place/new"
    must chmod "$2" "$place/new"
  fi
  cat "$1" >"$place/new" || fail "The disk of $path is full."
  close_place
}

put() {
  load "$1"
  case $how in
  remove)
    say absent >"$state/$number.written"
    must rm "$target"
    say "  $path (removed)"
    ;;
  link)
    open_place
    must ln -s "$(content "$number")" "$place/new"
    close_place
    ;;
  *) install_file "$state/$number.new" "$mode" ;;
  esac
}

# It names an image that a program makes.
put_with_image() {
  load "$1"
  if [ "$is_live" = no ]; then
    say "  not written below $root, where its image can't be made: $path"
  else
    put "$1"
  fi
}

define() {
  load "$1"
  if [ "$is_live" = no ]; then
    put "$1"
    return 0
  fi
  : >"$state/$number.begun"
  define_guest "$state/$number.new" || fail "The guest was not defined."
  now_at "$target" >"$state/$number.written"
  [ -f "$target" ] || fail "The guest was defined, but $path is not there."
}

# The mark comes first: undo looks at what a killed command has done.
run() {
  if [ "$is_live" = yes ]; then
    problems=no
    read_state "$1" || fail 'This was changed since the check.'
    if [ "$known" = yes ]; then
      [ "$now" = "$before" ] || fail "$question says '$now' already."
      say "$question: $now" >"$state/command-$1.before"
    fi
  fi
  : >"$state/command-$1"
  command_line "$1" || fail 'This command failed.'
  [ "$is_live" = yes ] || return 0
  settle "$1" after || fail 'This command has not done what it should.'
  [ "$known" = no ] || [ "$now" = "$after" ] || fail "This command has changed nothing: $question says '$now'."
}

look() { command_line "$1" || say '  This failed. It changes nothing.'; }

# Programs write over the file that the next boot needs: so this goes to a path of its own, is looked at, and put in place.
make() {
  load "$1"
  output=$state/$number.output
  must rm -f "$output"
  make_output "$number" || fail "$path could not be made."
  [ "$is_live" = yes ] || return 0
  [ -s "$output" ] || fail "The new $path is empty, and was not put in place."
  [ "$2" = again ] || is_valid "$number" || fail "The new $path was not put in place."
  if [ "$(now_at "$output")" = "$(now_at "$target")" ]; then return 0; fi
  must chmod go-w "$output"
  install_file "$output" "$(stat -c %a "$output")"
  must rm "$output"
}

has_text() { grep -qF -e "$1" "$output" || { say "  $1 is not in it."; return 1; }; }

# Names of modules are spelled with - or _.
lists() {
  wanted=$(printf '%s' "$1" | tr - _)
  printf '%s\n' "$listing" | tr - _ | grep -qF -e "$wanted" || { say "  $1 is not in it."; return 1; }
}

# Not less than so many percent of the file that is there.
has_size() {
  [ -f "$2" ] || return 0
  [ "$(($(stat -c %s "$output") * 100))" -ge "$(($(stat -c %s "$2") * $1))" ] || { say '  It is too small.'; return 1; }
}

# Whether what is at the target is from here, as far as undo may touch it.
is_ours() {
  [ "$found" = "$(cat "$state/$number.seen")" ] && return 0
  [ "$own" = yes ] && return 0
  [ "$how" = made ] && return 0
  [ -f "$state/$number.written" ] && [ "$found" = "$(cat "$state/$number.written")" ] && return 0
  [ -f "$state/$number.begun" ] && [ ! -f "$state/$number.written" ]
}

check_undo() {
  problems=no
  for one in $files; do
    load "$one"
    found=$(now_at "$target")
    is_ours && continue
    problem "$path was changed since ($found)."
    if [ -e "$state/$number.old" ] || [ -h "$state/$number.old" ]; then
      problem "  Before, it was $state/$number.old. Put that back with: cp -aT $state/$number.old $target"
    else
      problem "  Before, it was not there. Move it away."
    fi
  done
  if [ "$is_live" = yes ]; then
    for one in $answering; do
      [ -f "$state/command-$one" ] || continue
      read_state "$one" || continue
      remedy=
      is_idle "$one"
      case $? in
      2) problem "$remedy." ;;
      esac
    done
  fi
  if [ "$is_live" = yes ] && [ -n "$guest" ]; then
    case $(guest_state 2>/dev/null) in
    '' | 'shut off'*) ;;
    *) problem "The guest $guest is running. Shut it down first." ;;
    esac
  fi
  [ "$problems" = no ]
}

restore_guest() {
  # Until this is done the file holds neither.
  : >"$state/$number.begun"
  rm -f "$state/$number.written"
  if [ "$old" = absent ]; then
    undefine_guest || fail "The guest was not removed."
  else
    define_old_guest "$state/$number.old" || fail "The old guest was not defined."
  fi
}

restore() {
  load "$1"
  must rm -rf "$(dirname "$target")/.vfio-pilot-script"
  old=$(cat "$state/$number.seen")
  found=$(now_at "$target")
  [ "$found" != "$old" ] || return 0
  if [ "$how" = made ] && [ "$own" = no ] && [ "$found" != "$(cat "$state/$number.written" 2>/dev/null)" ]; then
    : >"$state/$number.again"
    return 0
  fi
  if [ "$how" = guest ] && [ "$is_live" = yes ]; then
    restore_guest
    [ "$(now_at "$target")" != "$old" ] || return 0
  fi
  if [ "$old" = absent ]; then
    must rm "$target"
  else
    place=$(dirname "$target")/.vfio-pilot-script
    must mkdir "$place"
    must cp -a "$state/$number.old" "$place/new"
    must mv -fT "$place/new" "$target"
    must rmdir "$place"
  fi
  say "  $path"
}

# Somebody made it anew since: neither our version nor the old one is right any more.
make_again() {
  [ -f "$state/$1.again" ] || return 0
  make "$1" again
}

remove_directories() {
  [ -f "$state/directories" ] || return 0
  sed -n '1!G;h;$p' "$state/directories" | while IFS= read -r directory; do rmdir "$directory" 2>/dev/null || :; done
}

undone=
listing=
take_back() {
  [ -f "$state/command-$1" ] || return 0
  if [ "$is_live" = yes ]; then
    read_state "$1" || fail 'This was changed since the check.'
    if [ "$known" = yes ] && [ "$now" = "$before" ]; then return 0; fi
  fi
  undo_line "$1" || fail 'This command failed.'
  [ "$is_live" = yes ] || return 0
  settle "$1" before || fail 'This command has not done what it should.'
  [ "$known" = no ] || [ "$now" = "$before" ] || fail "This command has changed nothing: $question says '$now'."
}

execute_once() {
  case $undone in
  *"|$*|"*) return 0 ;;
  esac
  undone="$undone|$*|"
  execute "$@"
}

is_applied() {
  for one in $files; do
    load "$one"
    [ ! -f "$state/$number.written" ] || [ "$(now_at "$target")" = "$(cat "$state/$number.written")" ] || return 1
  done
  [ "$is_live" = yes ] || return 0
  for one in $answering; do
    [ ! -f "$state/command-$one" ] || { read_state "$one" && [ "$now" = "$after" ]; } || return 1
  done
}

apply() {
  case $(step) in
  none | preparing) ;;
  applied)
    if is_applied; then
      say "Already applied. To take it back: $self undo"
      exit 0
    fi
    fail "This was applied, and some of it was changed since. Nothing was written." "To take it back: $self undo"
    ;;
  *) fail "A run of this script ended half way. Nothing was written." "Run this first: $self undo" ;;
  esac
  check_host || fail 'Nothing was written. Make a new plan of this host, and a new script.'
  discard
  keep_copies
  enter applying
  tell_when_half_done
  say 'Writing:'
  apply_all
  enter applied
  trap - EXIT INT TERM HUP
  must rm -f "$state/process"
  say "Applied. What was there before is kept in $state."
  ! is_reboot_needed || say 'Reboot now: the next boot makes everything ready for the guest.'
  say "To take it back: $self undo"
}

is_reboot_needed() { [ "$is_live" = yes ] && [ "$needs_reboot" = yes ]; }

tell_when_half_done() {
  trap 'exit 130' INT TERM HUP
  trap 'half_done' EXIT
}

half_done() { printf '%s\n' 'It ended half way.' "To put back what was there: $self undo" >&2; }

undo() {
  case $(step) in
  none) fail "There is nothing to undo: $state is not there." ;;
  preparing)
    discard
    say 'Nothing had been written yet. There is nothing left of it.'
    exit 0
    ;;
  esac
  check_undo || fail 'Nothing was put back.'
  say "$$" >"$state/process"
  enter undoing
  tell_when_half_done
  say 'Putting back:'
  undo_all
  for one in $files; do
    load "$one"
    [ "$how" = made ] || [ "$(now_at "$target")" = "$(cat "$state/$number.seen")" ] || fail "$path is not as before."
  done
  trap - EXIT INT TERM HUP
  discard
  say 'Everything is as before.'
  ! is_reboot_needed || say 'Reboot now.'
}

refuse_second() {
  other=$(cat "$state/process" 2>/dev/null) || return 0
  kill -0 "$other" 2>/dev/null || return 0
  fail "Process $other runs this script already." "If that is something else: rm $state/process"
}

main() {
  # The script may come through a pipe, and no program is to read from that.
  exec </dev/null
  PATH=/usr/sbin:/usr/bin:/sbin:/bin:/run/current-system/sw/bin
  LC_ALL=C
  export PATH LC_ALL
  umask 077
  # How to call it again: it may have come through a pipe, where $0 is the shell.
  self="sh $0"
  grep -qsF "id=$id" "$0" || self='sh SCRIPT'
  root=
  if [ -n "${ROOT:-}" ]; then
    root=$(CDPATH="" cd "$ROOT" && pwd -P) || exit 2
    root=${root%/}
  fi
  is_live=no
  [ -n "$root" ] || is_live=yes
  state=$root/var/lib/vfio-pilot-script/$id
  case $#,${1:-} in
  1,check | 1,apply | 1,undo) ;;
  *)
    usage >&2
    exit 2
    ;;
  esac
  [ "$is_live" = no ] || [ "$(id -u)" = 0 ] || fail 'Run this as root.'
  case $1 in
  check)
    check_host || fail 'This host is not as the plan saw it.'
    say 'This host is as the plan saw it.'
    ;;
  apply)
    refuse_second
    apply
    ;;
  undo)
    refuse_second
    undo
    ;;
  esac
}

# On the last line, so that a copy that was cut off does nothing.
main "$@"
