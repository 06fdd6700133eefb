import type {PciFunction} from '../host/facts.ts';
import type {ChosenDevice} from './choose-devices.ts';
import type {PlanContext} from './context.ts';
import {describeFunction} from './pci-names.ts';

/**
 * vfio gives out groups, not devices: every endpoint of the group must be with vfio or have no driver; bridges stay
 * with pcieport and do no harm (kernel: drivers/pci/pcie/portdrv.c, driver_managed_dma). Returns the mates that the
 * user agreed to lose.
 */
export const judgeGroup = (context: PlanContext, assigned: readonly ChosenDevice[]): readonly PciFunction[] => {
  const chosen = new Set(assigned.map((device) => device.function.address));
  const accepted: PciFunction[] = [];
  for (const group of context.facts.iommu.groups) {
    const members = assigned.filter((device) => device.function.iommuGroup === group.id);
    const first = members[0];
    if (first === undefined) continue;
    const mates = context.facts.pci.filter(
      (device) => device.iommuGroup === group.id && !chosen.has(device.address) && !isHarmless(device),
    );
    const refused = mates.filter((mate) => !context.profile.host.acceptGroupMates.includes(mate.address));
    accepted.push(...mates.filter((mate) => !refused.includes(mate)));
    if (refused.length > 0) reportShared(context, group.id, first, refused);
    else context.decide(`devices`, `group ${group.id}: ${members.map((member) => member.function.address).join(', ')}`, describeGroupFact(context, group.id, members.length, mates.length));
  }
  return accepted;
};

/** A bridge, or a host bridge that no driver holds. */
const isHarmless = (device: PciFunction): boolean =>
  device.isBridge || (device.class.startsWith('0600') && device.driver === null);

const describeGroupFact = (context: PlanContext, id: number, members: number, mates: number): string => {
  const bridges = context.facts.pci.filter((device) => device.iommuGroup === id && device.isBridge).length;
  const parts = [`IOMMU group ${id} holds ${members === 1 ? 'this function' : `these ${members} functions`}`];
  if (bridges > 0) parts.push(`${bridges === 1 ? 'a bridge' : `${bridges} bridges`}, which may stay with the host`);
  if (mates > 0) parts.push(`${mates} more that you agreed to take from the host`);
  return parts.join(', and ');
};

const reportShared = (context: PlanContext, id: number, first: ChosenDevice, refused: readonly PciFunction[]): void => {
  context.report('blocker', 'iommu-group-shared', {
    subject: first.function.address,
    path: first.path,
    message: `IOMMU group ${id} also holds ${refused.map(describeFunction).join(' and ')}: a group goes to one guest as a whole.`,
    remedy: `Move the card to another slot, or pass these too (add them to devices), or let the host lose them in words: host.acceptGroupMates: [${refused.map((mate) => mate.address).join(', ')}].`,
  });
};
