/** Shell functions that take the text consoles and boot framebuffers off the card, and put them back. */
export const handoverConsoles = `release_consoles() {
	for console in "$sysfs"/class/vtconsole/vtcon*; do
		name="" bound=""
		read -r name 2>/dev/null < "$console/name"
		read -r bound 2>/dev/null < "$console/bind"
		case "$bound $name" in '1 '*'frame buffer'*) ;; *) continue ;; esac
		echo "$console" >> "$state/consoles"
		within "$limit" put 0 "$console/bind" || say "\${console##*/} could not be released"
	done
	# What the firmware set up draws into the card's memory without a driver for the card.
	for device in "$sysfs"/bus/platform/drivers/*-framebuffer/*-framebuffer.*; do
		[ -e "$device" ] || continue
		echo "\${device%/*} \${device##*/}" >> "$state/framebuffers"
		within "$limit" put "\${device##*/}" "\${device%/*}/unbind" || say "\${device##*/} could not be released"
	done
}

# The firmware's framebuffer fails where the card's own driver draws now.
return_consoles() {
	lines_of framebuffers | while read -r driver device; do within "$limit" put "$device" "$driver/bind"; done
	lines_of consoles | while read -r console; do within "$limit" put 1 "$console/bind" || say "\${console##*/} did not come back"; done
}
`;
