import type {HostFacts} from '../../host/facts.ts';
import type {HandoverPlan, Plan} from '../../plan/plan.ts';
import type {Rendered} from '../rendered.ts';
import {handoverConsoles} from './handover-consoles.ts';
import {handoverHolders} from './handover-holders.ts';
import {renderHookFile} from './render-hook-file.ts';
import {timeLimit} from './time-limit.ts';

/**
 * Takes the only graphics card from the host before libvirt does, and sees at every end that the host has it again.
 * libvirt (managed='yes') binds vfio-pci between `prepare` and `start`, and the host's driver between `stopped` and
 * `release`, and calls `release` after a start that failed too. The card is freed here because libvirt would wait for
 * ever for a driver that does not let go.
 */
export const renderHandoverHook = (facts: HostFacts, plan: Plan): Rendered =>
  renderHookFile(facts, plan, {
    purpose: 'handover',
    order: 20,
    why: 'Stops the display manager and frees the card before the guest starts, and gives both back when it ends.',
    hook: plan.handover === undefined ? null : {body: body(plan.handover, plan.guest.name), operations: {'prepare begin': 'take', 'release end': 'give_back'}},
  });

/** Below /run: there as long as the guest has the card. */
export const handoverState = (guest: string): string => `vfio-pilot/handover/${guest}`;

const body = ({functions}: HandoverPlan, guest: string): string => `
functions='${functions.join(' ')}'
state="$run/${handoverState(guest)}"
limit=20
patience=15

take() {
	mkdir -p "$state"
	stop_unit nvidia-persistenced.service
	stop_unit display-manager.service
	release_consoles
	wait_for_holders || refuse
	for address in $functions; do release "$address" || refuse; done
}

refuse() {
	give_back
	exit 1
}

# Nothing here may keep the rest from coming back.
give_back() {
	[ -e "$state" ] || return 0
	lines_of functions | while read -r address driver; do return_function "$address" "$driver"; done
	return_consoles
	lines_of units | while read -r unit; do within "$limit" systemctl --no-block start -- "$unit" || say "$unit could not be started"; done
	rm -rf "$state"
}

lines_of() {
	cat "$state/$1" 2>/dev/null
}

# display-manager.service is an alias: what runs is told by its own name.
stop_unit() {
	systemctl is-active --quiet "$1" || return 0
	unit=$(systemctl show --property=Id --value -- "$1")
	unit=\${unit:-$1}
	echo "$unit" >> "$state/units"
	within 60 systemctl stop -- "$unit" || say "$unit did not stop within a minute"
}

driver_of() {
	driver=$(readlink "$sysfs/bus/pci/devices/$1/driver")
	echo "\${driver##*/}"
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

${timeLimit}
${handoverConsoles}
${handoverHolders}`;
