import {analyseGroup, endpointsBeside} from '../groups/analyse-group.ts';
import type {GroupAnalysis} from '../groups/analyse-group.ts';
import {explainSharing} from '../groups/explain-sharing.ts';
import type {PciFunction} from '../host/facts.ts';
import type {ChosenDevice} from './choose-devices.ts';
import type {PlanContext} from './context.ts';
import {describeFunction} from './describe-function.ts';

/**
 * vfio gives out groups, not devices: every endpoint of the group must be with vfio or have no driver. Returns the
 * mates that the user agreed to take from the host.
 */
export const judgeGroup = (context: PlanContext, assigned: readonly ChosenDevice[]): readonly PciFunction[] => {
  const addresses = assigned.map((device) => device.function.address);
  const ids = new Set(assigned.map((device) => device.function.iommuGroup).filter((id) => id !== null));
  return [...ids].flatMap((id) => {
    const group = analyseGroup(context.facts, id);
    const first = assigned.find((device) => device.function.iommuGroup === id);
    return group === null || first === undefined ? [] : judgeOne(context, group, first, addresses);
  });
};

const judgeOne = (context: PlanContext, group: GroupAnalysis, first: ChosenDevice, addresses: readonly string[]): readonly PciFunction[] => {
  const mates = endpointsBeside(group, addresses);
  const refused = mates.filter((mate) => !context.profile.host.acceptGroupMates.includes(mate.address));
  if (refused.length > 0) reportShared(context, group, first, refused);
  else context.decide('devices', `group ${group.id}: ${group.endpoints.map((member) => member.address).join(', ')}`, describeGroupFact(group, mates.length));
  return mates.filter((mate) => !refused.includes(mate));
};

const describeGroupFact = (group: GroupAnalysis, mates: number): string => {
  const own = group.endpoints.length - mates;
  const parts = [`IOMMU group ${group.id} holds ${own === 1 ? 'this function' : `these ${own} functions`}`];
  if (group.bridges.length > 0) parts.push(`${group.bridges.length === 1 ? 'a bridge' : `${group.bridges.length} bridges`}, which may stay with the host`);
  if (mates > 0) parts.push(`${mates} more that you agreed to take from the host`);
  return parts.join(', and ');
};

const reportShared = (context: PlanContext, group: GroupAnalysis, first: ChosenDevice, refused: readonly PciFunction[]): void => {
  const reasons = explainSharing(group).slice(0, 3).join('; ');
  context.report('blocker', 'iommu-group-shared', {
    subject: first.function.address,
    path: first.path,
    message: `IOMMU group ${group.id} also holds ${refused.map(describeFunction).join(' and ')}: a group goes to one guest as a whole.${reasons === '' ? '' : ` They share it because ${reasons}.`}`,
    remedy: `Move the card to another slot, or pass these too (add them to devices), or let the host lose them in words: host.acceptGroupMates: [${refused.map((mate) => mate.address).join(', ')}].`,
  });
};
