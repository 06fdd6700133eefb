import {isProfileFunction} from '../../devices/function/function-format.ts';
import {UsageError} from '../../errors.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import type {ProxmoxGuest} from '../../facts/virtualisation.ts';
import {
  type ConfigLine,
  nextStartOf,
  parseGuestConfig,
  parsePropertyString,
  valueOf,
} from '../../formats/qemu-server/config.ts';
import {parseHostPci} from '../../formats/qemu-server/hostpci.ts';
import {functionsOf} from '../../hypervisor/proxmox/guests.ts';
import {isOwn} from '../../hypervisor/proxmox/hookscript/choose-hookscript.ts';
import {nameOfGuest, proxmoxOf} from '../../hypervisor/proxmox/proxmox-facts.ts';
import {proposeProfile} from '../../pipeline/propose-profile.ts';
import type {Profile, ProfileDevice} from '../../profile/profile.ts';
import type {Imported, ImportSource} from '../importer.ts';
import {understandDevice} from '../named-device.ts';
import {profileNameOf} from '../profile-name.ts';
import {importPlacement} from './import-placement.ts';
import {leftOutOf, omitted} from './left-out.ts';

/** A profile of a guest of this node that has a card: it asks for what the guest has, so that a plan of it changes little. */
export const importGuest = (facts: HostFacts, {word}: Pick<ImportSource, 'word'>): Imported => {
  const guest = findGuest(facts, word);
  const lines = nextStartOf(parseGuestConfig(facts.files[guest.path]?.text ?? ''));
  const cards = lines.flatMap((line) => cardOf(facts, line));
  const given = cards.flatMap(({identities}) => identities);
  const omissions = cards.flatMap((card) => card.omissions);
  if (given.length === 0)
    throw new UsageError(
      `Guest ${guest.vmid} has no card of this node, and a profile is about one.${omissions.map((what) => ` ${what}`).join('')}`,
      `\`vfio-pilot profile new --device ADDRESS --guest ${guest.vmid}\` makes one that gives it a card.`,
    );
  const proposed = proposeProfile(facts, given);
  const placement = importPlacement(facts, guest, lines);
  const profile: Profile = {
    ...proposed,
    name: profileNameOf(nameOfGuest(guest)),
    description: `From guest ${guest.vmid} of Proxmox VE`,
    devices: proposed.devices.map((device) => withRom(device, cards)),
    cpu: {...proposed.cpu, ...placement.cpu},
    memory: {...proposed.memory, ...placement.memory},
    guest: {...proposed.guest, ...guestOf(guest, lines)},
  };
  return {profile, leftOut: omitted(guest, [...omissions, ...placement.omissions, ...leftOutOf(guest, lines)])};
};

const findGuest = (facts: HostFacts, word: string): ProxmoxGuest => {
  if (facts.virtualisation.kind !== 'proxmox')
    throw new UsageError('This host is no Proxmox VE.', 'Run it on the node, or with --root on a capture of it.');
  const {guests, others} = proxmoxOf(facts);
  // A VMID counts before a name of digits.
  const byVmid = guests.filter((guest) => String(guest.vmid) === word);
  const found = byVmid.length > 0 ? byVmid : guests.filter((guest) => guest.name === word);
  const [first, second] = found;
  if (first !== undefined && second === undefined) return first;
  const list = guests.map(({vmid, name}) => (name === null ? String(vmid) : `${vmid} (${name})`)).join(', ');
  const other = others.find(({vmid, name}) => String(vmid) === word || name === word);
  if (second !== undefined)
    throw new UsageError(`Several guests are called ${word}.`, `Name one by its VMID: ${list}.`);
  throw new UsageError(
    other === undefined
      ? `This node has no guest ${word}.`
      : `${word} is a ${other.kind} of node ${other.node}, whose cards are not seen from here.`,
    other === undefined ? `Its guests: ${list === '' ? 'none' : list}.` : `Run vfio-pilot on ${other.node}.`,
  );
};

type Card = {
  readonly identities: readonly string[];
  readonly rom: string | null;
  readonly omissions: readonly string[];
};

const cardOf = (facts: HostFacts, {key, value}: ConfigLine): readonly Card[] => {
  if (!/^hostpci\d+$/.test(key)) return [];
  const line = parseHostPci(value);
  const none = (what: string): readonly Card[] => [{identities: [], rom: null, omissions: [what]}];
  if (line === null) return none(`Proxmox VE does not understand ${key}: ${value}.`);
  if (line.mdev !== null)
    return none(`${key} is a mediated device (${line.mdev}), of which profiles of whole cards say nothing.`);
  const hosts =
    line.mapping === null
      ? line.hosts
      : proxmoxOf(facts)
          .mappings.filter(({name}) => name === line.mapping)
          .flatMap((mapping) => mapping.hosts);
  const gone = hosts.filter((host) => functionsOf(facts.pci, [host]).length === 0);
  const identities = functionsOf(facts.pci, hosts).flatMap((address) => {
    const named = understandDevice(facts, address);
    return named?.ok === true ? [named.identity] : [];
  });
  const rom = parsePropertyString(value, 'host')?.get('romfile') ?? null;
  return [
    {
      identities,
      rom: rom === null ? null : `/usr/share/kvm/${rom}`,
      omissions: [
        ...gone.map((host) => `${key} names ${host}, and no device of this node is there.`),
        ...(hosts.length === 0
          ? [`${key} names the mapping ${line.mapping ?? ''}, which leads to no card of this node.`]
          : []),
      ],
    },
  ];
};

/** Proxmox gives a ROM file to the first function of a line. */
const withRom = (device: ProfileDevice, cards: readonly Card[]): ProfileDevice => {
  if (!isProfileFunction(device)) return device;
  const rom = cards.find(({identities}) => identities[0] === device.address)?.rom ?? null;
  return rom === null ? device : {...device, rom};
};

const guestOf = (guest: ProxmoxGuest, lines: readonly ConfigLine[]): Partial<Profile['guest']> => {
  const cpu = parsePropertyString(valueOf(lines, 'cpu') ?? '', 'cputype');
  const vendorId = cpu?.get('hv-vendor-id') ?? null;
  const hookscript = valueOf(lines, 'hookscript');
  return {
    name: String(guest.vmid),
    domain: 'existing',
    os: systemOf(valueOf(lines, 'ostype')),
    ...(/^(?:1|on|yes|true)$/i.test(cpu?.get('hidden') ?? '') ? {hideHypervisor: true} : {}),
    ...(vendorId === null ? {} : {hypervVendorId: vendorId}),
    mapping: lines.some(({key, value}) => /^hostpci\d+$/.test(key) && (parseHostPci(value)?.mapping ?? null) !== null),
    hookscript: hookscript !== null && isOwn(hookscript, guest.vmid),
  };
};

const systemOf = (ostype: string | null): Profile['guest']['os'] => {
  if (ostype === 'win11') return 'windows-11';
  if (ostype?.startsWith('w') === true) return 'windows-10';
  return ostype === 'l26' || ostype === 'l24' ? 'linux' : 'other';
};
