import {describe, expect, it} from 'vitest';
import {isFileChange} from '../../src/changes/change.ts';
import {previewChanges} from '../../src/changes/preview.ts';
import {importDomain} from '../../src/exchange/libvirt/import-domain.ts';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import {decodeProfile, encodeProfile} from '../../src/pipeline/profile-file.ts';
import {samplePci, samplePciFunctions, sampleSriov} from '../support/sample-facts.ts';
import {sampleParent, sampleType} from '../support/sample-mediated.ts';
import {sampleFile} from '../support/sample-plan.ts';
import {sampleProfile} from '../support/sample-profile.ts';
import {proxmoxFacts} from '../support/proxmox-facts.ts';
import type {Profile} from '../../src/profile/profile.ts';
import {domainFacts} from './domain-facts.ts';
import {replay} from './replay.ts';

/** Invented, as all domains of this file are. */
const source = (bus: string, number = 0): string =>
  `<source><address domain='0x0000' bus='0x${bus}' slot='0x00' function='0x${number}'/></source>`;
const card = `<hostdev mode='subsystem' type='pci' managed='yes'>${source('41')}</hostdev>`;
const uuid = '11111111-2222-4333-8444-555555555555';

const domain = (devices: string, rest = '', features = '<acpi/>'): string => `<domain type='kvm'>
  <name>Gaming (new)</name>
  <memory unit='GiB'>16</memory>
  <vcpu placement='static'>4</vcpu>
  ${rest}
  <os firmware='efi'><type arch='x86_64' machine='q35'>hvm</type></os>
  <features>${features}</features>
  <devices>
    ${devices}
  </devices>
</domain>
`;

const imported = (xml: string, overrides: Partial<HostFacts> = {}, without: readonly string[] = []) => {
  const {facts, name, path} = domainFacts(xml, overrides, without);
  const {profile, leftOut} = importDomain(facts, {word: name});
  return {profile, leftOut, said: leftOut.map(({message}) => message), facts, path};
};

/** The domain as a plan would write it; the same text where it changes nothing. */
const planned = (xml: string, facts: HostFacts, profile: Parameters<typeof previewChanges>[1], path: string): string =>
  previewChanges(facts, profile)
    .changes.filter(isFileChange)
    .find((one) => one.path === path)?.content?.text ?? xml;

/** Beside the devices, as Looking Glass' own page has it. */
const withKvmfr = (more = ''): string =>
  domain(card).replace(
    '</domain>',
    `<qemu:commandline xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
       <qemu:arg value='-device'/><qemu:arg value="{'driver':'ivshmem-plain','id':'shmem0','memdev':'lg'}"/>
       <qemu:arg value='-object'/><qemu:arg value="{'qom-type':'memory-backend-file','id':'lg','mem-path':'/dev/kvmfr0','size':67108864,'share':true}"/>${more}
     </qemu:commandline></domain>`,
  );

const kvmfrRule = (owner: string): HostFacts['files'] => {
  const path = '/etc/udev/rules.d/99-kvmfr.rules';
  return {[path]: sampleFile(path, `SUBSYSTEM=="kvmfr", ${owner}GROUP="kvm", MODE="0660"\n`)};
};

describe('import libvirt', () => {
  it('makes a device of kvmfr the memory of Looking Glass, for the owner that udev gives it', () => {
    const {profile, said} = imported(withKvmfr(), {files: kvmfrRule('OWNER="alice", ')});
    expect(said).toEqual([]);
    expect(profile.guest.lookingGlass).toMatchObject({user: 'alice', sizeMiB: 64, memory: 'kvmfr'});
  });

  it.each([
    ["type='spice'", {sound: 'spice', soundRuntimeDir: null}],
    ["type='pipewire' runtimeDir='/run/user/1000'", {sound: 'pipewire', soundRuntimeDir: '/run/user/1000'}],
  ])('knows what plays the sound card: %s', (player, guest) => {
    const {profile, said} = imported(
      domain(`${card}<graphics type='spice'/><sound model='ich9'><audio id='2'/></sound><audio id='2' ${player}/>`),
    );
    expect(said).toEqual([]);
    expect(profile.guest).toMatchObject(guest);
  });

  it.each([
    "<sound model='ac97'><audio id='1'/></sound><audio id='1' type='spice'/>",
    "<sound model='ich9'/><audio id='1' type='spice'/>",
    "<sound model='ich9'><audio id='1'/></sound><audio id='1' type='pulseaudio' serverName='/x'/>",
    "<sound model='ich9'><audio id='1'/></sound><audio id='1' type='pipewire'/>",
  ])('leaves a sound card that a profile can not say: %s', (sound) => {
    const {profile, said} = imported(domain(`${card}<graphics type='spice'/>${sound}`));
    expect(profile.guest.sound).toBe('auto');
    expect(said).toEqual([expect.stringContaining('no key for <sound>')]);
  });

  it('says what to write where nothing names who looks, and what else is among the arguments of QEMU', () => {
    const nobody = imported(withKvmfr(), {files: kvmfrRule('')});
    expect(nobody.profile.guest.lookingGlass).toBeNull();
    expect(nobody.said).toEqual([expect.stringContaining('{user: YOU, size: 64 MiB, memory: kvmfr}')]);
    const more = imported(withKvmfr("<qemu:arg value='-cpu'/>"), {files: kvmfrRule('OWNER="alice", ')});
    expect(more.profile.guest.lookingGlass?.memory).toBe('kvmfr');
    expect(more.said).toEqual([expect.stringContaining('no key for <qemu:commandline>')]);
  });

  it('makes a profile of what the domain has', () => {
    const xml = domain(
      `<disk type='file' device='disk'><source file='/srv/a.qcow2'/><driver name='qemu' iothread='2'/><target dev='vda' bus='virtio'/></disk>
       <disk type='file' device='cdrom'><source file='/srv/win.iso'/><target dev='sda' bus='sata'/></disk>
       <interface type='network'><source network='lab'/></interface>
       <tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm>
       <hostdev mode='subsystem' type='pci' managed='yes'>${source('41')}<rom file='/srv/card.rom'/></hostdev>
       <hostdev mode='subsystem' type='usb'><source startupPolicy='optional'><vendor id='0x046d'/><product id='0xc21f'/></source></hostdev>`,
      `<metadata><l:libosinfo xmlns:l='http://libosinfo.org/xmlns/libvirt/domain/1.0'><l:os id='http://microsoft.com/win/11'/></l:libosinfo></metadata>
       <memoryBacking><hugepages><page size='1' unit='GiB'/></hugepages></memoryBacking>
       <iothreads>2</iothreads>
       <cputune>
         <vcpupin vcpu='0' cpuset='66'/><vcpupin vcpu='1' cpuset='194'/><vcpupin vcpu='3' cpuset='195'/><vcpupin vcpu='2' cpuset='67'/>
         <emulatorpin cpuset='68,70-71'/><iothreadpin iothread='1' cpuset='73'/><iothreadpin iothread='2' cpuset='72'/>
       </cputune>
       <numatune><memory mode='strict' nodeset='1'/></numatune>`,
      `<kvm><hidden state='on'/></kvm><hyperv mode='custom'><relaxed state='on'/><vpindex state='on'/><vapic state='off'/><vendor_id state='on' value='abc'/></hyperv>`,
    );
    const {profile, said} = imported(xml);
    expect(said).toEqual([]);
    expect(profile).toMatchObject({
      name: 'gaming-new',
      devices: [
        {kind: 'function', address: '0000:41:00.0', rom: '/srv/card.rom'},
        {kind: 'usb-device', usb: {id: '046d:c21f', port: null}},
      ],
      cpu: {vcpus: 4, pins: [66, 194, 67, 195], emulator: [68, 70, 71], iothreads: [72, 73]},
      memory: {sizeMiB: 16_384, hugepages: '1GiB', node: 1},
      guest: {
        name: 'Gaming (new)',
        domain: 'auto',
        os: 'windows-11',
        firmware: 'uefi',
        disk: '/srv/a.qcow2',
        cdrom: '/srv/win.iso',
        network: 'lab',
        tpm: true,
        hideHypervisor: true,
        hypervVendorId: 'abc',
        hyperv: ['relaxed', 'vpindex'],
        numaCell: false,
      },
    });
    expect(decodeProfile(encodeProfile(profile), 'x').profile).toEqual({...profile, version: 2});
  });

  it('finds what a plan has written, and a plan of that changes nothing of the domain', () => {
    const xml = domain(
      `<disk type='file'><driver name='qemu'/><source file='/srv/a'/><target dev='vda' bus='virtio'/></disk>${card}`,
    );
    const {profile: first, facts, path} = imported(xml);
    const wish = sampleProfile({
      devices: first.devices,
      cpu: {vcpus: 4},
      guest: {name: 'Gaming (new)', os: 'windows-11', hideHypervisor: true},
    });
    const applied = planned(xml, facts, wish, path);
    expect(applied).not.toBe(xml);
    const again = imported(applied);
    expect(again.said).toEqual([
      expect.stringContaining('one CPU of this host for each I/O thread'),
      expect.stringContaining("does not name the guest's system"),
    ]);
    expect(again.profile.cpu.pins).toHaveLength(4);
    expect(again.profile.memory).toMatchObject({hugepages: '2MiB', node: 0});
    expect(planned(applied, again.facts, again.profile, path)).toBe(applied);
  });

  it('makes the same guest again where libvirt has none: devices, pins, pages and features, to the last word', () => {
    const kept = [
      `<vcpupin vcpu='0' cpuset='66'/>`,
      `<vcpupin vcpu='1' cpuset='194'/>`,
      `<vcpupin vcpu='2' cpuset='67'/>`,
      `<vcpupin vcpu='3' cpuset='195'/>`,
      `<emulatorpin cpuset='68,70-71'/>`,
      `<iothreadpin iothread='1' cpuset='72'/>`,
      `<memory mode='strict' nodeset='1'/>`,
      `<hidden state='on'/>`,
      `<vendor_id state='on' value='abc'/>`,
      `<relaxed state='on'/>`,
      `<vapic state='on'/>`,
      `<spinlocks state='on' retries='8191'/>`,
      `<rom file='/srv/card.rom'/>`,
      `<backend type='emulator' version='2.0'/>`,
      `<source file='/srv/a.qcow2'/>`,
      `<source network='lab'/>`,
    ] as const;
    const [
      pin0,
      pin1,
      pin2,
      pin3,
      emulator,
      iothread,
      node,
      hidden,
      vendor,
      relaxed,
      vapic,
      spin,
      rom,
      tpm,
      disk,
      net,
    ] = kept;
    const xml = domain(
      `<disk type='file' device='disk'><driver name='qemu' iothread='1'/>${disk}<target dev='vda' bus='virtio'/></disk>
       <interface type='network'>${net}</interface>
       <tpm model='tpm-crb'>${tpm}</tpm>
       <hostdev mode='subsystem' type='pci' managed='yes'>${source('41')}${rom}</hostdev>
       <hostdev mode='subsystem' type='pci' managed='yes'>${source('41', 1)}</hostdev>
       <hostdev mode='subsystem' type='usb'><source startupPolicy='optional'><vendor id='0x046d'/><product id='0xc21f'/></source></hostdev>`,
      `<memoryBacking><hugepages><page size='1' unit='GiB'/></hugepages></memoryBacking>
       <iothreads>1</iothreads>
       <cputune>${pin0}${pin1}${pin2}${pin3}${emulator}${iothread}</cputune>
       <numatune>${node}</numatune>`,
      `<acpi/><kvm>${hidden}</kvm><hyperv>${relaxed}${vapic}${spin}${vendor}</hyperv>`,
    );
    const {profile, facts} = imported(xml);
    const again = replay(facts, decodeProfile(encodeProfile(profile), 'x').profile as Profile);
    expect(kept.filter((words) => !again.includes(words))).toEqual([]);
    expect(again).toContain(`<page size='1048576' unit='KiB'/>`);
    expect(again).toContain(`<memory unit='KiB'>${16 * 1_048_576}</memory>`);
    expect(again).toContain(`<vcpu placement='static'>4</vcpu>`);
    expect(again).toMatch(/<vendor id='0x046d'\/>\s*<product id='0xc21f'\/>/);
    expect(again.match(/<address domain='0x0000' bus='0x41' slot='0x00' function='0x[01]'\/>/g)).toHaveLength(2);
    // Nothing that the domain did not have.
    expect(again.match(/<(?:vcpupin|iothreadpin|hostdev) /g)).toHaveLength(4 + 1 + 3);
    expect(again).not.toMatch(/<(?:synic|stimer|vpindex) /);
  });

  it('says plainly, with its line, that an address of the domain is not on this host', () => {
    const gone = card.replace("bus='0x41'", "bus='0x42'");
    const {profile, leftOut} = imported(domain(`${card}\n${gone}`), {}, ['0000:42:00.0']);
    expect(profile.devices).toHaveLength(1);
    expect(leftOut).toEqual([
      expect.objectContaining({
        code: 'import-left-out',
        severity: 'warning',
        at: {file: '/etc/libvirt/qemu/Gaming (new).xml', line: 10, column: 1},
        message: expect.stringContaining('0000:42:00.0, and no device of this host is there'),
      }),
    ]);
  });

  it('has a slice by its type, with UUID and attributes, whether it is there now or only defined', () => {
    const xml = domain(
      `<hostdev mode='subsystem' type='mdev' model='vfio-pci' display='on' ramfb='on'><source><address uuid='${uuid.toUpperCase()}'/></source></hostdev>`,
    );
    const parents = [sampleParent('mtty', [sampleType('mtty-1', null, 3)])];
    const {facts} = domainFacts(xml);
    const file = `/etc/mdevctl.d/mtty/${uuid}`;
    const text = '{"mdev_type": "mtty-1", "start": "auto", "attrs": [{"b/a": "2"}, {"c": "1"}]}';
    const [own] = Object.values(facts.files);
    if (own === undefined) throw new Error('no file');
    const defined = {mediated: {parents, devices: [], autostart: null}, files: {[file]: {...own, path: file, text}}};
    const {profile, said} = imported(xml, defined);
    const attributes = [
      {name: 'b/a', value: '2'},
      {name: 'c', value: '1'},
    ];
    expect(profile.devices).toMatchObject([{mdev: {parent: 'mtty', type: 'mtty-1', uuid, attributes, display: true}}]);
    expect(said).toEqual([expect.stringContaining("ramfb='on'")]);
    const live = {mediated: {parents, devices: [{uuid, parent: 'mtty', type: 'mtty-1'}], autostart: null}};
    expect(imported(xml, live).profile.devices).toMatchObject([{mdev: {type: 'mtty-1', uuid, attributes: []}}]);
    expect(() => imported(xml)).toThrow('neither there nor defined on this host');
    expect(() => imported(xml, {mediated: {...live.mediated, parents: []}})).toThrow('does not offer the type mtty-1');
  });

  it('has a virtual function by its card and number, with MAC address and VLAN', () => {
    const nic = samplePci('0000:04:00.0', {
      class: '020000',
      iommuGroup: 30,
      sriov: sampleSriov({functions: ['0000:04:10.0']}),
    });
    const part = samplePci('0000:04:10.0', {class: '020000', iommuGroup: 31, physicalFunction: nic.address});
    const xml = domain(
      `<interface type='hostdev' managed='yes'><mac address='52:54:00:12:34:56'/><source><address type='pci' domain='0x0000' bus='0x04' slot='0x10' function='0x0'/></source><vlan><tag id='42'/></vlan></interface>`,
    );
    expect(imported(xml, {pci: [...samplePciFunctions, nic, part]}).profile.devices).toMatchObject([
      {kind: 'virtual-function', function: {of: {address: nic.address}, index: 0}, mac: '52:54:00:12:34:56', vlan: 42},
    ]);
  });

  it('has the keyboard and mouse of the host that the guest takes over', () => {
    const kbd = '/dev/input/by-id/usb-One-event-kbd';
    const other = '/dev/input/by-id/usb-Two-event-kbd';
    const input = (path: string, more = ''): string => `<input type='evdev'><source dev='${path}' ${more}/></input>`;
    const {profile, said} = imported(
      domain(`${card}${input(kbd, "grab='all' grabToggle='alt-alt'")}${input(other)}<input type='mouse' bus='ps2'/>`),
    );
    expect(profile.guest).toMatchObject({evdev: [kbd, other], evdevToggle: 'alt-alt'});
    expect(said).toEqual([expect.stringContaining('This keyboard switches by ctrl-ctrl')]);
  });

  it.each([
    [
      "<hostdev mode='subsystem' type='usb'><source startupPolicy='optional'><address bus='1' device='4'/></source></hostdev>",
      'bus 1, device 4',
    ],
    [
      "<hostdev mode='subsystem' type='usb'><source><vendor id='0x1'/><product id='0x2'/></source></hostdev>",
      'usb/0001:0002 becomes optional',
    ],
    [
      "<hostdev mode='subsystem' type='scsi'><source><adapter name='scsi_host0'/></source></hostdev>",
      'of the type scsi',
    ],
    [card, 'a second time'],
    [`<hostdev mode='subsystem' type='pci' managed='no'>${source('43')}</hostdev>`, "gets managed='yes'"],
    [
      `<hostdev mode='subsystem' type='pci' managed='yes'>${source('43')}<rom bar='off'/></hostdev>`,
      "<rom bar='off'/>",
    ],
    [
      "<disk type='file'><source file='/a'/><target dev='vda'/></disk><disk type='file'><source file='/b'/><target dev='vdb'/></disk>",
      'vdb is not in it',
    ],
    ["<interface type='bridge'><source bridge='br0'/></interface>", 'of the type bridge (bridge br0)'],
    ["<tpm><backend type='passthrough'/></tpm>", 'not an emulated one'],
    ["<shmem name='scream-ivshmem'/>", 'no key for <shmem> in <devices> (scream-ivshmem)'],
    [
      "<shmem name='looking-glass'><model type='ivshmem-plain'/><size unit='M'>64</size></shmem>",
      'lookingGlass: {user: YOU, size: 64 MiB}',
    ],
    ["<input type='evdev'><source dev='/dev/input/event4'/></input>", '/dev/input/event4; a profile names keyboards'],
    ["<input type='passthrough' bus='virtio'/>", 'no key for <input> in <devices> (passthrough)'],
  ])('names what a profile cannot say of %s', (devices, said) => {
    expect(imported(domain(`${card}${devices}`)).said).toEqual([expect.stringContaining(said)]);
  });

  it.each([
    ["<cputune><vcpupin vcpu='0' cpuset='2-3'/></cputune>", 'cpu.pins is auto', {cpu: {pins: 'auto'}}],
    [pinsOf([1000, 1001, 1002, 1003]), 'CPUs 1000-1003, which this host does not have', {cpu: {pins: 'auto'}}],
    ["<cputune><emulatorpin cpuset='1000'/></cputune>", 'cpu.emulator is auto', {cpu: {emulator: 'auto'}}],
    ['<iothreads>1</iothreads>', 'No disk runs in the I/O threads', {cpu: {iothreads: []}}],
    ["<cputune><vcpusched vcpus='0'/></cputune>", 'no key for <vcpusched> in <cputune>', {}],
    ["<currentMemory unit='GiB'>8</currentMemory>", 'balloon keeps the guest at 8192 MiB', {}],
    ["<vcpus><vcpu id='3' enabled='no'/></vcpus>", 'Not all of the 4 vCPUs', {}],
    [
      "<memoryBacking><hugepages><page size='16' unit='MiB'/></hugepages></memoryBacking>",
      'memory.hugepages is auto',
      {memory: {hugepages: 'auto'}},
    ],
    [
      '<memoryBacking><locked/></memoryBacking>',
      'no key for <locked> in <memoryBacking>',
      {memory: {hugepages: 'none'}},
    ],
    ["<numatune><memory mode='preferred' nodeset='1'/></numatune>", 'mode preferred', {memory: {node: 1}}],
    ["<numatune><memory nodeset='0-1'/></numatune>", 'on nodes 0-1', {memory: {node: 'auto'}}],
    ["<numatune><memory nodeset='5'/></numatune>", 'node 5, which this host does not have', {memory: {node: 'auto'}}],
    ["<cpu mode='host-model'/>", 'CPU is host-model', {}],
    ["<cpu mode='host-passthrough'><numa><cell/><cell/></numa></cpu>", '2 NUMA cells', {guest: {numaCell: 'auto'}}],
    ["<clock offset='localtime'/>", 'its clock is in local time', {guest: {os: 'windows-10'}}],
    ["<q:commandline xmlns:q='http://libvirt.org/schemas/domain/qemu/1.0'/>", 'no key for <q:commandline>', {}],
  ])('names what a profile cannot say of %s', (rest, said, wanted) => {
    const {profile, said: all} = imported(domain(card, rest));
    expect(all).toEqual([expect.stringContaining(said)]);
    expect(profile).toMatchObject(wanted);
  });

  it('leaves Hyper-V features alone that a plan would refuse, and those that are passed through', () => {
    const some = imported(
      domain(card, '', "<hyperv><stimer state='on'/><relaxed state='on'/><evmcs state='on'/></hyperv>"),
    );
    expect(some.profile.guest.hyperv).toEqual(['relaxed']);
    expect(some.said.filter((one) => one.includes('is none that a profile can ask for'))).toHaveLength(2);
    const all = imported(domain(card, '', "<hyperv mode='passthrough'><vendor_id state='on' value='x'/></hyperv>"));
    expect(all.profile.guest).toMatchObject({hyperv: 'auto', hypervVendorId: 'auto'});
    expect(planned(domain(card), all.facts, all.profile, all.path)).toContain("<hyperv mode='passthrough'>");
  });

  it.each([
    ['<os><type>hvm</type></os>', 'bios'],
    ["<os><type>hvm</type><loader type='pflash'>/x</loader></os>", 'uefi'],
    ["<os><type>hvm</type><loader secure='yes' type='pflash'>/x</loader></os>", 'uefi-secure'],
    ["<os firmware='efi'><firmware><feature name='secure-boot' enabled='yes'/></firmware></os>", 'uefi-secure'],
  ])('knows the firmware of %s', (os, firmware) => {
    const xml = domain(card).replace(/<os .*<\/os>/, os);
    expect(imported(xml).profile.guest.firmware).toBe(firmware);
  });

  it('refuses a domain that is not there, one that is broken, and one without a device of this host', () => {
    const {facts} = domainFacts(domain(card));
    expect(() => importDomain(facts, {word: 'other'})).toThrow('no domain other on this host');
    expect(() => imported(domain(card).replace('</features>', '</feature>'))).toThrow('.xml:7:');
    expect(() => imported(domain(card), {}, ['0000:41:00.0'])).toThrow(
      'takes 0000:41:00.0, and no device of this host',
    );
    expect(() => importDomain(proxmoxFacts({}), {word: 'x'})).toThrow('are not libvirt’s');
  });
});

function pinsOf(cpus: readonly number[]): string {
  return `<cputune>${cpus.map((cpu, vcpu) => `<vcpupin vcpu='${vcpu}' cpuset='${cpu}'/>`).join('')}</cputune>`;
}
