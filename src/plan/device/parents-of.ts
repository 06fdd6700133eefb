import type {PciAddress} from '../../facts/pci-address.ts';
import type {Plan} from '../plan.ts';

/** Devices that stay with the host and that the guest gets a part of. */
export const parentsOf = ({devices}: Pick<Plan, 'devices'>): readonly PciAddress[] =>
  devices.flatMap(({assigned}) => ('of' in assigned && assigned.of !== null ? [assigned.of] : []));

/** Whether a unit makes some of its devices at each boot. */
export const hasMadeDevices = ({devices}: Pick<Plan, 'devices'>): boolean =>
  devices.some(
    ({assigned}) =>
      assigned.type === 'virtual-function' ||
      assigned.type === 'pooled-function' ||
      (assigned.type === 'mediated-device' && assigned.madeBy === 'unit'),
  );
