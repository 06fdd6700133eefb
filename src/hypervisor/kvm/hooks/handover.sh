take() {
	mkdir -p "$state"
	note "the guest starts: the host gives up $functions"
	stop_unit nvidia-persistenced.service
	stop_unit display-manager.service
	release_consoles
	wait_for_holders || refuse
	for address in $functions; do release "$address" || refuse; done
	note "the host has given up $functions"
}

refuse() {
	give_back
	exit 1
}

# Nothing here may keep the rest from coming back.
give_back() {
	[ -e "$state" ] || return 0
	note "the guest has ended, or did not start: the host takes $functions back"
	lines_of functions | while read -r address driver; do return_function "$address" "$driver"; done
	return_consoles
	lines_of units | while read -r unit; do within "$limit" systemctl --no-block start -- "$unit" || say "$unit could not be started"; done
	rm -rf "$state"
	note "the host has what it gave up again"
}

lines_of() {
	cat "$state/$1" 2>/dev/null
}

# display-manager.service is an alias: ask systemd for the service behind it.
stop_unit() {
	systemctl is-active --quiet "$1" || return 0
	unit=$(systemctl show --property=Id --value -- "$1")
	unit=${unit:-$1}
	echo "$unit" >> "$state/units"
	within 60 systemctl stop -- "$unit" || say "$unit did not stop within a minute"
}

driver_of() {
	driver=$(readlink "$sysfs/bus/pci/devices/$1/driver")
	echo "${driver##*/}"
}

release() {
	driver=$(driver_of "$1")
	case $driver in '' | *vfio*) return 0 ;; esac
	echo "$1 $driver" >> "$state/functions"
	if [ "$driver" = nvidia ]; then
		# Its modules hold the card and each other: unbind would wait, unloading says whether it can.
		within "$limit" modprobe -r nvidia_drm nvidia_modeset nvidia_uvm nvidia && return 0
		say "the NVIDIA modules are still in use, so $1 can't be taken"
		return 1
	fi
	within "$limit" put "$1" "$sysfs/bus/pci/drivers/$driver/unbind" && return 0
	say "$driver did not let go of $1 within $limit seconds; if it does not answer now, only a reboot gives the card back"
	return 1
}

# libvirt has given it back by now, unless something went wrong.
return_function() {
	now=$(driver_of "$1")
	case $now in '' | *vfio*) ;; *) return 0 ;; esac
	within "$limit" put '' "$sysfs/bus/pci/devices/$1/driver_override"
	[ -z "$now" ] || within "$limit" put "$1" "$sysfs/bus/pci/drivers/$now/unbind"
	[ "$2" != nvidia ] || within 60 modprobe nvidia_drm
	within "$limit" put "$1" "$sysfs/bus/pci/drivers_probe"
	[ -n "$(driver_of "$1")" ] || say "$1 did not come back to $2; a reboot gives it back"
}

# The text consoles and boot framebuffers leave the card, and come back.

release_consoles() {
	for console in "$sysfs"/class/vtconsole/vtcon*; do
		is_bound "$console" || continue
		case $name in *'frame buffer'*) ;; *) continue ;; esac
		echo "$console" >> "$state/consoles"
		within "$limit" put 0 "$console/bind" || say "${console##*/} could not be released"
	done
	# What the firmware set up draws into the card's memory without a driver for the card.
	for device in "$sysfs"/bus/platform/drivers/*-framebuffer/*-framebuffer.*; do
		[ -e "$device" ] || continue
		echo "${device%/*} ${device##*/}" >> "$state/framebuffers"
		within "$limit" put "${device##*/}" "${device%/*}/unbind" || say "${device##*/} could not be released"
	done
}

# The firmware's framebuffer fails where the card's own driver draws now.
return_consoles() {
	lines_of framebuffers | while read -r driver device; do within "$limit" put "$device" "$driver/bind"; done
	lines_of consoles | while read -r console; do return_console "$console" || say "${console##*/} did not come back"; done
}

# A write that does not end has the lock that a read waits for.
return_console() {
	within "$limit" put 1 "$1/bind" || return 1
	is_bound "$1" || dismiss_stand_in
	is_bound "$1"
}

# The kernel puts a console in the place of a system console, marked (S), and of no other. A host that started in VGA text
# mode has none since the driver of a card took that away, and the write succeeds all the same; when the stand-in is
# unbound, the kernel takes what is left (drivers/tty/vt/vt.c: vt_bind, do_unbind_con_driver).
dismiss_stand_in() {
	for stand_in in "$sysfs"/class/vtconsole/vtcon*; do
		is_bound "$stand_in" || continue
		case $name in '(M) dummy'*) within "$limit" put 0 "$stand_in/bind" ;; esac
	done
}

# is_bound CONSOLE: whether it draws the text; what it is, in name
is_bound() {
	name="" bound=""
	read -r name 2>/dev/null < "$1/name"
	read -r bound 2>/dev/null < "$1/bind"
	[ "$bound" = 1 ]
}

# Who has the card open: a driver does not let go of a card in use.

# find_holders: in result, NAME[PID] of each process that has the card open
find_holders() {
	result=""
	set --
	for address in $functions; do
		for node in "$sysfs/bus/pci/devices/$address/drm"/*; do
			[ ! -e "$node" ] || set -- "$@" -o -lname "/dev/dri/${node##*/}"
		done
		[ "$(driver_of "$address")" != nvidia ] || set -- "$@" -o -lname '/dev/nvidia*'
	done
	[ "$#" -gt 0 ] || return 0
	shift
	files=$(find "$proc"/[0-9]*/fd \( "$@" \) 2>/dev/null)
	for file in $files; do
		process=${file#"$proc/"}
		process=${process%%/*}
		name=unknown
		read -r name 2>/dev/null < "$proc/$process/comm"
		case "$result " in *"[$process] "*) ;; *) result="$result ${name}[$process]" ;; esac
	done
}

# Sessions end a while after the display manager.
wait_for_holders() {
	read_clock
	deadline=$((clock + patience))
	while find_holders && [ -n "$result" ]; do
		read_clock
		[ "$clock" -lt "$deadline" ] || { say "the card is still in use by$result: end these programs, or log out of that session"; return 1; }
		sleep 1
	done
}
