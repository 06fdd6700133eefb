import {describe, expect, it} from 'vitest';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import {planPassthrough} from '../../src/pipeline/plan-passthrough.ts';
import {defaultShape, sampleFacts, samplePci, samplePciFunctions} from '../support/sample-facts.ts';
import {sampleProfile} from '../support/sample-profile.ts';
import {libvirtOf} from '../../src/facts/virtualisation.ts';

const nvme = samplePci('0000:0b:00.0', {
  class: '010802',
  vendor: '144d',
  device: 'a808',
  driver: 'nvme',
  iommuGroup: 30,
});
const needs = [{address: '0000:0b:00.0', kind: 'root', chain: '/ is on nvme0n1p2 → 0000:0b:00.0', spares: []}] as const;
const hostDisks = [{paths: ['/dev/sdb', '/dev/disk/by-id/ata-B'], use: '/srv is on sdb1'}];

const address = "<address domain='0x0000' bus='0x0b' slot='0x00' function='0x0'/>";
const judged = (devices: string, outside = '', overrides: Partial<HostFacts> = {}) => {
  const virtualisation = libvirtOf(sampleFacts());
  const xml = `<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><name>win10</name><devices>${devices}</devices>${outside}</domain>`;
  const path = '/etc/libvirt/qemu/win10.xml';
  const domain = {name: 'win10', uuid: null, path, xml, isActive: null, isAutostart: false};
  const facts = sampleFacts(defaultShape, {
    pci: [...samplePciFunctions, nvme],
    needs,
    hostDisks,
    virtualisation: {
      ...virtualisation,
      domains: [domain],
      networkFunctions: {cards: ['0000:0b:00.0']},
      interfaceFunctions: {enp11s0: '0000:0b:00.0'},
    },
    ...overrides,
  });
  return planPassthrough(facts, sampleProfile()).findings;
};
const hostdev = `<hostdev mode='subsystem' type='pci' managed='yes'><source>${address}</source></hostdev>`;

describe('the guard judges what the guest has already', () => {
  it.each([
    ['a hostdev', hostdev, ''],
    [
      'an NVMe disk',
      `<disk type='nvme' device='disk'><source type='pci' managed='yes' namespace='1'>${address}</source></disk>`,
      '',
    ],
    [
      'an interface',
      `<interface type='hostdev' managed='yes'><source>${address.replace('<address', "<address type='pci'")}</source></interface>`,
      '',
    ],
    [
      "an argument of QEMU's own",
      '',
      "<qemu:commandline><qemu:arg value='-device'/><qemu:arg value='vfio-pci,host=0b:00.0'/></qemu:commandline>",
    ],
    ['a network that gives the card away', "<interface type='network'><source network='cards'/></interface>", ''],
    [
      'a macvtap that takes it whole',
      "<interface type='direct'><source dev='enp11s0' mode='passthrough'/></interface>",
      '',
    ],
  ])('%s that is the disk of the host by now is a blocker', (_, devices, outside) => {
    const found = judged(devices, outside).filter(({code}) => code === 'guest-hostdev-needed');
    expect(found).toMatchObject([
      {
        severity: 'blocker',
        message: expect.stringContaining('/ is on nvme0n1p2'),
        remedy: 'Take that device out of the guest with `virsh edit win10`, and plan again.',
      },
    ]);
  });

  it('one that is not there any more keeps the guest from starting', () => {
    const found = judged(hostdev, '', {pci: samplePciFunctions, needs: []});
    expect(found.filter(({code}) => code === 'guest-hostdev-missing')).toMatchObject([{severity: 'warning'}]);
  });

  it('one that the host does not use is nobody’s concern here', () => {
    const codes = judged(hostdev, '', {needs: []}).map(({code}) => code);
    expect(codes).not.toContain('guest-hostdev-needed');
    expect(codes).not.toContain('guest-hostdev-missing');
  });

  it.each([
    ["<lease><lockspace>a</lockspace><key>b</key><target path='/dev/sdb'/></lease>"],
    [
      "<hostdev mode='subsystem' type='scsi'><source><adapter name='scsi_host1'/><address bus='0' target='0' unit='0'/></source></hostdev>",
    ],
  ])('a device that writes to a disk of the host is a blocker: %s', (device) => {
    const mounted = [{paths: ['/dev/sdb', '/sys/bus/scsi/devices/1:0:0:0'], use: '/srv is on sdb1'}];
    expect(judged(device, '', {hostDisks: mounted}).filter(({code}) => code === 'guest-disk-in-use')).toMatchObject([
      {severity: 'blocker', message: expect.stringContaining('/srv is on sdb1')},
    ]);
  });

  it.each(['/dev/sdb', '/dev/disk/by-id/ata-B'])('its disk %s that the host has mounted is a blocker', (path) => {
    const disk = `<disk type='block' device='disk'><source dev='${path}'/><target dev='vda'/></disk>`;
    expect(judged(disk).filter(({code}) => code === 'guest-disk-in-use')).toMatchObject([
      {severity: 'blocker', message: expect.stringContaining('/srv is on sdb1')},
    ]);
    expect(judged(disk, '', {hostDisks: []}).filter(({code}) => code === 'guest-disk-in-use')).toEqual([]);
  });
});
