import {describe, expect, it} from 'vitest';
import {findModprobeConflicts} from '../../src/binding/vfio/modprobe.ts';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import type {PciFunction} from '../../src/facts/pci.ts';
import type {FindingCode} from '../../src/findings/codes.ts';
import type {Finding} from '../../src/findings/finding.ts';
import {readHost} from '../../src/host/read-host.ts';
import {planPassthrough} from '../../src/pipeline/plan-passthrough.ts';
import type {Profile} from '../../src/profile/profile.ts';
import {openTree} from '../support/make-tree.ts';
import {defaultShape, type MachineShape, sampleFacts, samplePci, samplePciFunctions} from '../support/sample-facts.ts';
import {sampleFile} from '../support/sample-plan.ts';
import {sampleDevice, sampleProfile} from '../support/sample-profile.ts';
import {libvirtOf} from '../../src/facts/virtualisation.ts';

const {cpu, kernel} = sampleFacts();
const libvirt = libvirtOf(sampleFacts());
const card = '0000:06:00.0';
const withCard = (values: Partial<PciFunction>): Pick<HostFacts, 'pci'> => ({
  pci: samplePciFunctions.map((device) => (device.address === card ? {...device, ...values} : device)),
});

const findings = (
  code: FindingCode,
  overrides: Partial<HostFacts>,
  profile: Profile = sampleProfile(),
  shape: MachineShape = defaultShape,
): readonly Finding[] =>
  planPassthrough(sampleFacts(shape, overrides), profile).findings.filter((finding) => finding.code === code);

const expectFinding = (found: readonly Finding[], severity: Finding['severity'], message: RegExp): void => {
  expect(found.length).toBeGreaterThan(0);
  for (const finding of found)
    expect(finding).toMatchObject({
      severity,
      message: expect.stringMatching(message) as string,
      remedy: expect.stringMatching(/\S/) as string,
    });
};

describe('what is said of the host', () => {
  it('failure mode 33: Secure Boot is a note, with the lockdown of the kernel where there is one', () => {
    const booted = (secureBoot: boolean | null, lockdown: string | null): Partial<HostFacts> => ({
      boot: {...sampleFacts().boot, secureBoot, lockdown},
    });
    expectFinding(
      findings('secure-boot', booted(true, 'integrity')),
      'note',
      /Secure Boot is on.*\(integrity\).*unsigned/,
    );
    expectFinding(findings('secure-boot', booted(true, 'none')), 'note', /Secure Boot is on: vfio works/);
    for (const off of [false, null]) expect(findings('secure-boot', booted(off, 'none'))).toEqual([]);
  });
});

describe('what speaks against a card', () => {
  it('that shows the host’s console is a blocker until the user gives it up in words', () => {
    const needs = [{address: card, kind: 'display', chain: 'a screen on HDMI-A-1 → card0', spares: []}] as const;
    expectFinding(findings('device-drives-console', {needs}), 'blocker', /The host needs 0000:06:00\.0.*HDMI-A-1/);
    expectFinding(
      findings('device-drives-console', {needs}, sampleProfile({host: {acceptLossOf: [card]}})),
      'warning',
      /HDMI-A-1/,
    );
  });

  it('failure mode 24: that cannot be reset is a warning, unless its whole card is reset through the bus', () => {
    const alone = sampleProfile({
      devices: [sampleDevice(card, {id: '10de:1c81'})],
    });
    const pci = [
      samplePci(card, {iommuGroup: 17, resetMethods: [], upstream: ['0000:00:07.0']}),
      samplePci('0000:0a:03.0', {vendor: '102b', iommuGroup: 20}),
    ];
    expectFinding(findings('device-no-reset', {pci}, alone), 'warning', /no way to reset/);
    expect(findings('device-no-reset', withCard({resetMethods: []}))).toEqual([]);
  });

  it('in no group, although the IOMMU is on, is a blocker', () => {
    expectFinding(
      findings('device-no-iommu-group', withCard({iommuGroup: null})),
      'blocker',
      /no IOMMU unit is responsible for it/,
    );
  });

  it('that is the processor’s own is called difficult', () => {
    const pci = [
      samplePci('0000:00:02.0', {vendor: '8086', device: '3e92', iommuGroup: 1}),
      samplePci('0000:0a:03.0', {vendor: '102b', iommuGroup: 20}),
    ];
    const profile = sampleProfile({
      devices: [sampleDevice('0000:00:02.0', {id: '8086:3e92'})],
    });
    expectFinding(findings('integrated-gpu', {pci}, profile), 'warning', /OpRegion/);
  });

  it('failure mode 8: whose driver is built into the kernel is taken before anything of our own runs', () => {
    expectFinding(
      findings('driver-built-in', {
        ...withCard({driver: 'nouveau', modules: ['nouveau']}),
        kernel: {...kernel, builtin: ['nouveau']},
      }),
      'warning',
      /nouveau of .* is built into this kernel/,
    );
  });

  it('with a ROM where AppArmor hides it from QEMU is a warning', () => {
    const rom = (path: string): Profile =>
      sampleProfile({devices: sampleProfile().devices.map((device) => ({...device, rom: path}))});
    expectFinding(findings('guest-rom-invalid', {}, rom('/home/me/card.rom')), 'warning', /AppArmor/);
    expect(findings('guest-rom-invalid', {}, rom('/usr/share/vgabios/card.rom'))).toEqual([]);
  });
});

describe('what speaks against the CPUs', () => {
  it('is that two kinds of core are mixed', () => {
    const shape = {...defaultShape, nodes: 1, coresPerNode: 8, efficiencyFrom: 4};
    expectFinding(
      findings('cpu-pin-mixes-kinds', {}, sampleProfile({cpu: {vcpus: 2, pins: [1, 5]}}), shape),
      'warning',
      /one kind/,
    );
    expect(findings('cpu-pin-mixes-kinds', {}, sampleProfile({cpu: {vcpus: 2, pins: [1, 2]}}), shape)).toEqual([]);
  });

  it('is that no whole core is left for the host', () => {
    const shape = {...defaultShape, nodes: 1, coresPerNode: 4, threads: 1};
    expectFinding(
      findings('cpu-no-host-cores', {}, sampleProfile({cpu: {vcpus: 4, pins: [0, 1, 2, 3]}}), shape),
      'blocker',
      /nothing is left for the host/,
    );
  });

  it('is that the named node has none, or that nobody tells the card’s node', () => {
    expectFinding(
      findings('cpu-node-unknown', {}, sampleProfile({cpu: {node: 7}})),
      'blocker',
      /no node 7 with CPUs; it has 0, 1/,
    );
    expectFinding(findings('cpu-node-unknown', withCard({numaNode: null})), 'note', /node 0 was taken/);
  });

  it('takes the first of nodes that hardly differ, and a far larger one before it', () => {
    const nodes = (second: number): Partial<HostFacts> => ({
      ...withCard({numaNode: null}),
      nodes: sampleFacts().nodes.map((node) => ({...node, memoryKiB: node.id === 0 ? 24_737_184 : second})),
    });
    const node = (second: number): readonly number[] =>
      planPassthrough(sampleFacts(defaultShape, nodes(second)), sampleProfile()).plan.pinning.hostNodes;
    expect(node(24_770_560)).toEqual([0]);
    expect(node(49_541_120)).toEqual([1]);
  });

  it('is that virtualisation is off', () => {
    expectFinding(
      findings('cpu-virtualisation-missing', {cpu: {...cpu, virtualisation: null}}),
      'blocker',
      /neither vmx nor svm/,
    );
    expect(findings('cpu-virtualisation-missing', {cpu: {...cpu, virtualisation: null, flags: null}})).toEqual([]);
  });
});

describe('what speaks against the software', () => {
  it('is that libvirt is not there', () => {
    expect(
      findings('libvirt-missing', {
        virtualisation: {...libvirt, version: null, qemuVersion: null, emulator: null, daemon: null},
      }).length,
    ).toBeGreaterThan(0);
  });

  it('is that somebody else’s modprobe.d binds cards', () => {
    const conflicts = findModprobeConflicts([
      sampleFile('/etc/modprobe.d/vfio.conf', '# mine\noptions vfio-pci ids=10de:1c81\n'),
    ]);
    expect(conflicts).toMatchObject([{code: 'modprobe-conflict', at: {file: '/etc/modprobe.d/vfio.conf', line: 2}}]);
    expect(findModprobeConflicts([sampleFile('/etc/modprobe.d/blacklist.conf', 'blacklist nouveau\n')])).toEqual([]);
  });

  it('is that nothing tells how this machine boots', () => {
    const codes = readHost(openTree({})).notes.map(({code}) => code);
    expect(codes).toEqual(expect.arrayContaining(['boot-loader-unknown', 'initramfs-unknown']));
  });
});

describe('a boot chain that the lab has not booted', () => {
  it('is a warning, and the one that it has booted is not', () => {
    const {boot} = sampleFacts();
    expectFinding(
      findings('boot-chain-unproven', {boot: {...boot, initramfs: 'mkinitcpio'}}),
      'warning',
      /no machine was started/,
    );
    expect(findings('boot-chain-unproven', {boot})).toEqual([]);
    expect(findings('boot-chain-unproven', {boot: {...boot, initramfs: null}})).toEqual([]);
  });
});
