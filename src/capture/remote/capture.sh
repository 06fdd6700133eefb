# It reads files and asks programs that only read. It writes nothing on this host.

# ROOT=DIR sh SCRIPT reads the tree below DIR instead, and asks no program.

# Follows the links of a path one by one, and prints each; sets real to where it ends.
walk() {
  real=
  rest=${1#/}
  links=0
  while [ -n "$rest" ]; do
    part=${rest%%/*}
    case $rest in
    */*) rest=${rest#*/} ;;
    *) rest= ;;
    esac
    case $part in
    '' | .) ;;
    ..) real=${real%/*} ;;
    *)
      # The links of /proc name the reading process.
      case $real in
      /proc | /proc/*)
        real=$real/$part
        continue
        ;;
      esac
      if [ -h "$root$real/$part" ]; then
        target=$(readlink "$root$real/$part") || return 1
        printf 'L %s %s\n%s\n' "$kind" "$real/$part" "$target"
        links=$((links + 1))
        [ "$links" -le 40 ] || return 1
        case $target in
        /*) real= ;;
        esac
        rest=$target${rest:+/$rest}
      else
        real=$real/$part
      fi
      ;;
    esac
  done
}

send() {
  case $1 in
  *"
"*) return 0 ;;
  esac
  walk "$1" || return 0
  if [ -d "$root$real" ]; then
    printf 'D %s %s\n' "$kind" "$real"
    return 0
  fi
  [ -e "$root$real" ] || return 0
  case $kind,$real in
  presence,*)
    owner=$(stat -c '%a %u %g' "$root$real") || return 0
    printf 'F %s %s %s\n.\n' "$kind" "$owner" "$real"
    return 0
    ;;
  *,/sys/* | *,/proc/*) owner='444 0 0' ;;
  *)
    # A device node or a FIFO has no content that is asked for.
    [ -f "$root$real" ] || return 0
    owner=$(stat -c '%a %u %g' "$root$real") || return 0
    ;;
  esac
  if [ ! -r "$root$real" ]; then
    printf 'U %s %s\n' "$kind" "$real"
    return 0
  fi
  printf 'F %s %s %s\n' "$kind" "$owner" "$real"
  if base64 "$root$real" 2>/dev/null; then echo .; else echo '!'; fi
}

# row KIND DIRECTORY 'NAMES': * and ? stand for any characters in both, and the name . for the directory itself.
row() {
  kind=$1
  names=$3
  IFS=
  for directory in "$root"$2; do
    [ -d "$directory" ] || continue
    IFS=' '
    set -f
    for name in $names; do
      set +f
      IFS=
      if [ "$name" = . ]; then
        send "${directory#"$root"}"
        continue
      fi
      for path in "$directory"/$name; do
        if [ -e "$path" ] || [ -h "$path" ]; then send "${path#"$root"}"; fi
      done
    done
  done
}

# ask KIND FILE PROGRAM ARGUMENTS: what the program says, as a file of the archive.
ask() {
  kind=$1
  file=$2
  shift 2
  [ -z "$root" ] || return 0
  command -v "$1" >/dev/null 2>&1 || return 0
  answer=$(timeout 60 "$@" 2>/dev/null) || return 0
  printf 'F %s 644 0 0 %s\n' "$kind" "$file"
  printf '%s\n' "$answer" | base64
  echo .
}

main() {
  PATH=/usr/sbin:/usr/bin:/sbin:/bin:/opt/xensource/bin:/opt/xensource/libexec
  LC_ALL=C
  export PATH LC_ALL
  umask 077
  root=
  [ -z "${ROOT:-}" ] || root=$(CDPATH="" cd "$ROOT" && pwd -P) || exit 2
  root=${root%/}
  echo 'vfio-pilot capture 1'
  printf 'N %s\n' "$(cat "$root/proc/sys/kernel/hostname" 2>/dev/null || head -n 1 "$root/etc/hostname" 2>/dev/null)"
  rows
  questions
  echo end
}

# On the last line, so that a script that was cut off does nothing.
main </dev/null
