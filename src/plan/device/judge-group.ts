import {isNeeded, isVital} from '../../facts/needs.ts';
import type {PciAddress} from '../../facts/pci-address.ts';
import type {PciFunction} from '../../facts/pci.ts';
import {analyseGroup, endpointsBeside, explainSharing, type GroupAnalysis} from '../../groups/analyse-group.ts';
import type {PlanContext} from '../context.ts';
import {listWords} from '../../words/list-words.ts';
import {assignedFunctions, type ChosenDevice} from './chosen-devices.ts';
import {describeFunction} from './describe-function.ts';

/** `mates`: functions that the user agreed to take from the host. `tell` says what was decided and what speaks against it. */
export type GroupVerdict = {readonly mates: readonly PciFunction[]; readonly tell: () => void};

/** vfio gives out groups, not devices: every endpoint of the group must be with vfio or have no driver. */
export const judgeGroup = (context: PlanContext, assigned: readonly ChosenDevice[]): GroupVerdict => {
  const functions = assignedFunctions({assigned});
  const addresses = functions.map(({address}) => address);
  const ids = new Set(functions.map(({iommuGroup}) => iommuGroup).filter((id) => id !== null));
  const verdicts = [...ids].flatMap((id): readonly GroupVerdict[] => {
    const group = analyseGroup(context.facts, id);
    const first = assigned.find(({functions: own}) => own.some(({iommuGroup}) => iommuGroup === id));
    return group === null || first === undefined ? [] : [judgeOne(context, group, first, addresses)];
  });
  return {mates: verdicts.flatMap(({mates}) => mates), tell: () => verdicts.forEach(({tell}) => tell())};
};

const judgeOne = (
  context: PlanContext,
  group: GroupAnalysis,
  first: ChosenDevice,
  addresses: readonly PciAddress[],
): GroupVerdict => {
  const mates = endpointsBeside(group, addresses);
  const refused = mates.filter((mate) => !context.profile.host.acceptGroupMates.includes(mate.address));
  return {
    mates: mates.filter((mate) => !refused.includes(mate)),
    tell: () =>
      refused.length > 0
        ? reportShared(context, group, first, refused, [...addresses, ...mates.map(({address}) => address)])
        : context.decide(
            'devices',
            `group ${group.id}: ${group.endpoints.map((member) => member.address).join(', ')}`,
            describeGroupFact(group, mates.length),
          ),
  };
};

const describeGroupFact = (group: GroupAnalysis, mates: number): string => {
  const own = group.endpoints.length - mates;
  const parts = [`IOMMU group ${group.id} holds ${own === 1 ? 'this function' : `these ${own} functions`}`];
  if (group.bridges.length > 0)
    parts.push(
      `${group.bridges.length === 1 ? 'a bridge' : `${group.bridges.length} bridges`}, which may stay with the host`,
    );
  if (mates > 0) parts.push(`${mates} more that you agreed to take from the host`);
  return parts.join(', and ');
};

/** `taken`: all that would leave the host with the card. What the host needs of it is said before anybody agrees to the loss. */
const reportShared = (
  context: PlanContext,
  group: GroupAnalysis,
  first: ChosenDevice,
  refused: readonly PciFunction[],
  taken: readonly PciAddress[],
): void => {
  const reasons = explainSharing(group).slice(0, 3).join('; ');
  const needs = context.facts.needs.filter(
    (need) => refused.some(({address}) => address === need.address) && isNeeded(need, taken),
  );
  const vital = [...new Set(needs.filter(isVital).map(({address}) => address))];
  const needed = refused.flatMap(({address}) => {
    const chains = needs.filter((need) => need.address === address).map(({chain}) => chain);
    return chains.length === 0 ? [] : [` The host needs ${address}: ${chains.join('; ')}.`];
  });
  context.report('blocker', 'iommu-group-shared', {
    subject: first.name,
    path: first.path,
    message: `IOMMU group ${group.id} also holds ${listWords(refused.map(describeFunction))}: a group goes to one guest as a whole.${reasons === '' ? '' : ` They share it because ${reasons}.`}${needed.join('')}`,
    remedy:
      vital.length > 0
        ? `Move the card to another slot: the host could not start without ${listWords(vital)}, which would go with it.`
        : `Move the card to another slot; or pass these too: add them to \`devices\`; or accept their loss: host.acceptGroupMates: [${refused.map((mate) => mate.address).join(', ')}].`,
  });
};
