# Lists of CPUs. Each function answers in `result`: a subshell for each of a thousand interrupts takes seconds.

# expand LIST: the kernel's or systemd's list, 0-3,8, as single numbers
expand() {
	IFS=', '
	set -- $1
	unset IFS
	result=""
	for part; do
		cpu=${part%-*}
		while [ "$cpu" -le "${part#*-}" ]; do
			result="$result $cpu"
			cpu=$((cpu + 1))
		done
	done
}

# without NUMBERS OTHERS: those that are not among the others
without() {
	result="" is_touched=no
	for cpu in $1; do
		case " $2 " in *" $cpu "*) is_touched=yes ;; *) result="$result $cpu" ;; esac
	done
}

# join NUMBERS...: with commas
join() {
	IFS=,
	result="$*"
	unset IFS
}

# without_mask MASK NUMBERS: hexadecimal words of 32 CPUs, the lowest last; empty when no CPU is left
without_mask() {
	words=$1 result="" word=0 sum=0
	while [ -n "$words" ]; do
		last=${words##*,}
		bits=$((0x$last))
		for cpu in $2; do
			[ $((cpu / 32)) -ne $word ] || bits=$((bits & ~(1 << cpu % 32)))
		done
		sum=$((sum | bits))
		result=$(printf "%0${#last}x" $bits)${result:+,$result}
		word=$((word + 1))
		case $words in *,*) words=${words%,*} ;; *) words="" ;; esac
	done
	[ $sum -ne 0 ] || result=""
}
