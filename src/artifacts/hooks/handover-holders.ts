/** Shell functions that tell who has the card open; a driver does not let go of a card in use. */
export const handoverHolders = `# find_holders: in result, NAME[PID] of each process that has the card open
find_holders() {
	result=""
	set --
	for address in $functions; do
		for node in "$sysfs/bus/pci/devices/$address/drm"/*; do
			[ ! -e "$node" ] || set -- "$@" -o -lname "/dev/dri/\${node##*/}"
		done
		[ "$(driver_of "$address")" != nvidia ] || set -- "$@" -o -lname '/dev/nvidia*'
	done
	[ "$#" -gt 0 ] || return 0
	shift
	files=$(find "$proc"/[0-9]*/fd \\( "$@" \\) 2>/dev/null)
	for file in $files; do
		process=\${file#"$proc/"}
		process=\${process%%/*}
		name=unknown
		read -r name 2>/dev/null < "$proc/$process/comm"
		case "$result " in *"[$process] "*) ;; *) result="$result \${name}[$process]" ;; esac
	done
}

# Sessions end a while after the display manager.
wait_for_holders() {
	seconds=$patience
	while find_holders && [ -n "$result" ]; do
		[ "$seconds" -gt 0 ] || { say "the card is still in use by$result: end these programs, or log out of that session"; return 1; }
		seconds=$((seconds - 1))
		sleep 1
	done
}
`;
