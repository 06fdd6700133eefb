isolate() {
	mkdir -p "$state/guests" "$state/irq"
	rest_irqbalance
	echo "$own_cpus" > "$state/guests/$guest"
	keep_host_off
}

give_back() {
	[ -e "$state/guests/$guest" ] || return 0
	rm -f "$state/guests/$guest"
	keep_host_off
	[ -z "$taken" ] || return 0
	wake_irqbalance
	rm -rf "$state"
}

# taken: the CPUs of all guests that run now; host_cpus: the others
keep_host_off() {
	taken=""
	for file in "$state"/guests/*; do
		[ -r "$file" ] && read -r cpus < "$file" && taken="$taken $cpus"
	done
	read -r online < "$sysfs/devices/system/cpu/online"
	expand "$online"
	without "$result" "$taken"
	host_cpus=$result
	[ -n "$host_cpus" ] || { say "no CPU is left for the host; nothing is moved"; return 0; }
	for unit in $units; do narrow_unit "$unit"; done
	steer_default
	for directory in "$proc"/irq/[0-9]*; do steer_irq "$directory"; done
}

narrow_unit() {
	if [ ! -e "$state/$1" ]; then
		[ -n "$taken" ] && has_cpuset || return 0
		systemctl show --property=AllowedCPUs --value -- "$1" > "$state/$1" || { rm -f "$state/$1"; return 0; }
		for file in $(drop_ins "$1"); do [ ! -e "$file" ] || echo "$file" >> "$state/$1.kept"; done
	fi
	read -r own < "$state/$1" || own=""
	[ -n "$taken" ] || { restore_unit "$1" "$own"; return 0; }
	expand "${own:-$online}"
	without "$result" "$taken"
	if [ -n "$result" ]; then set_unit "$1" "${result# }"
	else say "$1 may use the CPUs of the guest only; it stays unchanged"
	fi
}

# An emptied AllowedCPUs= does not reach the cgroup (systemd issue 43846), so all CPUs are set before it.
restore_unit() {
	[ -n "$2" ] || set_unit "$1" "$(cat "$sysfs/devices/system/cpu/possible")"
	set_unit "$1" "$2"
	for file in $(drop_ins "$1"); do
		grep -qsxF "$file" "$state/$1.kept" || { rm -f "$file"; rmdir "${file%/*}" 2>/dev/null; }
	done
}

set_unit() {
	systemctl set-property --runtime -- "$1" "AllowedCPUs=$2" || say "AllowedCPUs of $1 could not be set"
}

# Where systemd notes it until the next boot; init.scope has no file of its own, so that it counts as transient.
drop_ins() {
	for place in system.control transient; do echo "$run/systemd/$place/$1.d/50-AllowedCPUs.conf"; done
}

has_cpuset() {
	read -r controllers < "$sysfs/fs/cgroup/cgroup.controllers" || controllers=""
	case " $controllers " in *' cpuset '*) return 0 ;; *) say "no cpuset controller of cgroup v2 here"; return 1 ;; esac
}

# Interrupts are kept off the CPUs in `$taken`; what they had is below `$state`. One that is set up later, such as those
# that the driver in the guest asks the card for, gets the default without what is taken, and of that the CPUs on the
# node of its device (kernel: kernel/irq/manage.c, irq_setup_affinity).

# steer_default: where interrupts go that are set up from now on
steer_default() {
	file="$proc/irq/default_smp_affinity"
	[ -e "$state/default" ] || cat "$file" > "$state/default" || return 0
	read -r own < "$state/default" || return 0
	without_mask "$own" "$taken"
	[ -z "$result" ] || echo "$result" 2>/dev/null > "$file" || say "the default of interrupts could not be set"
}

# steer_irq DIRECTORY: the kernel refuses for some, which it places itself
steer_irq() {
	list="$1/smp_affinity_list" saved="$state/irq/${1##*/}"
	if [ -r "$saved" ]; then read -r own < "$saved" || return 0
	else read -r own 2>/dev/null < "$list" || return 0
	fi
	# Most have the same list: it is worked out once.
	if [ "$own" != "${known:-}" ]; then
		known=$own
		expand "$own"
		without "$result" "$taken"
		join ${result:-$host_cpus}
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
