import type {HostFacts} from '../../host/facts.ts';
import type {Plan} from '../../plan/plan.ts';
import type {Rendered} from '../rendered.ts';
import {cpuLists} from './cpu-lists.ts';
import {renderHookFile} from './render-hook-file.ts';
import {steerInterrupts} from './steer-interrupts.ts';

/**
 * Keeps the host off the CPUs of the guest from `started` to `release`: at `started` nothing can fail any more, and
 * libvirt calls `release` after every end. Guests that run at once share the state in /run: each change starts from what
 * the host had before the first of them.
 */
export const renderIsolationHook = (facts: HostFacts, plan: Plan): Rendered =>
  renderHookFile(facts, plan, {
    purpose: 'isolation',
    order: 70,
    why: 'Programs and interrupts of the host leave the CPUs of the guest when it starts, and may come back when it ends.',
    hook: plan.isolation.method === 'cgroup' ? {body: body(plan), operations: {'started begin': 'isolate', 'release end': 'give_back'}} : null,
  });

const body = ({isolation, guest}: Plan): string => `
own_cpus='${isolation.cpus.join(' ')}'
state="$run/vfio-pilot/isolation"
units='system.slice user.slice init.scope'

${cpuLists}
isolate() {
	mkdir -p "$state/guests" "$state/irq"
	rest_irqbalance
	echo "$own_cpus" > "$state/guests/${guest.name}"
	keep_host_off
}

give_back() {
	[ -e "$state/guests/${guest.name}" ] || return 0
	rm -f "$state/guests/${guest.name}"
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
	expand "\${own:-$online}"
	without "$result" "$taken"
	if [ -n "$result" ]; then set_unit "$1" "\${result# }"
	else say "$1 may use the CPUs of the guest only; it is left as it is"
	fi
}

# An emptied AllowedCPUs= does not reach the cgroup (systemd issue 43846), so all CPUs are set before it.
restore_unit() {
	[ -n "$2" ] || set_unit "$1" "$(cat "$sysfs/devices/system/cpu/possible")"
	set_unit "$1" "$2"
	for file in $(drop_ins "$1"); do
		grep -qsxF "$file" "$state/$1.kept" || { rm -f "$file"; rmdir "\${file%/*}" 2>/dev/null; }
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

${steerInterrupts}`;
