# expect ADDRESS VENDOR DEVICE
expect() {
	dir="$sysfs/bus/pci/devices/$1"
	[ -r "$dir/vendor" ] && [ -r "$dir/device" ] || return 0
	read -r vendor < "$dir/vendor"
	read -r device < "$dir/device"
	if [ "$vendor $device" != "$2 $3" ]; then
		echo "vfio-pilot: $1 is now $vendor:$device, not $2:$3; nothing is hidden from dom0" >&2
		moved=yes
	fi
}

under=""
[ -r "$sysfs/hypervisor/type" ] && read -r under < "$sysfs/hypervisor/type"
moved=no
