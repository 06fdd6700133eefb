/**
 * Shell functions that keep interrupts off the CPUs in `$taken`; what they found is below `$state`. An interrupt that is
 * set up later, such as those that the driver in the guest asks the card for, gets the default without what is taken, and
 * of that the CPUs on the node of its device (kernel: kernel/irq/manage.c, irq_setup_affinity).
 */
export const steerInterrupts = `# steer_default: where interrupts go that are set up from now on
steer_default() {
	file="$proc/irq/default_smp_affinity"
	[ -e "$state/default" ] || cat "$file" > "$state/default" || return 0
	read -r own < "$state/default" || return 0
	without_mask "$own" "$taken"
	[ -z "$result" ] || echo "$result" 2>/dev/null > "$file" || say "the default of interrupts could not be set"
}

# steer_irq DIRECTORY: the kernel refuses for some, which it places itself
steer_irq() {
	list="$1/smp_affinity_list" saved="$state/irq/\${1##*/}"
	if [ -r "$saved" ]; then read -r own < "$saved" || return 0
	else read -r own 2>/dev/null < "$list" || return 0
	fi
	# Most have the same list: it is worked out once.
	if [ "$own" != "\${known:-}" ]; then
		known=$own
		expand "$own"
		without "$result" "$taken"
		join \${result:-$host_cpus}
		steered=$result is_moved=$is_touched
	fi
	if [ "$is_moved" = yes ]; then
		[ -e "$saved" ] || echo "$own" > "$saved"
		{ echo "$steered" > "$list"; } 2>/dev/null || rm -f "$saved"
	elif [ -e "$saved" ]; then
		{ echo "$own" > "$list"; } 2>/dev/null
		rm -f "$saved"
	fi
}

# irqbalance would move them back every few seconds.
rest_irqbalance() {
	[ ! -e "$state/irqbalance" ] && systemctl is-active --quiet irqbalance.service || return 0
	systemctl stop irqbalance.service && : > "$state/irqbalance"
}

wake_irqbalance() {
	[ ! -e "$state/irqbalance" ] || systemctl --no-block start irqbalance.service
}
`;
