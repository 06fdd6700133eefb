# claim ADDRESS VENDOR DEVICE DRIVER
claim() {
	dir="$sysfs/bus/pci/devices/$1"
	if [ ! -r "$dir/vendor" ] || [ ! -r "$dir/device" ]; then
		echo "vfio-pilot: there is no device at $1" >&2
		return
	fi
	read -r vendor < "$dir/vendor"
	read -r device < "$dir/device"
	if [ "$vendor $device" != "$2 $3" ]; then
		echo "vfio-pilot: $1 is now $vendor:$device, not $2:$3; it is left alone" >&2
		return
	fi
	echo "$4" > "$dir/driver_override"
	claimed="$claimed $1"
}
