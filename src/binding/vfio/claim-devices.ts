import {ownHeader} from '../../artifacts/rendered.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import {kernelsOf, moduleState} from '../../facts/modules.ts';
import type {PciAddress} from '../../facts/pci-address.ts';
import type {PciFunction} from '../../facts/pci.ts';
import type {Plan} from '../../plan/plan.ts';
import claim from './claim.sh';
import variant from './variant.sh';

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

${claim}
claimed=""
${targets.map(({address, vendor, device, driver}) => `claim ${address} 0x${vendor} 0x${device} ${driver}`).join('\n')}

${[...new Set([...drivers, ...(variants.length > 0 ? ['vfio-pci'] : [])])].map((driver) => `modprobe -q ${driver}`).join('\n')}

${variants.length === 0 ? '' : renderVariants(variants)}# driver_override does not probe on its own: where vfio-pci was there before, nobody else will.
for address in $claimed; do
	[ -e "$sysfs/bus/pci/devices/$address/driver" ] || echo "$address" > "$sysfs/bus/pci/drivers_probe"
done
`;
};

/**
 * A variant's driver need not be called like its module, and another kernel may not have it. The override is set before
 * the module is loaded all the same: with it come drivers that would take the device (virtio_vfio_pci: virtio-pci).
 */
const renderVariants = (variants: readonly Target[]): string => `${variant}
${variants.map(({address, driver}) => `variant ${address} ${driver.replaceAll('-', '_')}\n`).join('')}
`;
const describeTargets = (plan: Plan, pci: readonly PciFunction[]): readonly Target[] =>
  plan.binding.byAddress.map((address) => describeTarget(plan, pci, address));

type Target = {readonly address: PciAddress; readonly vendor: string; readonly device: string; readonly driver: string};

/** Functions that share the group are bound too, without being devices of the guest. */
const describeTarget = (plan: Plan, pci: readonly PciFunction[], address: PciAddress): Target => {
  const planned = plan.devices.find((device) => device.address === address);
  const present = pci.find((device) => device.address === address);
  const [vendor, device] = planned?.id?.split(':') ?? [present?.vendor, present?.device];
  if (vendor === undefined || device === undefined)
    throw new Error(`${address} is to be bound, but neither the plan nor the host knows it`);
  return {address, vendor, device, driver: planned?.driver ?? 'vfio-pci'};
};

/** A kernel without vfio-pci can give out nothing, and programs that make images stop at a module that they don't find. */
export const canBind = (facts: HostFacts, release: string): boolean =>
  !kernelsOf(facts).some((kernel) => kernel.release === release && moduleState(kernel, 'vfio_pci') === 'absent');

/**
 * Gives each chosen address to vfio-pci where no script of our own can stand in the image; empty when there is none. It
 * needs no module in the image: with `driver_override` set no other driver may bind the function (kernel:
 * sysfs-bus-pci), and vfio-pci binds it as soon as it can be loaded, from the root file system at the latest.
 * `drivers_probe` is for a vfio-pci that was there before. `[subsystem/pci]` is /sys/bus/pci (systemd: udev-rules.c).
 * A variant of vfio-pci need not be called like its module, and a rule can't look: libvirt takes it at the guest's start.
 */
export const renderUdevRules = (plan: Plan, pci: readonly PciFunction[]): string => {
  const targets = describeTargets(plan, pci);
  if (targets.length === 0) return '';
  const rules = targets.map(({address, vendor, device}) =>
    [
      'ACTION=="add"',
      'SUBSYSTEM=="pci"',
      `KERNEL=="${address}"`,
      `ATTR{vendor}=="0x${vendor}"`,
      `ATTR{device}=="0x${device}"`,
      'ATTR{driver_override}="vfio-pci"',
      'ATTR{[subsystem/pci]drivers_probe}="%k"',
      'RUN{builtin}+="kmod load vfio-pci"',
    ].join(', '),
  );
  return `${ownHeader('#', plan.profile)}${rules.join('\n')}\n`;
};
