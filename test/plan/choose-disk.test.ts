import {describe, expect, it} from 'vitest';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import type {NamedFile} from '../../src/facts/named-file.ts';
import {previewChanges} from '../../src/changes/preview.ts';
import {kvmPlanOf} from '../../src/hypervisor/kvm/kvm-plan.ts';
import type {Profile} from '../../src/profile/profile.ts';
import {sampleFacts} from '../support/sample-facts.ts';
import {sampleProfile} from '../support/sample-profile.ts';

const disk = '/var/lib/libvirt/images/new.qcow2';
const iso = '/srv/x.iso';

const file = (path: string, more: Partial<NamedFile> = {}): NamedFile => ({
  path,
  state: 'absent',
  volume: null,
  systems: [],
  isOsinfoThere: true,
  fileSystem: 'ext4',
  closedFolder: null,
  ...more,
});

const volume = {systemId: '', volumeId: 'CCCOMA_X64FRE', publisherId: '', applicationId: ''};
const windows11 = {
  id: 'http://microsoft.com/win/11',
  shortId: 'win11',
  name: 'Microsoft Windows 11',
  family: 'winnt',
  cpus: 2,
  memoryBytes: 4294967296,
  storageBytes: 68719476736,
};

const preview = (guest: Partial<Profile['guest']>, files: readonly NamedFile[], more: Partial<Profile> = {}) => {
  const facts: HostFacts = {
    ...sampleFacts(),
    namedFiles: Object.fromEntries(files.map((one) => [one.path, one])),
  };
  const profile = sampleProfile();
  const {plan, findings, changes} = previewChanges(facts, {
    ...profile,
    ...more,
    guest: {...profile.guest, name: 'new', domain: 'new', diskSizeMiB: 65536, ...guest},
  });
  return {
    guest: kvmPlanOf(plan).guest,
    codes: findings
      .filter(({code}) => /^guest-(disk|medium|pool|path|below)/.test(code))
      .map(({code, severity}) => `${severity} ${code}`),
    findings,
    run: changes.find((change) => change.kind === 'run' && change.command.kind === 'created')?.path ?? null,
  };
};

describe('the disk of a new guest', () => {
  it('is made where there is none and a size is named', () => {
    const {guest, codes, run} = preview({}, [file(disk)]);
    expect(guest).toMatchObject({disk, diskFormat: 'qcow2', newDisk: {sizeMiB: 65536, isNoCow: false}});
    expect(run).toBe(`/usr/bin/qemu-img create -q -f qcow2 -o preallocation=metadata ${disk} 65536M`);
    expect(codes).toEqual(['note guest-disk-needed']);
  });

  it('is made without copy-on-write on btrfs, and raw where that is wanted', () => {
    const path = '/var/lib/libvirt/images/new.raw';
    expect(preview({diskFormat: 'raw'}, [file(path, {fileSystem: 'btrfs'})]).run).toBe(
      `/usr/bin/qemu-img create -q -f raw -o nocow=on ${path} 65536M`,
    );
  });

  it.each([
    ['auto', null, 'virtio'],
    ['auto', 'install', 'sata'],
    ['virtio', 'install', 'virtio'],
    ['sata', 'run', 'sata'],
  ] as const)('with the bus %s in the phase %s is on %s, which Windows starts from', (diskBus, phase, bus) => {
    expect(preview({os: 'windows-11', diskBus, phase}, []).guest.diskBus).toBe(bus);
  });

  it('is never made where there is one, and nothing is said where no size is named', () => {
    const there = [file(disk, {state: 'file'})];
    expect(preview({}, there)).toMatchObject({run: null, codes: ['note guest-disk-exists']});
    expect(preview({diskSizeMiB: null}, there)).toMatchObject({run: null, codes: []});
    expect(preview({diskSizeMiB: null}, [file(disk)])).toMatchObject({run: null, codes: ['note guest-disk-needed']});
  });

  it('is made where nobody has looked, for the writer looks again', () => {
    expect(preview({}, []).run).toContain(disk);
  });

  it.each(['directory', 'device', 'broken-link'] as const)('is refused in the place of a %s', (state) => {
    expect(preview({}, [file(disk, {state})])).toMatchObject({run: null, codes: ['blocker guest-disk-unusable']});
  });

  it('has no size where it is a device of the host', () => {
    expect(preview({disk: '/dev/sdz'}, []).codes).toContain('blocker guest-disk-unusable');
  });

  it('is in the pool that is named, and an unknown pool is refused with those that there are', () => {
    const {findings, run} = preview({diskPool: 'fast'}, []);
    expect(findings.find(({code}) => code === 'guest-pool-unknown')).toMatchObject({
      severity: 'blocker',
      message: 'libvirt has no storage pool fast that is a folder; it has default.',
    });
    expect(run).toContain('/var/lib/libvirt/images/new.qcow2');
    expect(preview({diskPool: 'default'}, []).codes).toEqual(['note guest-disk-needed']);
  });

  it('is warned of below a folder that QEMU’s user cannot enter', () => {
    const path = '/home/me/new.qcow2';
    const {findings} = preview({disk: path}, [file(path, {closedFolder: {path: '/home/me', mode: 0o700}})]);
    expect(findings.find(({code}) => code === 'guest-path-closed')?.message).toContain('/home/me (mode 0700)');
  });
});

describe('the medium of a new guest', () => {
  const on = (more: Partial<NamedFile>, guest: Partial<Profile['guest']> = {}, whole: Partial<Profile> = {}) =>
    preview({cdrom: iso, os: 'windows-11', ...guest}, [file(disk), file(iso, {state: 'file', volume, ...more})], whole);

  it('that osinfo-db knows names the system, and is in the domain’s metadata', () => {
    const {guest, codes} = on({systems: [windows11]});
    expect(guest.osinfoId).toBe(windows11.id);
    expect(codes).toEqual([]);
  });

  it('of two systems is that of the one that the profile speaks of', () => {
    const windows10 = {...windows11, id: 'http://microsoft.com/win/10', shortId: 'win10', storageBytes: 1};
    expect(on({systems: [windows10, windows11]}).guest.osinfoId).toBe(windows11.id);
    expect(on({systems: [windows10, windows11]}, {os: 'other'}).guest.osinfoId).toBeNull();
  });

  it('of another system than the profile says is warned of', () => {
    expect(on({systems: [windows11]}, {os: 'linux'}).codes).toEqual(['warning guest-medium-other-system']);
  });

  it('asks for sizes, which are compared', () => {
    const small = on(
      {systems: [windows11]},
      {diskSizeMiB: 32768},
      {cpu: {...sampleProfile().cpu, vcpus: 1}, memory: {...sampleProfile().memory, sizeMiB: 2048}},
    );
    expect(small.findings.filter(({code}) => code === 'guest-below-minimum').map(({subject}) => subject)).toEqual([
      'memory.size',
      'guest.diskSize',
      'cpu.vcpus',
    ]);
  });

  it('that nobody knows is said to be unknown, and why', () => {
    expect(on({}).codes).toEqual(['note guest-medium-unrecognised']);
    expect(
      on({isOsinfoThere: false}).findings.find(({code}) => code === 'guest-medium-unrecognised')?.remedy,
    ).toContain('osinfo-db');
  });

  it.each([
    ['directory', null, 'blocker guest-medium-unusable'],
    ['file', null, 'warning guest-medium-unusable'],
    ['absent', null, 'warning guest-medium-missing'],
    ['broken-link', null, 'warning guest-medium-missing'],
  ] as const)('that is a %s without an ISO 9660 image is named', (state, none, code) => {
    expect(on({state, volume: none}).codes).toEqual([code]);
    const drivers = preview({cdrom: iso, drivers: '/etc', os: 'windows-11'}, [
      file(disk),
      file(iso, {state: 'file', volume, systems: [windows11]}),
      file('/etc', {state, volume: none}),
    ]);
    expect(drivers.codes).toEqual([code]);
  });
});
