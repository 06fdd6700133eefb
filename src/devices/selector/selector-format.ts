import type {PciAddress, PciId} from '../../facts/pci-address.ts';
import {type KeyTable, orAbsent} from '../../profile/codec.ts';
import {deviceFormat} from '../../profile/device-format.ts';
import type {ProfileDevice} from '../../profile/profile.ts';
import {pciAddress, pciClass, pciId, wholeNumber, yesOrNo} from '../../profile/scalars.ts';
import {sectionOf} from '../../profile/sections.ts';
import {romKey} from '../named-function.ts';

/** What is true of one PCI function on every host of a kind, whatever its address; `null`: any. */
export type Selector = {
  readonly id: PciId | null;
  readonly subsystem: PciId | null;
  /** The beginning of the class: `03`, `0300`. */
  readonly class: string | null;
  /** A bridge above it. */
  readonly slot: PciAddress | null;
  readonly node: number | null;
  readonly boot: boolean | null;
  /** Which of those that are left, by address; the first is 1. */
  readonly nth: number | null;
};

/** A PCI function that each host finds by a selector. */
export type ProfileSelector = {
  readonly kind: 'selector';
  readonly match: Selector;
  readonly rom: string | null;
};

const selectorKeys: KeyTable<Selector> = {
  id: {key: 'id', codec: orAbsent(pciId), fallback: null, meaning: 'Vendor and device.'},
  subsystem: {
    key: 'subsystem',
    codec: orAbsent(pciId),
    fallback: null,
    meaning: 'Vendor and model of the board, which tells cards with one chip apart.',
  },
  class: {
    key: 'class',
    codec: orAbsent(pciClass),
    fallback: null,
    meaning: 'The beginning of its class: 03 for any display, 0200 for Ethernet.',
  },
  slot: {
    key: 'slot',
    codec: orAbsent(pciAddress),
    fallback: null,
    meaning: 'A bridge above it, such as the port of its slot, which boards of one model have at one address.',
  },
  node: {
    key: 'node',
    codec: orAbsent(wholeNumber(0, 1023)),
    fallback: null,
    meaning: 'The NUMA node that the firmware says it is on.',
  },
  boot: {
    key: 'boot',
    codec: orAbsent(yesOrNo),
    fallback: null,
    meaning: 'Whether it shows the firmware and the boot (boot_vga); no: not that one.',
  },
  nth: {
    key: 'nth',
    codec: orAbsent(wholeNumber(1, 64)),
    fallback: null,
    meaning: 'Which of those that are left, in the order of their addresses; 1 is the first.',
  },
};

const keys: KeyTable<Omit<ProfileSelector, 'kind'>> = {
  match: {
    key: 'match',
    codec: sectionOf(selectorKeys, () => null),
    meaning: 'What is true of it on every host; each host must have exactly one such function.',
  },
  rom: romKey,
};

export const isProfileSelector = (device: ProfileDevice): device is ProfileSelector => device.kind === 'selector';

/** `id 10de:1c81, not the boot card, the 2nd`: the conditions, as a person reads them. */
export const describeSelector = ({id, subsystem, class: pciClass, slot, node, boot, nth}: Selector): string => {
  const parts = [
    id === null ? null : `id ${id}`,
    subsystem === null ? null : `subsystem ${subsystem}`,
    pciClass === null ? null : `class ${pciClass}`,
    slot === null ? null : `below ${slot}`,
    node === null ? null : `on node ${node}`,
    boot === null ? null : boot ? 'the boot card' : 'not the boot card',
    nth === null ? null : `number ${nth}`,
  ].filter((part) => part !== null);
  return parts.length === 0 ? 'any function' : parts.join(', ');
};

/** `- match: {id: 10de:1c81, boot: no}` */
export const selectorFormat = deviceFormat<ProfileSelector>({
  kind: 'selector',
  marker: 'match',
  version: 2,
  keys,
  is: isProfileSelector,
  make: (values) => ({kind: 'selector', ...values}),
  identity: ({match}) => describeSelector(match),
  addresses: () => [],
});
