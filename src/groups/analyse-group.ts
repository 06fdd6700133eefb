import type {IommuGroup} from '../facts/iommu.ts';
import {type PciAddress, slotOf, splitPciAddress} from '../facts/pci-address.ts';
import {isDisplay, type PciFunction, type PciOutline} from '../facts/pci.ts';
import {isBehindVmd} from '../facts/processor-parts.ts';
import {remember} from '../facts/remember.ts';
import {listWords} from '../words/list-words.ts';

/**
 * Why the members of a group are together, a sentence for each bridge and each multi-function device, as far as config
 * space tells. Empty for a group of one. The kernel's grouping is the truth; this only explains it.
 */
export const explainSharing = (group: GroupAnalysis<PciOutline>): readonly string[] => {
  if (group.members.length < 2) return [];
  return [...group.members.flatMap((one) => explainBridge(one, group.members)), ...explainSlots(group.members)];
};

const explainBridge = (bridge: PciOutline, members: readonly PciOutline[]): readonly string[] => {
  const hasMembersBehind = members.some((one) => one.upstream.includes(bridge.address));
  if (!hasMembersBehind) return [];
  if (!bridge.isBridge)
    return members.some((one) => isBehindVmd(one.address)) && !isBehindVmd(bridge.address)
      ? [
          `${bridge.address} is Intel VMD: all that is behind it uses its IOMMU context; turn VMD off in the firmware set-up, or give ${bridge.address} as a whole`,
        ]
      : [];
  if (isBehindVmd(bridge.address)) return [];
  const {acs} = bridge;
  const who = `${bridge.address} (${portName(bridge)})`;
  if (acs === null)
    return [
      `${who}: whether it has ACS is unknown; its config space was not readable (that needs root) or does not tell`,
    ];
  if (acs.port === 'PCI bridge')
    return [`${bridge.address} is a bridge to a conventional PCI bus, where no device can be told from another`];
  if (!acs.isPresent && !acs.isIsolating)
    return [`${who} has no ACS: what is behind it could reach its neighbours without the IOMMU seeing it`];
  return acs.isIsolating ? [] : [`${who} has ACS, but it is not switched on`];
};

const portName = (bridge: PciOutline): string =>
  bridge.acs?.port ?? (bridge.upstream.length === 0 ? 'root port' : 'bridge');

/** Sound and USB of a graphics card belong to it: nobody asks why. */
const explainSlots = (members: readonly PciOutline[]): readonly string[] =>
  [...new Set(members.map((one) => slotOf(one.address)))]
    .map((slot) => members.filter((one) => slotOf(one.address) === slot))
    .filter((functions) => functions.length > 1 && !functions.some(isDisplay))
    .map((functions) => `${listFunctions(functions)} are functions of one device without ACS between them`);

/** `0000:00:1f.0, .2 and .3` */
const listFunctions = (functions: readonly PciOutline[]): string => {
  const words = functions.map(({address}, index) => (index === 0 ? address : address.slice(address.lastIndexOf('.'))));
  return listWords(words);
};

export type GroupFacts<F extends PciOutline = PciFunction> = {
  readonly pci: readonly F[];
  readonly iommu: {readonly groups: readonly Pick<IommuGroup, 'id' | 'devices'>[]};
};

/** Functions that a person takes for one thing: those of one expansion card, or one function of the chipset. */
export type SlotCard<F extends PciOutline> = {readonly slot: string; readonly functions: readonly F[]};

/** An IOMMU group as vfio sees it: what goes to a guest together, and what may stay. */
export type GroupAnalysis<F extends PciOutline = PciFunction> = {
  readonly id: number;
  readonly members: readonly F[];
  readonly bridges: readonly F[];
  /** Neither bridge nor endpoint that anything drives: stays where it is and does no harm. */
  readonly idle: readonly F[];
  /** What must be with vfio, all of it, before any of it goes to a guest. */
  readonly endpoints: readonly F[];
  readonly cards: readonly SlotCard<F>[];
  /** Members that the host lists in the group but says nothing else about. */
  readonly unknown: readonly PciAddress[];
};

/** `null` when there is no group with this number. */
export const analyseGroup = <F extends PciOutline>(facts: GroupFacts<F>, id: number): GroupAnalysis<F> | null => {
  const group = facts.iommu.groups.find((one) => one.id === id);
  return group === undefined ? null : analyseMembers(indexFunctions(facts), id, group.devices);
};

/** Every group, in numeric order; one at a time, as a machine may have thousands. */
export const analyseGroups = function* <F extends PciOutline>(facts: GroupFacts<F>): Generator<GroupAnalysis<F>> {
  const index = indexFunctions(facts);
  for (const {id, devices} of facts.iommu.groups) yield analyseMembers(index, id, devices);
};

/**
 * Why a member may stay with the host when the rest of its group goes to a guest; `null` when it may not. The kernel lets
 * a group go when each member has no driver, or one that leaves DMA alone: vfio, pci-stub, pcieport (drivers/vfio,
 * drivers/pci/pcie/portdrv.c, `driver_managed_dma`). Judged by what lasts: that a device happens to have no driver now,
 * or is with vfio now, may be different after the next boot.
 */
export const whyHarmless = (
  member: PciOutline,
): 'bridge' | 'host bridge without a driver' | 'no driver exists for it' | 'behind VMD' | null => {
  if (member.isBridge || member.driver === 'pcieport') return 'bridge';
  // Its controller is in the same group, and takes all that is behind it along.
  if (isBehindVmd(member.address)) return 'behind VMD';
  if (member.driver !== null) return null;
  if (member.class.startsWith('0600')) return 'host bridge without a driver';
  return member.modules?.length === 0 && !isDisplay(member) ? 'no driver exists for it' : null;
};

/** The endpoints that share the group with the wanted functions and keep them from going to a guest alone. */
export const endpointsBeside = <F extends PciOutline>(
  group: GroupAnalysis<F>,
  wanted: readonly PciAddress[],
): readonly F[] => group.endpoints.filter(({address}) => !wanted.includes(address));

/** Whether vfio can hand out these functions while the rest of the group stays unchanged. */
export const isViableFor = (group: GroupAnalysis<PciOutline>, wanted: readonly PciAddress[]): boolean =>
  endpointsBeside(group, wanted).length === 0 && group.unknown.every((address) => wanted.includes(address));

type FunctionIndex<F> = {
  readonly byAddress: ReadonlyMap<PciAddress, F>;
  readonly isIntegrated: (one: F) => boolean;
};

/** The index of a list has the functions of that list. */
const indexFunctions = <F extends PciOutline>({pci}: GroupFacts<F>): FunctionIndex<F> =>
  indexOf(pci) as unknown as FunctionIndex<F>;

const indexOf = remember((pci: readonly PciOutline[]): FunctionIndex<PciOutline> => {
  const isFlat = pci.every((one) => one.upstream.length === 0);
  return {
    byAddress: new Map(pci.map((one) => [one.address, one])),
    // Some captures hold no hierarchy; there, bus 0 is all that is known to be the chipset's own.
    isIntegrated: (one) => (isFlat ? splitPciAddress(one.address).bus === 0 : one.upstream.length === 0),
  };
});

const analyseMembers = <F extends PciOutline>(
  {byAddress, isIntegrated}: FunctionIndex<F>,
  id: number,
  devices: readonly PciAddress[],
): GroupAnalysis<F> => {
  // One pass: of 4,000 groups, nearly all with one member, each list that is made on the way costs.
  const [members, bridges, idle, endpoints]: [F[], F[], F[], F[]] = [[], [], [], []];
  const unknown: PciAddress[] = [];
  for (const address of devices) {
    const one = byAddress.get(address);
    if (one === undefined) {
      unknown.push(address);
      continue;
    }
    members.push(one);
    const why = whyHarmless(one);
    if (why === null) endpoints.push(one);
    else if (why === 'bridge') bridges.push(one);
    else idle.push(one);
  }
  return {id, members, bridges, idle, endpoints, cards: cardsOf(endpoints, isIntegrated), unknown};
};

/** Functions 00:1f.0, .2 and .3 of a chipset share a slot number and nothing else: SATA and SMBus are two things. */
const cardsOf = <F extends PciOutline>(
  endpoints: readonly F[],
  isIntegrated: (one: F) => boolean,
): readonly SlotCard<F>[] => {
  const slots = new Map<string, F[]>();
  for (const one of endpoints) {
    const slot = isIntegrated(one) ? one.address : slotOf(one.address);
    const functions = slots.get(slot);
    if (functions === undefined) slots.set(slot, [one]);
    else functions.push(one);
  }
  return [...slots].map(([slot, functions]) => ({slot, functions}));
};
