import {isPciAddress, type PciAddress} from '../../../src/facts/pci-address.ts';
import type {Entry} from './memory-source.ts';

export type Dice = {
  readonly chance: (probability: number) => boolean;
  readonly below: (count: number) => number;
  readonly pick: <T>(items: readonly T[]) => T;
};

export const diceOf = (random: () => number): Dice => ({
  chance: (probability) => random() < probability,
  below: (count) => Math.floor(random() * count),
  pick: (items) => items[Math.floor(random() * items.length)]!,
});

export type Part = {readonly class: string; readonly id: string; readonly driver?: string};
export type Card = {
  readonly addresses: readonly PciAddress[];
  /** Below `/sys/devices`, of each function. */
  readonly places: readonly string[];
  /** The functions of a plugged-in card go together. */
  readonly isPlugged: boolean;
};

/** A machine under construction: its tree, and what the host needs of it, told by those who build it in. */
export type Machine = {
  readonly dice: Dice;
  readonly tree: Record<string, Entry>;
  readonly cards: Card[];
  /** Reasons by address. */
  readonly needs: Map<PciAddress, string[]>;
  readonly vital: Set<PciAddress>;
  /** Each set is needed only as a whole: the last screen, keyboard or network card. */
  readonly lastOf: {readonly what: string; readonly addresses: readonly PciAddress[]}[];
  readonly counters: Record<string, number>;
};

export const emptyMachine = (dice: Dice): Machine => ({
  dice,
  tree: {},
  cards: [],
  needs: new Map(),
  vital: new Set(),
  lastOf: [],
  counters: {},
});

export const next = (machine: Machine, name: string, first = 0): number => {
  const value = machine.counters[name] ?? first;
  machine.counters[name] = value + 1;
  return value;
};

export const need = (machine: Machine, address: PciAddress, reason: string, isVital = false): void => {
  machine.needs.set(address, [...(machine.needs.get(address) ?? []), reason]);
  if (isVital) machine.vital.add(address);
};

const hex = (value: number, digits = 2): string => value.toString(16).padStart(digits, '0');

/** A card in a slot: behind a root port, sometimes behind a switch too. */
export const plugCard = (machine: Machine, parts: readonly Part[]): Card => {
  const {dice} = machine;
  const port = next(machine, 'port');
  let above = addFunction(machine, 'pci0000:00', `0000:00:${hex(3 + (port >> 2))}.${port & 3}`, bridge);
  if (dice.chance(0.2)) {
    above = addFunction(machine, above, `0000:${hex(next(machine, 'bus', 1))}:00.0`, bridge);
    above = addFunction(machine, above, `0000:${hex(next(machine, 'bus', 1))}:0${dice.below(4)}.0`, bridge);
  }
  const bus = hex(next(machine, 'bus', 1));
  return register(
    machine,
    parts.map((part, index) => addFunction(machine, above, `0000:${bus}:00.${index}`, part)),
    true,
  );
};

/** `1f.2`: on the root bus. */
type Slot = `${string}.${number}`;

/** A function of the chipset, on the root bus. */
export const chipset = (machine: Machine, slot: Slot, part: Part): Card =>
  register(machine, [addFunction(machine, 'pci0000:00', `0000:00:${slot}`, part)], false);

const bridge: Part = {class: '060400', id: '8086:340e', driver: 'pcieport'};

const register = (machine: Machine, places: readonly string[], isPlugged: boolean): Card => {
  const addresses = places.map((place) => place.slice(place.lastIndexOf('/') + 1)).filter(isPciAddress);
  const group = next(machine, 'group', 20);
  for (const [index, place] of places.entries())
    addToGroup(machine, place, addresses[index]!, isPlugged ? group : next(machine, 'group', 20));
  const card = {addresses, places, isPlugged};
  machine.cards.push(card);
  return card;
};

const addFunction = (machine: Machine, above: string, address: PciAddress, part: Part): string => {
  const place = `${above}/${address}`;
  const [vendor, device] = part.id.split(':');
  Object.assign(machine.tree, {
    [`/sys/bus/pci/devices/${address}`]: {link: `../../../devices/${place}`},
    [`/sys/devices/${place}/class`]: `0x${part.class}\n`,
    [`/sys/devices/${place}/vendor`]: `0x${vendor}\n`,
    [`/sys/devices/${place}/device`]: `0x${device}\n`,
    ...(part.driver === undefined
      ? {}
      : {[`/sys/devices/${place}/driver`]: {link: `../../bus/pci/drivers/${part.driver}`}}),
  });
  return place;
};

export const addToGroup = (machine: Machine, place: string, address: PciAddress, group: number): void => {
  machine.tree[`/sys/devices/${place}/iommu_group`] = {link: `../../../kernel/iommu_groups/${group}`};
  machine.tree[`/sys/kernel/iommu_groups/${group}/devices/${address}`] = {link: '../../../../bus/pci/devices'};
};

/** A controller that came in directly, sometimes in the chipset and sometimes on a card. */
export const controller = (machine: Machine, slot: Slot, part: Part): Card =>
  machine.dice.chance(0.5) && !machine.cards.some((card) => card.addresses.includes(`0000:00:${slot}`))
    ? chipset(machine, slot, part)
    : plugCard(machine, [part]);
