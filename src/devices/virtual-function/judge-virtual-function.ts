import {isVfioDriver} from '../../facts/modules.ts';
import type {PciAddress} from '../../facts/pci-address.ts';
import {isDisplay, type PciFunction} from '../../facts/pci.ts';
import {analyseGroup, endpointsBeside} from '../../groups/analyse-group.ts';
import type {PlanContext} from '../../plan/context.ts';
import {describeFunction} from '../../plan/device/describe-function.ts';
import {judgeNeeds} from '../../plan/device/judge-needs.ts';
import {judgeMixed} from './judge-mixed.ts';
import {judgeParent} from './judge-parent.ts';
import {judgeShare} from './judge-share.ts';
import {judgeVgpu} from './judge-vgpu.ts';
import type {ProfileVirtualFunction} from './virtual-function-format.ts';
import {listWords} from '../../words/list-words.ts';

/** A virtual function of the profile, with its physical function on this host. */
export type ChosenVirtualFunction = {
  readonly wanted: ProfileVirtualFunction;
  /** `0000:04:00.0/virtfn2` */
  readonly name: string;
  readonly parent: PciFunction;
  /** Where it is, or will be; `null` where the card does not tell before it has one. */
  readonly address: PciAddress | null;
  /** The function itself, where the host has made it already. */
  readonly present: PciFunction | null;
  /** Profile path of the map `function`. */
  readonly path: string;
  /** Whether it is the first of its card in the profile: what is true of the card is said once. */
  readonly isFirst: boolean;
};

/** Ethernet; libvirt sets MAC address and VLAN of such a virtual function through its physical one. */
export const isEthernet = ({class: pciClass}: Pick<PciFunction, 'class'>): boolean => pciClass.startsWith('0200');

/** Everything that speaks against giving it away; `taken` is what the host loses in all. */
export const judgeVirtualFunction = (
  context: PlanContext,
  own: ChosenVirtualFunction,
  taken: readonly PciAddress[],
): void => {
  if (own.isFirst) {
    judgeParent(context, own.parent, own.path, taken);
    judgeMixed(context, {...own, isPooled: false});
  }
  judgeIndex(context, own);
  judgeAddress(context, own);
  judgeNetwork(context, own);
  judgeVgpu(context, own);
  judgeShare(context, own);
  if (own.isFirst) judgeWindows(context, own);
  judgeClaims(context, own);
  judgePresent(context, own, taken);
};

const judgeIndex = (context: PlanContext, {wanted, name, parent, path}: ChosenVirtualFunction): void => {
  const {index, count} = wanted.function;
  const total = parent.sriov?.total ?? 0;
  const last = count === 'auto' ? total : Math.min(count, total);
  if (index < last) return;
  const isChosen = count !== 'auto' && count <= total;
  context.report('blocker', 'vf-count-too-small', {
    subject: name,
    path: `${path}.index`,
    message: isChosen
      ? `${parent.address} makes ${count} virtual functions by ${path}.count, so the last one is number ${count - 1}, and ${index} is not among them.`
      : `${describeFunction(parent)} can make ${total} virtual functions, so the last one is number ${total - 1}, and ${index} is not among them.`,
    remedy: isChosen ? `Set ${path}.count to ${index + 1} or more, or leave it out.` : 'Choose a lower index.',
  });
};

const judgeAddress = (context: PlanContext, {name, parent, address, path, wanted}: ChosenVirtualFunction): void => {
  const sriov = parent.sriov;
  if (address !== null || sriov === null || wanted.function.index >= sriov.total) return;
  const file = `/sys/bus/pci/devices/${parent.address}/sriov_numvfs`;
  context.report('blocker', 'vf-address-unknown', {
    subject: name,
    path,
    message: `${describeFunction(parent)} does not say where its virtual functions will be as long as it has none.`,
    remedy: `Make them once: \`echo ${wanted.function.index + 1} | sudo tee ${file}\`, and plan again while they are there.`,
  });
};

const judgeNetwork = (context: PlanContext, {wanted, name, parent, path}: ChosenVirtualFunction): void => {
  if (isEthernet(parent) || (wanted.mac === null && wanted.vlan === null)) return;
  const keys = listWords([...(wanted.mac === null ? [] : ['mac']), ...(wanted.vlan === null ? [] : ['vlan'])]);
  context.report('blocker', 'vf-not-a-network-card', {
    subject: name,
    path: path.replace(/function$/, wanted.mac === null ? 'vlan' : 'mac'),
    message: `${describeFunction(parent)} is no Ethernet card, so its virtual functions have no MAC address and no VLAN.`,
    remedy: `Take ${keys} out of this device.`,
  });
};

/** Reported for i915-sriov-dkms by many (its issues 131 and 313); the driver in the guest stops with Code 43. */
const judgeWindows = ({profile, report}: PlanContext, {name, parent, path}: ChosenVirtualFunction): void => {
  const isWindows = profile.guest.os === 'windows-10' || profile.guest.os === 'windows-11';
  if (!isWindows || parent.vendor !== '8086' || !isDisplay(parent)) return;
  report('note', 'vf-intel-windows', {
    subject: name,
    path,
    message: `Windows stops the driver of a virtual function of Intel graphics (Code 43) while virtualisation-based security is on, which Windows Hello turns on too.`,
    remedy: 'Turn Memory integrity and Windows Hello off in the guest if Device Manager shows Code 43.',
  });
};

/** Two profiles may name the same one, and many people have that; the guests can't run at once. */
const judgeClaims = ({facts, profile, report, others}: PlanContext, own: ChosenVirtualFunction): void => {
  const holders = facts.guests.recorded.filter(
    ({guest, virtualFunctions}) =>
      guest !== profile.guest.name &&
      // Of a guest that is defined with this very function the plan says it in any case.
      !others.some(({name, use}) => name === guest && own.address !== null && use.hostdevs.includes(own.address)) &&
      virtualFunctions.some(({of, index}) => of === own.parent.address && index === own.wanted.function.index),
  );
  const [first] = holders;
  if (first === undefined) return;
  report('warning', 'device-shared-with-guest', {
    subject: own.name,
    path: own.path,
    message: `The profile of the guest ${first.guest} gives it ${own.name} too. Only one of the two guests can run at a time, and the second one does not start.`,
    remedy: 'Nothing to do if that is what you want. Otherwise choose another index for one of them.',
  });
};

/** What is known only of one that is there. */
const judgePresent = (context: PlanContext, own: ChosenVirtualFunction, taken: readonly PciAddress[]): void => {
  const {present, wanted, name, path} = own;
  if (present === null) return;
  const id = `${present.vendor}:${present.device}`;
  if (wanted.function.id !== null && wanted.function.id !== id)
    context.report('blocker', 'device-mismatch', {
      subject: name,
      path: `${path}.id`,
      message: `The profile means ${wanted.function.id} as ${name}, but ${describeFunction(present)} is there.`,
      remedy: 'Is this the machine that the profile was made on? `vfio-pilot groups` lists the devices of this one.',
    });
  judgeNeeds(context, present, path, [...taken, present.address]);
  judgeGroupOf(context, own, present);
};

/** The host keeps the card, so nothing of it may be in the group of its virtual function. */
export const judgeGroupOf = (
  context: PlanContext,
  {name, path}: Pick<ChosenVirtualFunction, 'name' | 'path'>,
  present: PciFunction,
): void => {
  const group = present.iommuGroup === null ? null : analyseGroup(context.facts, present.iommuGroup);
  const mates = group === null ? [] : endpointsBeside(group, [present.address]);
  // Siblings that the host's drivers leave alone, or that other guests have, do no harm.
  const held = mates.filter(({driver}) => driver !== null && !isVfioDriver(driver));
  if (group === null || held.length === 0) return;
  context.report('blocker', 'vf-group-shared', {
    subject: name,
    path,
    message: `IOMMU group ${group.id} of ${name} (${present.address}) also holds ${listWords(held.map(describeFunction))}, which the host uses: a group goes to one guest as a whole.`,
    remedy: 'Move the card to a slot where `vfio-pilot groups` shows each virtual function in a group of its own.',
  });
};
