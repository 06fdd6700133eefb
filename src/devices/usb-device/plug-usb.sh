# plug ID PORT|any: the guest has each of these that is there, and none that is gone
plug() {
	for device in "$sysfs"/bus/usb/devices/*-*; do
		[ -e "$device/devnum" ] || continue
		if [ "$2" != any ] && [ "${device##*/}" != "$2" ]; then
			continue
		fi
		[ "$(cat "$device/idVendor"):$(cat "$device/idProduct")" = "$1" ] || continue
		attach "$1" "$(cat "$device/busnum")" "$(cat "$device/devnum")"
	done
}

# The number of a device is new each time that it is plugged in, so that it names one plugging in.
attach() {
	file="$state/$2-$3.xml"
	[ ! -e "$file" ] || return 0
	cat > "$file" <<XML
<hostdev mode='subsystem' type='usb' managed='yes'>
  <source>
    <vendor id='0x${1%:*}'/>
    <product id='0x${1#*:}'/>
    <address bus='$2' device='$3'/>
  </source>
</hostdev>
XML
	# One that was there at the start is the guest's already.
	if $virsh dumpxml "$guest" | grep -q "<address bus='$2' device='$3'/>"; then
		return 0
	fi
	reason=$($virsh attach-device "$guest" "$file" --live 2>&1) && return 0
	rm -f "$file"
	say "$guest does not get $1 at $2-$3: $reason"
	failed=1
}

# libvirt keeps the entry of a device that was pulled out until somebody takes it away.
unplug_gone() {
	for file in "$state"/*.xml; do
		[ -e "$file" ] || continue
		name=${file##*/}
		name=${name%.xml}
		if is_there "${name%-*}" "${name#*-}"; then
			continue
		fi
		$virsh detach-device "$guest" "$file" --live > /dev/null 2>&1 || say "$guest did not have ${name} any more"
		rm -f "$file"
	done
}

is_there() {
	for device in "$sysfs"/bus/usb/devices/*-*; do
		[ -e "$device/devnum" ] || continue
		if [ "$(cat "$device/busnum")" = "$1" ] && [ "$(cat "$device/devnum")" = "$2" ]; then
			return 0
		fi
	done
	return 1
}

# Of a guest that has ended nothing is kept: the next one begins anew.
open_state() {
	read -r pid 2>/dev/null < "$run/libvirt/qemu/$pidfile" || return 1
	state="$run/vfio-pilot/usb/$unit/$pid"
	for old in "$run/vfio-pilot/usb/$unit"/*; do
		[ "$old" = "$state" ] || rm -rf "$old"
	done
	mkdir -p "$state"
}
