import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {isFileChange} from '../../../src/changes/change.ts';
import {previewChanges} from '../../../src/changes/preview.ts';
import type {HostFacts} from '../../../src/facts/host-facts.ts';
import {attributeOf, type XmlElement} from '../../../src/formats/xml/document.ts';
import {readHost} from '../../../src/host/read-host.ts';
import {proposeProfile} from '../../../src/pipeline/propose-profile.ts';
import type {ProfileGuest} from '../../../src/profile/profile.ts';
import {openSource} from '../../../src/system/source.ts';
import {unpackHost} from '../../support/host-tree.ts';
import {parse} from './canonical.ts';

/** A host with libvirt 9.0.0, as the recordings have it. */
const facts = readHost(openSource(unpackHost('dual-socket-1gib'), null));

/** With this domain, as libvirt keeps it. */
const withDomain = (host: HostFacts, xml: string): HostFacts => {
  if (host.virtualisation.kind !== 'kvm') throw new Error('the host is none of libvirt');
  const path = `${host.virtualisation.domainDirectory}/guest.xml`;
  const file = {path, state: 'file', text: xml, encoding: 'utf8', target: null, sha256: '0'.repeat(64)} as const;
  return {
    ...host,
    virtualisation: {
      ...host.virtualisation,
      domains: [{name: 'guest', uuid: null, path, xml, isActive: false, isAutostart: false}],
    },
    files: {...host.files, [path]: {...file, mode: 0o600, uid: 0, gid: 0, stamp: null}},
  };
};

/** The same guest, without a card: virt-install has none to give. */
const planned = (host: HostFacts, guest: Partial<ProfileGuest>): string => {
  const proposed = proposeProfile(host, []);
  const {changes, findings} = previewChanges(host, {
    ...proposed,
    cpu: {...proposed.cpu, vcpus: 4},
    memory: {...proposed.memory, sizeMiB: 8192},
    guest: {...proposed.guest, name: 'guest', diskSizeMiB: 65_536, ...guest},
  });
  const text = changes.filter(isFileChange).find(({path}) => path.endsWith('/guest.xml'))?.content?.text;
  if (text === undefined) throw new Error(findings.map(({message}) => message).join('\n'));
  return text;
};

/** Installed means in the phase after it, by an edit of the same domain. */
const guestIn = (name: string, guest: Partial<ProfileGuest>): string => {
  const installing = planned(facts, {...guest, phase: 'install'});
  return name.endsWith('-install') ? installing : planned(withDomain(facts, installing), {...guest, phase: 'prepare'});
};

const recorded = (name: string): string =>
  readFileSync(join(import.meta.dirname, 'virt-install', `${name}.xml`), 'utf8').trimEnd() + '\n';

/** What tells elements of one name apart. */
const discriminators = ['device', 'name', 'type', 'dev', 'vcpu', 'iothread', 'mode'];

const repeated = ['disk', 'controller', 'timer', 'input', 'feature', 'boot', 'channel'];

/** One line for each attribute and text: `devices/disk[cdrom]/target@bus=sata`. */
const linesOf = (xml: string): readonly string[] => {
  const visit = (element: XmlElement, above: string): readonly string[] => {
    const sign = discriminators.map((name) => attributeOf(element, name)).find((value) => value !== null);
    const path = `${above}${element.name}${repeated.includes(element.name) && sign !== undefined ? `[${sign}]` : ''}`;
    const text = element.children.length === 0 ? element.text.trim() : '';
    const isBare = element.children.length === 0 && element.attributes.length === 0 && text === '';
    return [
      ...(isBare ? [path] : []),
      ...element.attributes.map(({name, value}) => `${path}@${name}=${value}`),
      ...(text === '' ? [] : [`${path}=${text}`]),
      ...element.children.flatMap((child) => visit(child, `${path}/`)),
    ];
  };
  const {root} = parse(xml);
  return [
    ...root.attributes.map(({name, value}) => `@${name}=${value}`),
    ...root.children.flatMap((one) => visit(one, '')),
  ];
};

const differences = (ours: string, theirs: string): readonly string[] => {
  const [one, other] = [linesOf(ours), linesOf(theirs)];
  return [
    ...one.filter((line) => !other.includes(line)).map((line) => `+ ${line}`),
    ...new Set(other.filter((line) => !one.includes(line)).map((line) => `- ${line}`)),
  ];
};

/** Why our domain has something else than virt-install's: `+` is ours, `-` theirs. */
const reasons: readonly (readonly [pattern: RegExp, why: string])[] = [
  [/^- uuid=/, 'libvirt makes one when the guest is defined'],
  [/^- devices\/interface\/mac@address=/, 'libvirt makes one when the guest is defined, and keeps it'],
  [/^- metadata\//, 'ours says the system where its medium was recognised; here there is no medium to read'],
  [/^\+ memory@unit=/, 'KiB said in words; it is the unit without one'],
  [/^- currentMemory=/, 'the same as memory, which is what its absence means'],
  [/^\+ memoryBacking\//, 'the purpose of the profile: huge pages, set aside before the guest starts'],
  [/^\+ (?:cputune|numatune)\//, 'the purpose of the profile: pins, and the memory on their node'],
  [/^\+ (?:vcpu@placement|iothreads)=/, 'pins come with a static placement, and with a thread for the disk'],
  [/^\+ cpu\/(?:topology|cache|numa\/cell)@/, 'the guest sees the cores, caches and node that it is pinned to'],
  [/^\+ cpu\/maxphysaddr@/, 'a large BAR of a card needs as many address bits as the host has (libvirt 8.7.0)'],
  [
    /^\+ cpu@(?:check|migratable)=/,
    'no check is libvirt’s default; a guest with a card migrates nowhere, so that it may see all of the CPU',
  ],
  [
    /^\+ os\/firmware\/feature\[(?:secure-boot|enrolled-keys)\]@/,
    'said, where virt-install leaves Secure Boot to the order of the firmware files: Windows 11 asks for it, and Linux loads no driver with it that was built in the guest',
  ],
  [/^\+ features\/smm@/, 'Secure Boot on q35 keeps its variables with it'],
  [/^\+ features\/vmport@/, 'the port of VMware serves no guest here, and can trouble Linux'],
  [
    /^\+ features\/hyperv\/(?:vpindex|runtime|synic|stimer|frequencies|tlbflush|ipi)@/,
    'the rest of what this libvirt knows; virt-install 4.1 has three, 5.1 has these too',
  ],
  [
    /^[+-] on_(?:poweroff|reboot|crash)=/,
    'libvirt’s own defaults but one: virt-install ends the guest at its first reboot, to take the medium out',
  ],
  [
    /^\+ devices\/disk\[disk\]\/driver@cache=none/,
    'the guest has a cache of its own, and the host’s memory is promised to it',
  ],
  [/^\+ devices\/disk\[disk\]\/driver@iothread=/, 'the disk runs in a thread with a CPU of its own'],
  [/^\+ devices\/disk\[cdrom\]\/driver@type=raw/, 'an ISO image is raw; libvirt assumes so without it'],
  [
    /^(?:\+ devices\/disk\[\w+\]\/boot@order|- os\/boot\[\w+\]@dev)=/,
    'the disk first and then the medium, which an empty disk leads to: no change of order after the installation',
  ],
  [/^- devices\/disk\[cdrom\][/@]/, 'after the installation the medium and its drive are gone'],
  [
    /^[+-] devices\/controller\[(?:usb|pci)\]@(?:index|ports|model)=/,
    'libvirt adds root ports where devices need them; virt-install has spare ones',
  ],
  [/^- devices\/console@/, 'nobody looks at a serial console here; `virsh attach-device` or virt-manager add one'],
  [/^\+ devices\/input\[keyboard\]@/, 'libvirt adds a PS/2 one; an installer may know USB only'],
  [/^\+ devices\/tpm\/backend@version=/, 'libvirt’s default for tpm-crb, said in words'],
  [
    /^- devices\/tpm[@/]/,
    'virt-install gives a TPM to all guests with UEFI; a Linux guest asks for none (guest.tpm: yes adds it)',
  ],
  [/^\+ devices\/graphics(?:@autoport|\/listen@)/, 'this machine only, whatever qemu.conf says'],
  [
    /^[+-] devices\/video\/model@type=/,
    'the plain VGA shows any installer and each system; it goes with the phase run',
  ],
  [/^- devices\/channel\[unix\][/@]/, 'nothing here asks the guest agent; virt-manager adds its channel'],
  [/^- devices\/rng[/@]/, 'the guest has the instructions of the host’s CPU for random numbers'],
  [/^- devices\/memballoon@/, 'libvirt adds it; a guest with a card gets none, because its memory is pinned'],
];

const cases = [
  ['windows-11-install', {os: 'windows-11', cdrom: '/srv/Win11.iso'}],
  ['windows-11-installed', {os: 'windows-11', cdrom: '/srv/Win11.iso'}],
  ['debian-11-install', {os: 'linux', cdrom: '/srv/debian-11.iso'}],
  ['debian-11-installed', {os: 'linux', cdrom: '/srv/debian-11.iso'}],
] as const;

describe('a new guest next to what virt-install would make', () => {
  it.each(cases)('differs for %s in what is listed, each for its reason', (name, guest) => {
    const found = differences(guestIn(name, guest), recorded(name));
    expect(found.filter((line) => !reasons.some(([pattern]) => pattern.test(line)))).toEqual([]);
  });

  it('has no reason for what does not differ', () => {
    const all = cases.flatMap(([name, guest]) => differences(guestIn(name, guest), recorded(name)));
    expect(reasons.filter(([pattern]) => !all.some((line) => pattern.test(line))).map(([pattern]) => pattern)).toEqual(
      [],
    );
  });

  it('notices what is not listed', () => {
    const [name, guest] = cases[0];
    const other = guestIn(name, guest).replace(
      "<timer name='hpet' present='no'/>",
      "<timer name='hpet' present='yes'/>",
    );
    const found = differences(other, recorded(name));
    expect(found.filter((line) => !reasons.some(([pattern]) => pattern.test(line)))).toEqual([
      '+ clock/timer[hpet]@present=yes',
      '- clock/timer[hpet]@present=no',
    ]);
  });
});
