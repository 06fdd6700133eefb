import type {PciAddress, PciFunction} from '../../host/facts.ts';
import type {Plan} from '../../plan/plan.ts';

/**
 * Shell commands that give each chosen address to vfio-pci. A card that moved must not cost another device its driver,
 * so the ids are compared first. A driver that is there already is not taken away. It neither exits nor returns, so
 * that it can stand in a script, a function or a subshell.
 */
export const renderClaims = (plan: Plan, pci: readonly PciFunction[]): string => {
  const targets = describeTargets(plan, pci);
  const drivers = [...new Set(targets.map((target) => target.driver))];
  const variants = targets.filter((target) => target.driver !== 'vfio-pci');
  return `sysfs=/sys

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

${[...new Set([...drivers, ...(variants.length > 0 ? ['vfio-pci'] : [])])].map((driver) => `modprobe -q ${driver}`).join('\n')}

${variants.length === 0 ? '' : renderVariants(variants)}# driver_override does not probe by itself: where vfio-pci was there before, nobody else will.
for address in $claimed; do
	[ -e "$sysfs/bus/pci/devices/$address/driver" ] || echo "$address" > "$sysfs/bus/pci/drivers_probe"
done
`;
};

/**
 * A variant's driver need not be called like its module, and another kernel may not have it. The override stands before
 * the module is loaded all the same: with it come drivers that would take the device (virtio_vfio_pci: virtio-pci).
 */
const renderVariants = (variants: readonly Target[]): string => `# variant ADDRESS MODULE
variant() {
	name=vfio-pci
	for link in "$sysfs/module/$2/drivers"/pci:*; do
		[ -e "$link" ] && name="\${link##*/pci:}"
	done
	case "$claimed " in *" $1 "*) echo "$name" > "$sysfs/bus/pci/devices/$1/driver_override" ;; esac
}

${variants.map(({address, driver}) => `variant ${address} ${driver.replaceAll('-', '_')}\n`).join('')}
`;
export const describeTargets = (plan: Plan, pci: readonly PciFunction[]): readonly Target[] => plan.binding.byAddress.map((address) => describeTarget(plan, pci, address));

type Target = {readonly address: PciAddress; readonly vendor: string; readonly device: string; readonly driver: string};

/** Functions that share the group are bound too, without being devices of the guest. */
const describeTarget = (plan: Plan, pci: readonly PciFunction[], address: PciAddress): Target => {
  const planned = plan.devices.find((device) => device.address === address);
  const present = pci.find((device) => device.address === address);
  const [vendor, device] = planned?.id.split(':') ?? [present?.vendor, present?.device];
  if (vendor === undefined || device === undefined) throw new Error(`${address} is to be bound, but neither the plan nor the host knows it`);
  return {address, vendor, device, driver: planned?.driver ?? 'vfio-pci'};
};
