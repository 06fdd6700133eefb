# variant ADDRESS MODULE
variant() {
	name=vfio-pci
	for link in "$sysfs/module/$2/drivers"/pci:*; do
		[ -e "$link" ] && name="${link##*/pci:}"
	done
	case "$claimed " in *" $1 "*) echo "$name" > "$sysfs/bus/pci/devices/$1/driver_override" ;; esac
}
