# make PARENT TYPE UUID [ATTRIBUTE=VALUE …]: a slice that is there and is of this type is left alone
make() {
	own="$sysfs/bus/mdev/devices/$3"
	parent=$1
	type=$2
	if [ ! -e "$own" ]; then
		create "$@" || return 1
	fi
	case $(readlink "$own/mdev_type") in
	*/"$type") ;;
	*)
		say "$3 is there, but it is no $type. Something else has made it: mdevctl list"
		return 1
		;;
	esac
	case $(readlink -f "$own") in
	*/"$parent/$3") return 0 ;;
	esac
	say "$3 is there, but $parent did not make it. Something else has: mdevctl list"
	return 1
}

create() {
	uuid=$3
	shift 3
	wait_for_type || return 1
	tries=5
	# With mdevctl's own rule at work it may come from there in between.
	until echo "$uuid" 2>/dev/null > "$types/$type/create" || [ -e "$own" ]; do
		tries=$((tries - 1))
		if [ "$tries" -le 0 ]; then
			read -r left 2>/dev/null < "$types/$type/available_instances" || left='an unknown number'
			say "$parent makes no $type: it has $left left. dmesg says why"
			return 1
		fi
		sleep "$second"
	done
	for attribute; do
		if ! echo "${attribute#*=}" 2>/dev/null > "$own/${attribute%%=*}"; then
			say "$uuid does not take $attribute. dmesg says why"
			return 1
		fi
	done
}

# The types are there only after their driver is. The time is for all slices together.
wait_for_type() {
	types="$sysfs/class/mdev_bus/$parent/mdev_supported_types"
	case $type in i915-*) "$modprobe" -q kvmgt ;; esac
	until [ -e "$types/$type/create" ]; do
		if [ "$waited" -ge "$patience" ]; then
			say "$parent offers no $type after $patience seconds. Is its driver loaded?"
			return 1
		fi
		waited=$((waited + 1))
		sleep "$second"
	done
}
