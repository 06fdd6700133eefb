import type {PciAddress} from '../facts/pci-address.ts';
import type {DeviceKind} from '../devices/device-kind.ts';
import type {Hypervisor} from '../hypervisor/hypervisor.ts';
import type {PlanContext} from '../plan/context.ts';
import {assignedFunctions, type ChosenDevice, type ChosenDevices} from '../plan/device/chosen-devices.ts';
import {judgeExisting} from '../plan/device/judge-existing.ts';
import {judgeAcsOverride} from '../plan/device/judge-acs-override.ts';
import {judgeNeeds} from '../plan/device/judge-needs.ts';
import {formatOf} from '../profile/device-format.ts';
import {listWords} from '../words/list-words.ts';

type Ports = {
  readonly deviceKinds: readonly DeviceKind[];
  readonly hypervisor: Pick<Hypervisor, 'binding' | 'judgeTogether'>;
};

/** Every device of the profile on this host, with what has to go along, and all that speaks against it. */
export const chooseDevices = (context: PlanContext, {deviceKinds, hypervisor}: Ports): ChosenDevices => {
  const named = context.profile.devices.flatMap((device, index): readonly ChosenDevice[] => {
    const found = formatOf(deviceKinds, device.kind).match(context, device, `devices[${index}]`);
    return found === null ? [] : [found];
  });
  const assigned = deviceKinds.reduce<readonly ChosenDevice[]>(
    (chosen, kind) => [...chosen, ...kind.complete(context, chosen)],
    named,
  );
  const groups = hypervisor.judgeTogether(context, assigned);
  const taken = [...assignedFunctions({assigned}), ...groups.mates, ...hypervisor.binding.kept(context, [])].map(
    ({address}) => address,
  );
  for (const device of assigned) device.judge(context, assigned, taken);
  judgeExisting(context, [...taken, ...hostdevsOf(context, assigned)]);
  judgeRivals(context, assigned);
  groups.tell();
  if (context.can.groups) judgeAcsOverride(context);
  for (const mate of groups.mates) judgeNeeds(context, mate, 'host.acceptGroupMates', taken);
  return {assigned, groupMates: groups.mates};
};

/** What the guest's definition has for the devices of the plan, also where an earlier run has put them. */
const hostdevsOf = ({facts, profile}: PlanContext, assigned: readonly ChosenDevice[]): readonly PciAddress[] => [
  ...assigned.flatMap(({hostdevs}) => hostdevs),
  ...facts.guests.recorded
    .filter(({guest}) => guest === profile.guest.name)
    .flatMap(({virtualFunctions}) => virtualFunctions.flatMap(({address}) => address ?? [])),
];

/** Two guests may be defined with one card, and many people have that; they can't run at once. */
const judgeRivals = (context: PlanContext, assigned: readonly ChosenDevice[]): void => {
  for (const {name, use} of context.others) {
    const shared = assigned.filter(({hostdevs}) => hostdevs.some((address) => use.hostdevs.includes(address)));
    const [first] = shared;
    if (first === undefined) continue;
    context.report('warning', 'device-shared-with-guest', {
      subject: first.name,
      path: first.path,
      message: `The guest ${name} has ${listWords(shared.map((device) => device.name))} too. Only one of the two guests can run at a time, and the second one does not start.`,
      remedy:
        'Nothing to do if that is what you want. Otherwise give another card to one of them, and never let both start with the host.',
    });
  }
};
