import type {HostFacts} from '../../../facts/host-facts.ts';
import {type PciAddress, slotOf} from '../../../facts/pci-address.ts';
import {type ConfigLine, parsePropertyString} from '../../../formats/qemu-server/config.ts';
import {coversFunction, parseHostPci} from '../../../formats/qemu-server/hostpci.ts';
import type {PlannedDevice} from '../../../plan/plan.ts';
import {type ProxmoxPlan, proxmoxOf} from '../proxmox-facts.ts';
import {mappingOf} from './mappings.ts';
import {editProperties} from './property-text.ts';

/** Proxmox reads hostpci0 to hostpci15 (`PVE::QemuServer::PCI`, MAX_HOSTPCI_DEVICES). */
const keys = Array.from({length: 16}, (_, index) => `hostpci${index}`);
const romDirectory = '/usr/share/kvm/';

export type HostPciLines = {
  readonly lines: ReadonlyMap<string, string | null>;
  /** No number is left. */
  readonly isFull: boolean;
};

export type Given = {
  /** What has a line together: functions of one slot; a virtual function and a slice have one of their own. */
  readonly card: string;
  readonly address: PciAddress;
  /** Where an earlier run had it. */
  readonly formerly: PciAddress | null;
  readonly rom: string | null;
  /** Type of the slice of it that the guest gets. */
  readonly mdev: string | null;
  readonly isDisplay: boolean;
  readonly isBoundEarly: boolean;
  /** A driver of vfio's family other than vfio-pci has it from boot on, and Proxmox would put vfio-pci in its place. */
  readonly hasVariant: boolean;
};

const givenBy = ({assigned, class: pciClass, driver, bindBy}: PlannedDevice): readonly Given[] => {
  const isDisplay = pciClass?.startsWith('03') === true;
  if (assigned.type === 'pci') {
    const {address, rom} = assigned;
    const isBoundEarly = bindBy === 'address' || bindBy === 'ids';
    const hasVariant = isBoundEarly && driver !== 'vfio-pci';
    return [{card: slotOf(address), address, formerly: null, rom, mdev: null, isDisplay, isBoundEarly, hasVariant}];
  }
  // Its own driver may be what the guest needs, and makes the slices: who says driver=keep for it knows.
  const part = {rom: null, isDisplay: false, isBoundEarly: true, hasVariant: false};
  if (assigned.type === 'mediated-device') {
    const {of, uuid, mdevType} = assigned;
    return of === null ? [] : [{card: uuid, address: of, formerly: null, mdev: mdevType, ...part}];
  }
  if (assigned.type === 'usb' || assigned.type === 'pooled-function') return [];
  const {address, formerly} = assigned;
  return address === null ? [] : [{card: address, address, formerly, mdev: null, ...part}];
};

/** The functions of each card that gets a line. */
export const cardsOf = ({devices}: Pick<ProxmoxPlan, 'devices'>): readonly (readonly Given[])[] => {
  const all = devices.flatMap(givenBy);
  return [...new Set(all.map(({card}) => card))].map((card) => all.filter((one) => one.card === card));
};

/** The lines that the guest has about a card: of a whole one those that give it whole, and likewise of a slice. */
export const linesAbout = (
  facts: HostFacts,
  present: readonly ConfigLine[],
  own: readonly Given[],
): readonly ConfigLine[] => present.filter((line) => isOf(facts, line, own) && mdevOf(line) === (own[0]?.mdev ?? null));

/** Those that give slices of it. */
export const sliceLines = (
  facts: HostFacts,
  present: readonly ConfigLine[],
  own: readonly Given[],
): readonly ConfigLine[] => present.filter((line) => isOf(facts, line, own) && mdevOf(line) !== null);

/** One line for each card: all functions of its slot by the slot's address, else each of them. */
export const hostPciLines = (facts: HostFacts, plan: ProxmoxPlan, present: readonly ConfigLine[]): HostPciLines => {
  const lines = new Map<string, string | null>();
  let isFull = false;
  const cards = cardsOf(plan);
  for (const [index, own] of cards.entries()) {
    const had = isSlice(own)
      ? lineOfSlice(
          own,
          sliceLines(facts, present, own).filter(({key}) => !lines.has(key)),
          cards,
        )
      : linesAbout(facts, present, own);
    const key = had[0]?.key ?? keys.find((one) => !present.some((line) => line.key === one) && !lines.has(one));
    if (key === undefined) {
      isFull = true;
      continue;
    }
    // A second line about the same card would take a function twice, and the guest would not start.
    for (const {key: other} of had.slice(1)) lines.set(other, null);
    lines.set(key, lineOf(facts, own, had[0]?.value ?? null, {guest: plan.guest, isFirst: index === 0}));
  }
  return {lines, isFull};
};

export const isSlice = (own: readonly Given[]): boolean => own.some(({mdev}) => mdev !== null);

/** Of the lines that no slice before it has: one of its type, else one of a type that the plan does not have of this card any more. */
const lineOfSlice = (
  own: readonly Given[],
  free: readonly ConfigLine[],
  cards: readonly (readonly Given[])[],
): readonly ConfigLine[] => {
  const [slice] = own;
  const planned = cards
    .flat()
    .filter(({address}) => address === slice?.address)
    .map(({mdev}) => mdev);
  const found =
    free.find((line) => mdevOf(line) === slice?.mdev) ?? free.find((line) => !planned.includes(mdevOf(line)));
  return found === undefined ? [] : [found];
};

const mdevOf = ({value}: ConfigLine): string | null => parseHostPci(value)?.mdev ?? null;

const isOf = (facts: HostFacts, {key, value}: ConfigLine, own: readonly Given[]): boolean => {
  if (!keys.includes(key)) return false;
  const line = parseHostPci(value);
  const hosts = line === null ? [] : line.mapping === null ? line.hosts : mappedHosts(facts, line.mapping);
  return own.some(({address, formerly}) =>
    hosts.some((host) => [address, ...(formerly === null ? [] : [formerly])].some((one) => coversFunction(host, one))),
  );
};

const mappedHosts = (facts: HostFacts, name: string): readonly string[] =>
  proxmoxOf(facts)
    .mappings.filter((mapping) => mapping.name === name)
    .flatMap(({hosts}) => hosts);

const lineOf = (
  facts: HostFacts,
  own: readonly Given[],
  present: string | null,
  {guest, isFirst}: {readonly guest: ProxmoxPlan['guest']; readonly isFirst: boolean},
): string => {
  const card = own[0]?.card ?? '';
  const all = facts.pci.filter(({address}) => slotOf(address) === card);
  const line = present === null ? null : parseHostPci(present);
  const host = own.length === all.length ? card : own.map(({address}) => address).join(';');
  const rom = own.map((one) => one.rom).find((path) => path !== null) ?? null;
  // x-vga is for SeaBIOS, and hides KVM from the guest whether that is wanted or not (PVE::QemuServer::PCI).
  const isPrimary = isFirst && guest.isNew && guest.firmware === 'bios' && own.some(({isDisplay}) => isDisplay);
  const mapping = guest.usesMapping && !isSlice(own) ? mappingOf(facts, own) : null;
  return editProperties(present, 'host', [
    // A mapping that leads to the card stays: it says more than an address.
    ...(line !== null && line.mapping !== null
      ? []
      : mapping !== null && mapping.problem === null
        ? ([
            ['host', null],
            ['mapping', mapping.name],
          ] as const)
        : [['host', hasSame(facts, line?.hosts ?? [], own) ? hostText(present) : host] as const]),
    ...(own.some(({hasVariant}) => hasVariant) ? [['driver', 'keep'] as const] : []),
    ...(guest.isPcie ? [['pcie', '1'] as const] : []),
    ...(isPrimary ? [['x-vga', '1'] as const] : []),
    ...own.flatMap(({mdev}) => (mdev === null ? [] : [['mdev', mdev] as const])),
    ...(rom === null ? [] : [['romfile', rom.slice(romDirectory.length)] as const]),
  ]);
};

/** Another way to write the same functions, without the domain or one by one, stays. */
const hasSame = ({pci}: HostFacts, hosts: readonly string[], own: readonly Given[]): boolean => {
  const given = pci.filter(({address}) => hosts.some((host) => coversFunction(host, address)));
  return given.length === own.length && own.every((one) => given.some(({address}) => address === one.address));
};

const hostText = (present: string | null): string => parsePropertyString(present ?? '', 'host')?.get('host') ?? '';
