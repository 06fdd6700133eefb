import type {Plan, PlannedDevice} from '../plan.ts';

export const isCard = ({class: kind}: PlannedDevice): boolean => kind?.startsWith('03') ?? false;

/** A 3D controller has no outputs, nor has a virtual function of a card. */
const hasOutputs = (device: PlannedDevice): boolean =>
  isCard(device) && device.class?.startsWith('0302') !== true && device.assigned.type === 'pci';

/** Whether a monitor can show the guest. */
export const showsOnCard = ({devices}: Pick<Plan, 'devices'>): boolean => devices.some(hasOutputs);
