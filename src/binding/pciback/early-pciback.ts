import type {HostFacts} from '../../facts/host-facts.ts';
import {kernelsOf, moduleState} from '../../facts/modules.ts';
import type {PciFunction} from '../../facts/pci.ts';
import type {Plan} from '../../plan/plan.ts';
import type {EarlyBinding} from '../binding.ts';
import seize from './seize.sh';

export const earlyPciback = (plan: Plan): EarlyBinding => ({
  keeper: 'pciback',
  canBind: canHide,
  claims: (pci) => renderSeizing(plan, pci),
  // A rule runs when udev already loads the drivers of all cards.
  rules: () => '',
  moduleOptions: () => '',
});

/** A kernel without the module hides nothing, and programs that make images stop at a module that they don't find. */
const canHide = (facts: HostFacts, release: string): boolean =>
  !kernelsOf(facts).some((kernel) => kernel.release === release && moduleState(kernel, 'xen_pciback') === 'absent');

/**
 * Loads the driver while no other has a device: it takes what `xen-pciback.hide=` names, which modprobe reads from
 * /proc/cmdline, and only devices without a driver (kernel: drivers/xen/xen-pciback/pci_stub.c; seen with Xen 4.17). A
 * card that moved must not cost another device its driver, so the ids are compared first, and nothing of this boot may
 * load it then (modprobe.d(5): /run/modprobe.d, which stays when the root changes); without Xen nothing happens.
 * It neither exits nor returns, so that a script, a function or a subshell can hold it.
 */
const renderSeizing = (plan: Plan, pci: readonly PciFunction[]): string => `sysfs=/sys
run=/run

${seize}${plan.binding.byAddress.map((address) => `expect ${address} ${idsOf(plan, pci, address)}\n`).join('')}
case "$under $moved" in
"xen no")
	modprobe -q xen-pciback
	;;
"xen yes")
	# The image has a list of modules that is loaded later, and the driver would take what has no driver by then.
	mkdir -p "$run/modprobe.d"
	echo "install xen-pciback /bin/false" > "$run/modprobe.d/vfio-pilot.conf"
	;;
esac
`;

const idsOf = ({devices}: Plan, pci: readonly PciFunction[], address: string): string => {
  const planned = devices.find((device) => device.address === address)?.id?.split(':');
  const present = pci.find((device) => device.address === address);
  const [vendor, device] = planned ?? [present?.vendor, present?.device];
  if (vendor === undefined || device === undefined)
    throw new Error(`${address} is to be hidden, but neither the plan nor the host knows it`);
  return `0x${vendor} 0x${device}`;
};
