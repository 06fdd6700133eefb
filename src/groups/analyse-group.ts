import type {HostFacts, PciAddress, PciFunction} from '../host/facts.ts';
import {slotOf, splitPciAddress} from '../host/pci-address.ts';

export type GroupFacts = Pick<HostFacts, 'pci' | 'iommu'>;

/** Functions that a person takes for one thing: those of one expansion card, or one function of the chipset. */
export type Card = {readonly slot: string; readonly functions: readonly PciFunction[]};

/** An IOMMU group as vfio sees it: what goes to a guest together, and what may stay. */
export type GroupAnalysis = {
  readonly id: number;
  readonly members: readonly PciFunction[];
  readonly bridges: readonly PciFunction[];
  /** Neither bridge nor endpoint that anything drives: stays where it is and does no harm. */
  readonly idle: readonly PciFunction[];
  /** What must be with vfio, all of it, before any of it goes to a guest. */
  readonly endpoints: readonly PciFunction[];
  readonly cards: readonly Card[];
  /** Members that the host lists in the group but tells nothing else about. */
  readonly unknown: readonly PciAddress[];
};

/** `null` when there is no group with this number. */
export const analyseGroup = (facts: GroupFacts, id: number): GroupAnalysis | null => {
  const group = facts.iommu.groups.find((one) => one.id === id);
  return group === undefined ? null : analyseMembers(indexFunctions(facts), id, group.devices);
};

/** Every group in one pass, in numeric order. */
export const analyseGroups = (facts: GroupFacts): readonly GroupAnalysis[] => {
  const index = indexFunctions(facts);
  return facts.iommu.groups.map(({id, devices}) => analyseMembers(index, id, devices));
};

/**
 * Why a member may stay with the host when the rest of its group goes to a guest; `null` when it may not. The kernel lets
 * a group go when each member has no driver, or one that leaves DMA alone: vfio, pci-stub, pcieport (drivers/vfio,
 * drivers/pci/pcie/portdrv.c, `driver_managed_dma`). Judged by what lasts: that a device happens to have no driver now,
 * or is with vfio now, may be different after the next boot.
 */
export const whyHarmless = (member: PciFunction): 'bridge' | 'host bridge without a driver' | 'no driver exists for it' | null => {
  if (member.isBridge || member.driver === 'pcieport') return 'bridge';
  if (member.driver !== null) return null;
  if (member.class.startsWith('0600')) return 'host bridge without a driver';
  return member.modules?.length === 0 && !member.class.startsWith('03') ? 'no driver exists for it' : null;
};

/** The endpoints that share the group with the wanted functions and keep them from going to a guest alone. */
export const endpointsBeside = (group: GroupAnalysis, wanted: readonly PciAddress[]): readonly PciFunction[] =>
  group.endpoints.filter(({address}) => !wanted.includes(address));

/** Whether vfio can hand out these functions while the rest of the group stays as it is. */
export const isViableFor = (group: GroupAnalysis, wanted: readonly PciAddress[]): boolean =>
  endpointsBeside(group, wanted).length === 0 && group.unknown.every((address) => wanted.includes(address));

type FunctionIndex = {readonly byAddress: ReadonlyMap<PciAddress, PciFunction>; readonly isIntegrated: (one: PciFunction) => boolean};

const indexFunctions = (facts: GroupFacts): FunctionIndex => {
  const isFlat = facts.pci.every((one) => one.upstream.length === 0);
  return {
    byAddress: new Map(facts.pci.map((one) => [one.address, one])),
    // Some captures hold no hierarchy; there, bus 0 is all that is known to be the chipset's own.
    isIntegrated: (one) => (isFlat ? splitPciAddress(one.address).bus === 0 : one.upstream.length === 0),
  };
};

const analyseMembers = ({byAddress, isIntegrated}: FunctionIndex, id: number, devices: readonly PciAddress[]): GroupAnalysis => {
  const members = devices.flatMap((address) => byAddress.get(address) ?? []);
  const endpoints = members.filter((one) => whyHarmless(one) === null);
  return {
    id,
    members,
    bridges: members.filter((one) => whyHarmless(one) === 'bridge'),
    idle: members.filter((one) => !['bridge', null].includes(whyHarmless(one))),
    endpoints,
    cards: cardsOf(endpoints, isIntegrated),
    unknown: devices.filter((address) => !byAddress.has(address)),
  };
};

/** Functions 00:1f.0, .2 and .3 of a chipset share a slot number and nothing else: SATA and SMBus are two things. */
const cardsOf = (endpoints: readonly PciFunction[], isIntegrated: (one: PciFunction) => boolean): readonly Card[] => {
  const slots = new Map<string, PciFunction[]>();
  for (const one of endpoints) {
    const slot = isIntegrated(one) ? one.address : slotOf(one.address);
    slots.set(slot, [...(slots.get(slot) ?? []), one]);
  }
  return [...slots].map(([slot, functions]) => ({slot, functions}));
};
