# A command that may never end. A write to `unbind` can wait for ever in the kernel, where no signal reaches it; libvirt
# waits for the hook and for everything that holds its output or the lock.

# within SECONDS COMMAND...: whether it succeeded in that time; one that did not end is left behind
within() {
	read_clock
	latest=$((clock + $1))
	shift
	ended=$(mktemp "$state/ended.XXXXXX") || return 1
	{ if "$@"; then echo yes; else echo no; fi > "$ended"; } </dev/null >/dev/null 2>&1 9>&- &
	while [ ! -s "$ended" ]; do
		read_clock
		[ "$clock" -le "$latest" ] || return 1
		sleep 0.1
	done
	read -r outcome < "$ended"
	rm -f "$ended"
	[ "$outcome" = yes ]
}

put() {
	echo "$1" > "$2"
}

# read_clock: in clock, the seconds since the host started. What a loop does in between takes as long as the host is busy.
read_clock() {
	read -r clock _ < "$proc/uptime"
	clock=${clock%%.*}
}
