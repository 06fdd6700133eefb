import type {HostFacts} from '../../../facts/host-facts.ts';
import {type PciAddress, slotOf} from '../../../facts/pci-address.ts';
import {type ConfigLine, parsePropertyString} from '../../../formats/qemu-server/config.ts';
import {coversFunction, parseHostPci, parsePciMappings} from '../../../formats/qemu-server/hostpci.ts';
import type {PlannedDevice} from '../../../plan/plan.ts';
import type {ProxmoxPlan} from '../proxmox-facts.ts';
import {editProperties} from './property-text.ts';

/** Proxmox reads hostpci0 to hostpci15 (`PVE::QemuServer::PCI`, MAX_HOSTPCI_DEVICES). */
const keys = Array.from({length: 16}, (_, index) => `hostpci${index}`);
const romDirectory = '/usr/share/kvm/';

export type HostPciLines = {
  readonly lines: ReadonlyMap<string, string | null>;
  /** No number is left. */
  readonly isFull: boolean;
};

type Given = {
  /** What has a line together: functions of one slot; a virtual function has one of its own. */
  readonly card: string;
  readonly address: PciAddress;
  /** Where an earlier run had it. */
  readonly formerly: PciAddress | null;
  readonly rom: string | null;
  readonly isDisplay: boolean;
};

const givenBy = ({assigned, class: pciClass}: PlannedDevice): readonly Given[] => {
  const isDisplay = pciClass?.startsWith('03') === true;
  if (assigned.type === 'pci') {
    const {address, rom} = assigned;
    return [{card: slotOf(address), address, formerly: null, rom, isDisplay}];
  }
  const {address, formerly} = assigned;
  return address === null ? [] : [{card: address, address, formerly, rom: null, isDisplay: false}];
};

/** One line for each card: all functions of its slot by the slot's address, else each of them. */
export const hostPciLines = (
  facts: HostFacts,
  {devices, guest}: ProxmoxPlan,
  present: readonly ConfigLine[],
): HostPciLines => {
  const all = devices.flatMap(givenBy);
  const lines = new Map<string, string | null>();
  let isFull = false;
  for (const [index, card] of [...new Set(all.map((one) => one.card))].entries()) {
    const own = all.filter((one) => one.card === card);
    const had = present.filter((line) => isAbout(facts, line, own));
    const key = had[0]?.key ?? keys.find((one) => !present.some((line) => line.key === one) && !lines.has(one));
    if (key === undefined) {
      isFull = true;
      continue;
    }
    // A second line about the same card would take a function twice, and the guest would not start.
    for (const {key: other} of had.slice(1)) lines.set(other, null);
    lines.set(key, lineOf(facts, own, had[0]?.value ?? null, {guest, isFirst: index === 0}));
  }
  return {lines, isFull};
};

const isAbout = (facts: HostFacts, {key, value}: ConfigLine, own: readonly Given[]): boolean => {
  if (!keys.includes(key)) return false;
  const line = parseHostPci(value);
  const hosts = line === null ? [] : line.mapping === null ? line.hosts : mappedHosts(facts, line.mapping);
  return own.some(({address, formerly}) =>
    hosts.some((host) => [address, ...(formerly === null ? [] : [formerly])].some((one) => coversFunction(host, one))),
  );
};

const mappedHosts = ({files}: HostFacts, name: string): readonly string[] =>
  parsePciMappings(files['/etc/pve/mapping/pci.cfg']?.text ?? '')
    .filter((mapping) => mapping.name.split(/[\s:]+/).at(-1) === name)
    .map(({path}) => path);

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
  return editProperties(present, 'host', [
    // A mapping that leads to the card stays: it says more than an address.
    ...(line?.mapping === null || line === null
      ? [['host', hasSame(facts, line?.hosts ?? [], own) ? hostText(present) : host] as const]
      : []),
    ...(guest.isPcie ? [['pcie', '1'] as const] : []),
    ...(isPrimary ? [['x-vga', '1'] as const] : []),
    ...(rom === null ? [] : [['romfile', rom.slice(romDirectory.length)] as const]),
  ]);
};

/** Another way to write the same functions, without the domain or one by one, stays. */
const hasSame = ({pci}: HostFacts, hosts: readonly string[], own: readonly Given[]): boolean => {
  const given = pci.filter(({address}) => hosts.some((host) => coversFunction(host, address)));
  return given.length === own.length && own.every((one) => given.some(({address}) => address === one.address));
};

const hostText = (present: string | null): string => parsePropertyString(present ?? '', 'host')?.get('host') ?? '';
