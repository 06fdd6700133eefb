# make NAME FILE CPU...: a pool of these CPUs, which have to be in no pool for that
make() {
	name="$1"
	file="$2"
	shift 2
	wait_for_xl || return 1
	# A second start finds what the first one has made.
	if $xl cpupool-list "$name" > /dev/null 2>&1; then
		return 0
	fi
	for cpu in "$@"; do
		# It may be in no pool already, after a start that ended half way.
		$xl cpupool-cpu-remove Pool-0 "$cpu" > /dev/null 2>&1 || :
	done
	reason=$($xl cpupool-create "$file" 2>&1) && return 0
	for cpu in "$@"; do
		$xl cpupool-cpu-add Pool-0 "$cpu" > /dev/null 2>&1 || :
	done
	say "the pool $name was not made, so its guest does not start. Its CPUs are in Pool-0 again. xl said: $reason"
	return 1
}

# It answers only once the services of Xen run.
wait_for_xl() {
	waited=0
	until $xl cpupool-list > /dev/null 2>&1; do
		if [ "$waited" -ge "$patience" ]; then
			say "xl does not answer after $patience seconds, so no pool of CPUs was made"
			return 1
		fi
		waited=$((waited + 1))
		sleep "$second"
	done
}
