# make ADDRESS COUNT keep|off: that many virtual functions at least, counted again at the end
make() {
	device="$sysfs/bus/pci/devices/$1"
	wait_for_driver "$1" || return 1
	case $(readlink "$device/driver") in
	*/drivers/*vfio* | */pci-stub)
		say "$1 is with a driver that makes no virtual functions. Find what binds it: vfio-pci.ids= or a file in /etc/modprobe.d"
		return 1
		;;
	esac
	tries=5
	until set_count "$1" "$2" "$3"; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || break
		sleep "$second"
	done
	read -r count 2>/dev/null < "$device/sriov_numvfs" || count=0
	[ "$count" -ge "$2" ] && return 0
	say "$1 has $count virtual functions, and guests need $2 of them. dmesg says why"
	return 1
}

# The file is there as soon as the card is, but only its driver can do it.
wait_for_driver() {
	waited=0
	until [ -e "$device/driver" ]; do
		if [ "$waited" -ge "$patience" ]; then
			say "$1 has no driver after $patience seconds, so it makes no virtual functions. Is the card there?"
			return 1
		fi
		waited=$((waited + 1))
		sleep "$second"
	done
}

# The kernel changes a count only by way of 0, which takes all of them away.
set_count() {
	read -r count 2>/dev/null < "$device/sriov_numvfs" || return 1
	[ "$count" -lt "$2" ] || return 0
	if [ "$count" -gt 0 ]; then
		if is_in_use; then
			say "$1 has $count virtual functions and needs $2, but a guest uses one of them. Shut it down first"
			return 0
		fi
		echo 0 2>/dev/null > "$device/sriov_numvfs" || return 1
	fi
	[ "$3" = keep ] || echo 0 2>/dev/null > "$device/sriov_drivers_autoprobe"
	echo "$2" 2>/dev/null > "$device/sriov_numvfs"
}

is_in_use() {
	for driver in "$device"/virtfn*/driver; do
		case $(readlink "$driver") in */drivers/*vfio*) return 0 ;; esac
	done
	return 1
}
