import type {PciAddress} from '../../facts/pci-address.ts';
import type {Plan} from '../plan.ts';

/** Devices that stay with the host and that the guest gets a part of. */
export const parentsOf = ({devices}: Pick<Plan, 'devices'>): readonly PciAddress[] =>
  devices.flatMap(({assigned}) => (assigned.type === 'virtual-function' ? [assigned.of] : []));
