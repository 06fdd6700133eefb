import type {PciAddress} from '../../src/facts/pci-address.ts';
import {describe, expect, it} from 'vitest';
import {identityOf} from '../../src/devices/device-kinds.ts';
import {functionKind} from '../../src/devices/function/function-kind.ts';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import type {PciFunction} from '../../src/facts/pci.ts';
import {contextOf, planPassthrough} from '../../src/pipeline/plan-passthrough.ts';
import {proposeProfile} from '../../src/pipeline/propose-profile.ts';
import {defaultShape, sampleFacts, samplePci, samplePciFunctions} from '../support/sample-facts.ts';
import {sampleDevice, sampleProfile} from '../support/sample-profile.ts';
import {libvirtOf} from '../../src/facts/virtualisation.ts';

const host = (more: readonly PciFunction[], overrides: Partial<HostFacts> = {}): HostFacts =>
  sampleFacts(defaultShape, {pci: [...samplePciFunctions, ...more], ...overrides});
const planned = (facts: HostFacts, addresses: readonly string[], profile: Parameters<typeof sampleProfile>[0] = {}) => {
  const {plan, findings} = planPassthrough(
    facts,
    sampleProfile({devices: addresses.map((address) => sampleDevice(address)), ...profile}),
  );
  return {plan, findings, given: plan.devices.map(({address}) => address), bound: plan.binding.byAddress};
};
const proposed = (facts: HostFacts, address: string): readonly string[] =>
  proposeProfile(facts, [address]).devices.map(identityOf);

const port = (number: number, group: number, resetMethods: readonly string[] = ['flr', 'bus']): PciFunction =>
  samplePci(`0000:01:00.${number}`, {
    class: '020000',
    vendor: '8086',
    device: '1521',
    driver: 'igb',
    modules: ['igb'],
    iommuGroup: group,
    resetMethods,
    upstream: ['0000:00:01.0'],
  });

describe('one card: a port of a network card in a group of its own with a reset of its own', () => {
  const needs = [
    {
      address: '0000:01:00.0',
      kind: 'network',
      chain: 'the default route goes through enp1s0f0 → 0000:01:00.0',
      spares: [],
    },
  ] as const;
  const facts = host([port(0, 14), port(1, 15)], {needs});

  it('goes alone, and the plan says why the other port stays', () => {
    const {plan, findings, given, bound} = planned(facts, ['0000:01:00.1']);
    expect(given).toEqual(['0000:01:00.1']);
    expect(bound).toEqual(['0000:01:00.1']);
    expect(findings.filter(({severity}) => severity === 'blocker')).toEqual([]);
    expect(plan.decisions.find(({choice}) => choice === '0000:01:00.0: with the host')?.because).toBe(
      'not in IOMMU group 15 with 0000:01:00.1, which can be reset alone (flr)',
    );
  });

  it('is proposed alone', () => {
    expect(proposed(facts, '0000:01:00.1')).toEqual(['0000:01:00.1']);
  });

  it('takes the port of its own group along, and leaves the ports of another', () => {
    const {given} = planned(host([port(0, 14), port(1, 14), port(2, 15), port(3, 15)]), ['0000:01:00.3']);
    expect(given).toEqual(['0000:01:00.3', '0000:01:00.2']);
  });

  it.each([[['bus']], [[]]])('takes the whole card along where its resets are %j', (resets) => {
    const {given, findings} = planned(host([port(0, 14, resets), port(1, 15, resets)], {needs}), ['0000:01:00.1']);
    expect(given).toEqual(['0000:01:00.1', '0000:01:00.0']);
    expect(findings.some(({code, severity}) => code === 'device-needed-by-host' && severity === 'blocker')).toBe(true);
  });
});

const internal = (number: number, pciClass: string, id: string, driver: string | null, resets = ['bus']): PciFunction =>
  samplePci(`0000:0c:00.${number}`, {
    class: pciClass,
    vendor: id.slice(0, 4),
    device: id.slice(5),
    driver,
    modules: driver === null ? [] : [driver],
    iommuGroup: 31 + number,
    resetMethods: resets,
    upstream: ['0000:00:08.1'],
  });

describe('one card: two guests with a port each', () => {
  it('may run at once, so that each has its own CPUs', () => {
    const virtualisation = libvirtOf(sampleFacts());
    const use = (bus: string, number: number): boolean => {
      const xml = `<domain><name>other</name><devices><hostdev><source><address bus='0x${bus}' slot='0' function='${number}'/></source></hostdev></devices></domain>`;
      const domain = {name: 'other', uuid: null, path: '/other.xml', xml, isActive: null, isAutostart: false};
      const facts = host([port(0, 14), port(1, 15)], {virtualisation: {...virtualisation, domains: [domain]}});
      const profile = sampleProfile({devices: [sampleDevice('0000:01:00.1')]});
      return contextOf(facts, profile, () => null).context.others.every(({mayRunBeside}) => mayRunBeside);
    };
    expect(use('01', 0)).toBe(true);
    expect(use('01', 1)).toBe(false);
    expect(use('06', 0)).toBe(true);
  });
});

describe('one card: the internal bus of an AMD processor is none', () => {
  const usb = [
    internal(0, '130000', '1022:1485', null),
    internal(1, '108000', '1022:1486', 'ccp'),
    internal(3, '0c0330', '1022:149c', 'xhci_hcd', ['flr', 'bus']),
    internal(4, '040300', '1022:1487', 'snd_hda_intel', ['flr', 'bus']),
  ];

  it('gives one USB controller away, and leaves the security processor and the sound of the board', () => {
    const {given, plan} = planned(host(usb), ['0000:0c:00.3']);
    expect(given).toEqual(['0000:0c:00.3']);
    expect(plan.binding.softdeps).not.toContain('ccp');
  });

  const apu = [
    internal(0, '030000', '1002:1638', 'amdgpu', ['pm', 'bus']),
    internal(1, '040300', '1002:1637', 'snd_hda_intel'),
    internal(2, '108000', '1022:15df', 'ccp'),
    internal(3, '0c0330', '1022:1639', 'xhci_hcd'),
    internal(6, '040300', '1022:15e3', 'snd_hda_intel'),
  ];
  const roms = {
    '/usr/share/vgabios/gop.rom': {images: [{id: '1002:ffff', kind: 'efi'}], problem: null},
    '/usr/share/vgabios/vbios.bin': {images: [{id: '1002:1638', kind: 'bios'}], problem: null},
  } as const;

  it('gives the graphics and its sound away, and says that it is the graphics of the processor', () => {
    const {given, findings} = planned(host(apu, {roms}), [], {
      devices: [
        sampleDevice('0000:0c:00.0', {rom: '/usr/share/vgabios/vbios.bin'}),
        sampleDevice('0000:0c:00.1', {rom: '/usr/share/vgabios/gop.rom'}),
      ],
    });
    expect(given).toEqual(['0000:0c:00.0', '0000:0c:00.1']);
    expect(findings.find(({code}) => code === 'integrated-gpu')?.message).toMatch(/memory.*ROM.*reset is fragile/);
    expect(findings.filter(({code}) => code === 'guest-rom-invalid')).toEqual([]);
  });

  it('still refuses the UEFI driver where no function can use it, and a ROM of another card', () => {
    const codes = planned(host(apu, {roms}), [], {
      devices: [
        sampleDevice('0000:0c:00.0', {rom: '/usr/share/vgabios/gop.rom'}),
        sampleDevice('0000:0c:00.1', {rom: '/usr/share/vgabios/vbios.bin'}),
      ],
    }).findings.map(({code}) => code);
    expect(codes.filter((code) => code === 'guest-rom-invalid')).toHaveLength(2);
  });

  it('proposes the graphics with its sound, and the USB controller alone', () => {
    expect(proposed(host(apu), '0000:0c:00.0')).toEqual(['0000:0c:00.0', '0000:0c:00.1']);
    expect(proposed(host(apu), '0000:0c:00.3')).toEqual(['0000:0c:00.3']);
  });
});

describe('one card: sound in another slot, behind the switch on the card', () => {
  const bridge = (address: PciAddress, vendor: string, upstream: readonly PciAddress[], group: number): PciFunction =>
    samplePci(address, {
      class: '060400',
      vendor,
      device: '4fa0',
      driver: 'pcieport',
      isBridge: true,
      iommuGroup: group,
      upstream,
    });
  const root = '0000:00:1c.4';
  const arc = (vendor: string): readonly PciFunction[] => [
    bridge(root, '1022', [], 30),
    bridge('0000:10:00.0', vendor, [root], 31),
    bridge('0000:11:01.0', vendor, [root, '0000:10:00.0'], 32),
    bridge('0000:11:04.0', vendor, [root, '0000:10:00.0'], 33),
    samplePci('0000:12:00.0', {
      vendor: '8086',
      device: '56a0',
      iommuGroup: 34,
      resetMethods: ['flr', 'bus'],
      upstream: [root, '0000:10:00.0', '0000:11:01.0'],
    }),
    samplePci('0000:13:00.0', {
      class: '040300',
      vendor: '8086',
      device: '4f90',
      driver: 'snd_hda_intel',
      iommuGroup: 35,
      upstream: [root, '0000:10:00.0', '0000:11:04.0'],
    }),
  ];

  it('is named in a note, and proposed together with the picture', () => {
    const facts = host(arc('8086'));
    const {given, findings} = planned(facts, ['0000:12:00.0']);
    expect(given).toEqual(['0000:12:00.0']);
    expect(findings.find(({code}) => code === 'device-part-left')).toMatchObject({
      severity: 'note',
      message: expect.stringContaining('0000:13:00.0'),
      remedy: 'Add 0000:13:00.0 to `devices` if the guest is to have its sound too.',
    });
    expect(proposed(facts, '0000:12:00.0')).toEqual(['0000:12:00.0', '0000:13:00.0']);
    const card = functionKind.candidates(facts).find(({identities}) => identities.includes('0000:12:00.0'));
    expect(card?.identities).toEqual(['0000:12:00.0', '0000:13:00.0']);
  });

  it('is not looked for behind a switch of the board', () => {
    const facts = host(arc('10b5'));
    expect(planned(facts, ['0000:12:00.0']).findings.some(({code}) => code === 'device-part-left')).toBe(false);
    expect(proposed(facts, '0000:12:00.0')).toEqual(['0000:12:00.0']);
  });

  it('is not named where the guest has it', () => {
    const {findings} = planned(host(arc('8086')), ['0000:12:00.0', '0000:13:00.0']);
    expect(findings.some(({code}) => code === 'device-part-left')).toBe(false);
  });
});
