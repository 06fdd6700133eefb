import type {HostFacts} from '../../facts/host-facts.ts';
import {slotOf} from '../../facts/pci-address.ts';
import {isDisplay, type PciFunction} from '../../facts/pci.ts';
import {isProcessorPart} from '../../facts/processor-parts.ts';
import {remember} from '../../facts/remember.ts';

/** Resets of one function that touch no other one of its slot (kernel: Documentation/ABI/testing/sysfs-bus-pci, reset_method). */
const ownResets: readonly string[] = ['flr', 'af_flr', 'pm'];

/** How the function can be reset without the rest of its slot; `null` where nothing tells a way. */
export const ownReset = ({resetMethods}: PciFunction): string | null =>
  resetMethods?.find((method) => ownResets.includes(method)) ?? null;

/**
 * The other functions of its slot. A virtual function shares the slot with the physical function that made it and with
 * its siblings, and is a card of its own all the same: it goes alone, and with no other.
 */
export const slotMates = ({pci}: HostFacts, device: PciFunction): readonly PciFunction[] =>
  device.physicalFunction === null
    ? (cardsBySlot(pci).get(slotOf(device.address)) ?? []).filter((other) => other !== device)
    : [];

const cardsBySlot = remember((pci: readonly PciFunction[]): ReadonlyMap<string, readonly PciFunction[]> => {
  const slots = new Map<string, PciFunction[]>();
  for (const one of pci) {
    if (one.isBridge || one.physicalFunction !== null) continue;
    const slot = slotOf(one.address);
    const functions = slots.get(slot);
    if (functions === undefined) slots.set(slot, [one]);
    else functions.push(one);
  }
  return slots;
});

/**
 * The functions that must go along: those of its slot that share its IOMMU group, and all of its card where only a reset
 * of the bus exists. What is in a group of its own stays where this one can be reset alone, or is no card at all.
 */
export const companionsOf = (facts: HostFacts, device: PciFunction): readonly PciFunction[] => {
  const isAlone = ownReset(device) !== null || isProcessorPart(facts.pci, device);
  return slotMates(facts, device).filter(
    (other) =>
      !isAlone || device.iommuGroup === null || other.iommuGroup === null || other.iommuGroup === device.iommuGroup,
  );
};

/** Sound and USB that a person takes for one thing with a graphics card: of its maker, in its slot or behind the switch on the card. */
export const partsOf = (facts: HostFacts, device: PciFunction): readonly PciFunction[] => {
  if (!isDisplay(device)) return [];
  const inSlot = slotMates(facts, device).filter(({vendor}) => vendor === device.vendor);
  return [...inSlot, ...behindOwnSwitch(facts, device)];
};

/** The upstream port of a switch that is on the card itself: of the card's maker, and no root port; `null`: it has none. */
export const ownSwitch = ({pci}: HostFacts, {vendor, upstream}: PciFunction): PciFunction | null => {
  const port = upstream.length < 3 ? null : upstream.at(-2);
  return pci.find((one) => one.address === port && one.isBridge && one.vendor === vendor) ?? null;
};

/** Of a board with several graphics chips nothing tells which of them the sound belongs to. */
const behindOwnSwitch = (facts: HostFacts, device: PciFunction): readonly PciFunction[] => {
  const port = ownSwitch(facts, device);
  if (port === null || device.physicalFunction !== null) return [];
  const below = facts.pci.filter(
    (one) => !one.isBridge && one.physicalFunction === null && one.upstream.includes(port.address),
  );
  if (below.some((one) => isDisplay(one) && slotOf(one.address) !== slotOf(device.address))) return [];
  return below.filter((one) => one.vendor === device.vendor && slotOf(one.address) !== slotOf(device.address));
};

/** A card in a slot; functions of bus 0 are parts of the chipset, each for itself. */
export const isPlugged = (device: PciFunction): boolean =>
  device.upstream.length > 0 || !/:00:[0-9a-f]{2}\.[0-7]$/.test(device.address);
