import type {PciAddress, PciFunction} from '../host/facts.ts';
import type {Plan} from '../plan/plan.ts';
import {oneLine, ownHeader} from './own-file.ts';

export const initramfsModulesPath = '/etc/initramfs-tools/modules';

/**
 * The image's ORDER comes from tsort, which puts independent scripts in the order of their names; `udev` loads the
 * drivers of all cards, so this name must sort before it (initramfs-tools: hook-functions, cache_run_scripts).
 */
export const bootScriptPath = '/etc/initramfs-tools/scripts/init-top/00-vfio-pilot';

const begin = '# BEGIN vfio-pilot';
const end = '# END vfio-pilot';
const block = new RegExp(`(?<=^|\\n)${begin}[^\\n]*\\n(?:[^\\n]*\\n)*?${end}[^\\n]*(?:\\n|$)`);

/**
 * Text of `/etc/initramfs-tools/modules` with our lines between two marks; `null` when the marks are damaged.
 * A module that the file lists already stays where it is and is not listed twice.
 */
export const editInitramfsModules = (text: string, modules: readonly string[], profile: string): string | null => {
  const foreign = text.replace(block, '');
  if (foreign.includes(begin) || foreign.includes(end)) return null;
  const missing = modules.filter((module) => !listsModule(foreign, module));
  if (missing.length === 0) return foreign;
  const ours = `${begin} (profile ${oneLine(profile)})\n${missing.join('\n')}\n${end}\n`;
  if (block.test(text)) return text.replace(block, () => ours);
  return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${ours}`;
};

/** First word of a line is the module, the rest are its arguments. */
const listsModule = (text: string, module: string): boolean =>
  text.split('\n').some((line) => line.trim().split(/\s+/)[0]?.replaceAll('-', '_') === module.replaceAll('-', '_'));

/**
 * Boot script that gives each chosen address to vfio-pci before udev loads any driver. A card that moved must not cost
 * another device its driver, so the ids are compared first. A driver that is there already is not taken away.
 */
export const renderBootScript = (plan: Plan, pci: readonly PciFunction[]): string => {
  const targets = plan.binding.byAddress.map((address) => describeTarget(plan, pci, address));
  const drivers = [...new Set(targets.map((target) => target.driver))];
  return `#!/bin/sh
${ownHeader('#', plan.profile)}# The name sorts before "udev", which loads the drivers of all devices.
PREREQ=""
case "$1" in
prereqs)
	echo "$PREREQ"
	exit 0
	;;
esac

sysfs=/sys

# claim ADDRESS VENDOR DEVICE DRIVER
claim() {
	dir="$sysfs/bus/pci/devices/$1"
	if [ ! -r "$dir/vendor" ] || [ ! -r "$dir/device" ]; then
		echo "vfio-pilot: there is no device at $1" >&2
		return
	fi
	read -r vendor < "$dir/vendor"
	read -r device < "$dir/device"
	if [ "$vendor $device" != "$2 $3" ]; then
		echo "vfio-pilot: $1 is now $vendor:$device, not $2:$3; it is left alone" >&2
		return
	fi
	echo "$4" > "$dir/driver_override"
	claimed="$claimed $1"
}

claimed=""
${targets.map(({address, vendor, device, driver}) => `claim ${address} 0x${vendor} 0x${device} ${driver}`).join('\n')}

${drivers.map((driver) => `modprobe -q ${driver}`).join('\n')}

# driver_override does not probe by itself: where vfio-pci was there before, nobody else will.
for address in $claimed; do
	[ -e "$sysfs/bus/pci/devices/$address/driver" ] || echo "$address" > "$sysfs/bus/pci/drivers_probe"
done
exit 0
`;
};

type Target = {readonly address: PciAddress; readonly vendor: string; readonly device: string; readonly driver: string};

/** Functions that share the group are bound too, without being devices of the guest. */
const describeTarget = (plan: Plan, pci: readonly PciFunction[], address: PciAddress): Target => {
  const planned = plan.devices.find((device) => device.address === address);
  const present = pci.find((device) => device.address === address);
  const [vendor, device] = planned?.id.split(':') ?? [present?.vendor, present?.device];
  if (vendor === undefined || device === undefined) throw new Error(`${address} is to be bound, but neither the plan nor the host knows it`);
  return {address, vendor, device, driver: planned?.driver ?? 'vfio-pci'};
};
