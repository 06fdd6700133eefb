import type {HostFacts} from '../../facts/host-facts.ts';
import {isDisplay, type PciFunction} from '../../facts/pci.ts';
import type {OutsideModule} from '../../facts/signing.ts';
import type {Plan} from '../plan.ts';
import {parentsOf} from '../device/parents-of.ts';

/**
 * Modules from outside the kernel that a plan relies on: for the binding, to make parts of a card, to reset one, or for
 * the guest itself (`more`).
 */
export const neededModules = (
  {pci, signing}: Pick<HostFacts, 'pci' | 'signing'>,
  plan: Pick<Plan, 'devices' | 'binding'>,
  more: readonly string[],
): readonly OutsideModule[] => {
  const parents = parentsOf(plan);
  const drivers = pci.flatMap(({address, driver}) => (driver !== null && parents.includes(address) ? [driver] : []));
  const bound = plan.devices.flatMap(({driver}) => driver ?? []);
  const whole = plan.devices.flatMap(({assigned}) => (assigned.type === 'pci' ? [assigned.address] : []));
  const names = new Set(
    [
      ...plan.binding.initramfsModules,
      ...bound,
      ...more,
      ...drivers,
      ...(drivers.includes('nvidia') ? ['nvidia_vgpu_vfio'] : []),
      ...(pci.some((one) => whole.includes(one.address) && isResetByModule(one)) ? ['vendor_reset'] : []),
    ].map((name) => name.replaceAll('-', '_')),
  );
  return signing.modules.filter(({name}) => names.has(name));
};

/** AMD's graphics; who has put vendor-reset on the host wants it for them. */
const isResetByModule = (one: PciFunction): boolean => one.vendor === '1002' && isDisplay(one);
