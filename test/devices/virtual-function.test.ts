import {describe, expect, it} from 'vitest';
import {previewChanges} from '../../src/changes/preview.ts';
import {addressesOf, deviceKinds, identityOf} from '../../src/devices/device-kinds.ts';
import {virtualFunctionKind} from '../../src/devices/virtual-function/virtual-function-kind.ts';
import {unitPaths} from '../../src/devices/virtual-function/unit.ts';
import type {GuestClaim} from '../../src/facts/guest-claims.ts';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import {isPciAddress, type PciAddress} from '../../src/facts/pci-address.ts';
import type {PciFunction} from '../../src/facts/pci.ts';
import {virtualFunctionAddress} from '../../src/facts/sriov.ts';
import {libvirtOf} from '../../src/facts/virtualisation.ts';
import type {Finding} from '../../src/findings/finding.ts';
import {claimOf} from '../../src/plan/claim-of-plan.ts';
import {decodeProfile, encodeProfile} from '../../src/pipeline/profile-file.ts';
import {proposeProfile} from '../../src/pipeline/propose-profile.ts';
import type {ProfileDevice} from '../../src/profile/profile.ts';
import {verifyPlan} from '../../src/verify/verify-plan.ts';
import {sampleFacts, samplePci, samplePciFunctions, sampleSriov} from '../support/sample-facts.ts';
import {sampleFile, sampleFiles} from '../support/sample-plan.ts';
import {sampleDevice, sampleProfile} from '../support/sample-profile.ts';

const nic: PciAddress = '0000:04:00.0';
const disk: PciAddress = '0000:01:00.0';
const grub = sampleFiles({'/etc/default/grub': 'GRUB_CMDLINE_LINUX_DEFAULT="quiet"\n'});

const port = (more: Partial<PciFunction> = {}): PciFunction =>
  samplePci(nic, {
    class: '020000',
    vendor: '8086',
    device: '1521',
    driver: 'igb',
    iommuGroup: 30,
    numaNode: 1,
    upstream: ['0000:00:1c.0'],
    name: 'I350 Gigabit Network Connection',
    sriov: sampleSriov(),
    ...more,
  });
const nvme = (more: Partial<PciFunction> = {}): PciFunction =>
  samplePci(disk, {
    class: '010802',
    vendor: '1b36',
    device: '0010',
    driver: 'nvme',
    iommuGroup: 31,
    sriov: sampleSriov({total: 4, offset: 1, stride: 1, device: '0010'}),
    ...more,
  });
/** Virtual functions as the kernel lists them once they are made. */
const made = (parent: PciFunction, count: number, more: Partial<PciFunction> = {}): readonly PciFunction[] => {
  const addresses = Array.from({length: count}, (_, index) => virtualFunctionAddress(parent, index)).filter(
    (address) => address !== null,
  );
  return [
    {...parent, sriov: {...sampleSriov(), ...parent.sriov, enabled: count, functions: addresses}},
    ...addresses.map((address, index) =>
      samplePci(address, {
        class: parent.class,
        vendor: parent.vendor,
        device: parent.sriov?.device ?? '',
        iommuGroup: 40 + index,
        physicalFunction: parent.address,
        ...more,
      }),
    ),
  ];
};

const part = (
  of: PciAddress,
  index: number,
  more: {
    readonly count?: number;
    readonly id?: string;
    readonly mac?: string;
    readonly vlan?: number;
    readonly vgpu?: string;
    readonly mixedSizes?: boolean;
  } = {},
): ProfileDevice => ({
  kind: 'virtual-function',
  function: {
    of: {address: of, id: null, subsystem: null, upstream: null},
    index,
    count: more.count ?? 'auto',
    id: more.id ?? null,
    vgpu: more.vgpu ?? null,
    mixedSizes: more.mixedSizes ?? false,
  },
  mac: more.mac ?? null,
  vlan: more.vlan ?? null,
});

const host = (pci: readonly PciFunction[] = [port(), nvme()], more: Partial<HostFacts> = {}): HostFacts =>
  sampleFacts(undefined, {pci: [...samplePciFunctions, ...pci], files: grub, ...more});
const plan = (devices: readonly ProfileDevice[], facts: HostFacts = host(), guest = 'nas') =>
  previewChanges(facts, sampleProfile({devices, guest: {name: guest, os: 'linux'}}));
const found = (findings: readonly Finding[], code: string): readonly Finding[] =>
  findings.filter((finding) => finding.code === code);
const blockers = ({findings}: {readonly findings: readonly Finding[]}): readonly string[] =>
  findings.filter(({severity}) => severity === 'blocker').map(({code}) => code);
const diffOf = ({changes}: ReturnType<typeof plan>, path: string): string =>
  changes.flatMap((change) => (change.path === path ? [change.diff] : [])).join('');
const xmlOf = (preview: ReturnType<typeof plan>): string =>
  diffOf(preview, '/etc/libvirt/qemu/nas.xml')
    .split('\n')
    .flatMap((line) => (/^\+(?!\+\+ )/.test(line) ? [line.slice(1)] : []))
    .join('\n');
/** As `apply` of these devices has left it. */
const claimed = (devices: readonly ProfileDevice[], facts: HostFacts, guest: string): GuestClaim =>
  claimOf(plan(devices, facts, guest).plan, facts.pci);
const withClaims = (facts: HostFacts, ...recorded: readonly GuestClaim[]): HostFacts => ({
  ...facts,
  guests: {recorded, printed: null},
});

describe('the address of a virtual function', () => {
  it('is what the card says before it has one, and what the kernel lists afterwards', () => {
    expect([0, 1, 2].map((index) => virtualFunctionAddress(port(), index))).toEqual([
      '0000:04:10.0',
      '0000:04:10.4',
      '0000:04:11.0',
    ]);
    expect(virtualFunctionAddress(nvme(), 3)).toBe('0000:01:00.4');
    expect(virtualFunctionAddress(port({sriov: sampleSriov({functions: ['0000:05:02.0']})}), 0)).toBe('0000:05:02.0');
    expect(virtualFunctionAddress(port({sriov: sampleSriov({offset: 384})}), 0)).toBe('0000:05:10.0');
  });

  it('is unknown where the card does not say, or says what is on no bus', () => {
    expect(virtualFunctionAddress(port({sriov: sampleSriov({offset: 0, stride: 0})}), 0)).toBeNull();
    expect(virtualFunctionAddress(port({sriov: sampleSriov({stride: null})}), 0)).toBe('0000:04:10.0');
    expect(virtualFunctionAddress(port({sriov: sampleSriov({stride: null})}), 1)).toBeNull();
    expect(virtualFunctionAddress(port({sriov: sampleSriov({offset: 65_535})}), 0)).toBeNull();
    expect(virtualFunctionAddress(port({sriov: null}), 0)).toBeNull();
    expect(blockers(plan([part(nic, 0)], host([port({sriov: sampleSriov({offset: 0})})])))).toEqual([
      'vf-address-unknown',
    ]);
  });
});

describe('a virtual function in a profile', () => {
  const text = `version: 2
name: nas
devices:
  - function:
      of:
        address: 0000:04:00.0
        id: 8086:1521
        upstream: [0000:00:1c.0]
      index: 2
      id: 8086:1520
    mac: 52:54:00:AB:cd:02
    vlan: 42
cpu:
  vcpus: 4
memory:
  size: 4 GiB
guest:
  name: nas
`;

  it('is known by its physical function and its number, and written as it was read', () => {
    const {profile, findings} = decodeProfile(text, 'nas.yaml');
    expect(findings).toEqual([]);
    if (profile === null) throw new Error('not decoded');
    expect(profile.devices.map(identityOf)).toEqual(['0000:04:00.0/virtfn2']);
    expect(profile.devices.flatMap(addressesOf)).toEqual([nic]);
    expect(profile.devices[0]).toMatchObject({mac: '52:54:00:ab:cd:02', vlan: 42});
    expect(decodeProfile(encodeProfile(profile), 'nas.yaml').profile).toEqual(profile);
  });

  it.each([
    ['version: 2', 'version: 1', 'devices[0].function', /no devices with `function`/],
    ['index: 2', 'index: two', 'devices[0].function.index', /not a whole number/],
    ['52:54:00:AB:cd:02', '53:54:00:AB:cd:02', 'devices[0].mac', /MAC address of one interface/],
    ['vlan: 42', 'vlan: 4095', 'devices[0].vlan', /from 1 to 4094/],
    ['      index: 2\n', '', 'devices[0].function.index', /is missing/],
    ['address: 0000:04:00.0', 'address: 8086:1521', 'devices[0].function.of.address', /not a PCI address/],
  ])('is refused with its place where %s is %s', (from, to, subject, message) => {
    const {findings} = decodeProfile(text.replace(from, to), 'nas.yaml');
    expect(findings).toMatchObject([
      {subject, at: {file: 'nas.yaml', line: expect.any(Number)}, message: expect.stringMatching(message)},
    ]);
  });

  it('is proposed by its place in sysfs, and by the address that it has now', () => {
    const facts = host(made(port(), 3));
    const understood = (words: string) =>
      deviceKinds.map((kind) => kind.understand(facts, words)).find((one) => one !== null) ?? null;
    expect(understood('04:00.0/virtfn5')).toEqual({ok: true, identity: '0000:04:00.0/virtfn5'});
    expect(understood('0000:04:10.4')).toEqual({ok: true, identity: '0000:04:00.0/virtfn1'});
    expect(understood('04:00.0/virtfn7')).toMatchObject({ok: false, problem: expect.stringContaining('virtfn6')});
    expect(understood('06:00.0/virtfn0')).toMatchObject({ok: false, problem: expect.stringContaining('makes no')});
    expect(understood('0000:04:00.0')).toEqual({ok: true, identity: nic});
    const [, orphan] = made(port(), 1);
    const lost = host(orphan === undefined ? [] : [orphan]);
    expect(deviceKinds.map((kind) => kind.understand(lost, '0000:04:10.0'))).toEqual([
      {ok: true, identity: '0000:04:10.0'},
      ...deviceKinds.slice(1).map(() => null),
    ]);
    const {devices} = proposeProfile(facts, ['0000:04:00.0/virtfn1']);
    expect(devices).toMatchObject([
      {
        kind: 'virtual-function',
        function: {of: {address: nic, id: '8086:1521', upstream: ['0000:00:1c.0']}, index: 1, id: '8086:1520'},
      },
    ]);
  });

  it('is offered as far as there are any, with the next one that no guest has', () => {
    const names = (facts: HostFacts) => virtualFunctionKind.candidates(facts).flatMap(({identities}) => identities);
    expect(names(host())).toEqual([`${nic}/virtfn0`, `${disk}/virtfn0`]);
    expect(names(host(made(port(), 2)))).toEqual([`${nic}/virtfn0`, `${nic}/virtfn1`, `${nic}/virtfn2`]);
    expect(names(withClaims(host([port()]), claimed([part(nic, 0)], host(), 'other')))).toEqual([`${nic}/virtfn1`]);
    const wholes = deviceKinds
      .flatMap((kind) => kind.candidates(host(made(port(), 2))))
      .filter((one) => one.part === null);
    expect(wholes.flatMap(({identities}) => identities).filter((one) => one.startsWith('0000:04'))).toEqual([nic]);
  });
});

describe('the plan of a guest with a virtual function', () => {
  it('failure mode 49: leaves the card with the host, and makes the function before a guest starts', () => {
    const preview = plan([part(nic, 2, {mac: '52:54:00:00:00:02', vlan: 42})]);
    expect(blockers(preview)).toEqual([]);
    expect(preview.plan.devices).toMatchObject([
      {
        kind: 'virtual-function',
        address: null,
        bindBy: null,
        id: '8086:1520',
        assigned: {address: '0000:04:11.0', of: nic, index: 2, count: 3, probesDrivers: true},
      },
    ]);
    expect(preview.plan.binding).toMatchObject({byAddress: [], softdeps: [], initramfsModules: []});
    expect(preview.plan.decisions).toContainEqual(
      expect.objectContaining({choice: `${nic} makes 3 virtual functions at boot`}),
    );
    expect(preview.plan.decisions).toContainEqual(expect.objectContaining({subject: 'cpu.node', choice: 'node 1'}));
    const paths = unitPaths('nas');
    expect(diffOf(preview, paths.script)).toContain(`\n+make ${nic} 3 keep || failed=1`);
    expect(diffOf(preview, paths.unit)).toContain(
      '+Before=network-pre.target shutdown.target libvirtd.service virtqemud.service libvirt-guests.service',
    );
    expect(diffOf(preview, paths.unit)).toContain('+DefaultDependencies=no');
    expect(preview.changes.map(({path}) => path)).toEqual(
      expect.arrayContaining([paths.script, paths.unit, paths.link]),
    );
    expect(preview.changes.map(({path}) => path).filter((path) => /initramfs|modprobe/.test(path))).toEqual([]);
  });

  it('failure mode 51: gives a network function as an interface with its MAC address and VLAN', () => {
    expect(xmlOf(plan([part(nic, 2, {mac: '52:54:00:00:00:02', vlan: 42})]))).toMatch(
      /<interface type='hostdev' managed='yes'>\s*<mac address='52:54:00:00:00:02'\/>\s*<source>\s*<address type='pci' domain='0x0000' bus='0x04' slot='0x11' function='0x0'\/>\s*<\/source>\s*<vlan>\s*<tag id='42'\/>\s*<\/vlan>\s*<address type='pci'/,
    );
  });

  it('gives each other function as a card of its own, and keeps the host’s drivers off where guests get them all', () => {
    const preview = plan([part(disk, 0), part(disk, 1)]);
    const xml = xmlOf(preview);
    expect(xml.match(/<hostdev mode='subsystem' type='pci' managed='yes'>/g)).toHaveLength(2);
    expect(xml).not.toContain('multifunction');
    expect(xml).toContain("<address domain='0x0000' bus='0x01' slot='0x00' function='0x2'/>");
    const {script, unit} = unitPaths('nas');
    expect(diffOf(preview, script)).toContain(`\n+make ${disk} 2 off || failed=1`);
    expect(diffOf(preview, unit)).not.toContain('network-pre');
    expect(diffOf(plan([part(disk, 1)]), script)).toContain(`\n+make ${disk} 2 keep || failed=1`);
  });

  it('keeps the number that is there, unless the profile says another', () => {
    const facts = host(made(port(), 5));
    expect(plan([part(nic, 1)], facts).plan.devices[0]?.assigned).toMatchObject({count: 5, address: '0000:04:10.4'});
    expect(plan([part(nic, 1, {count: 2})], facts).plan.devices[0]?.assigned).toMatchObject({count: 2});
    expect(blockers(plan([part(nic, 1, {count: 2})], facts))).toEqual([]);
  });

  it('has no unit left when the next plan has no virtual function', () => {
    const {unit, script, link} = unitPaths('nas');
    const own = '# Generated by vfio-pilot\n';
    const files = {
      ...grub,
      [unit]: sampleFile(unit, own),
      [script]: sampleFile(script, own),
      [link]: sampleFile(link, '', {state: 'symlink', text: null, target: unit}),
    };
    const {changes} = plan([sampleDevice('0000:06:00.0'), sampleDevice('0000:06:00.1')], host([port()], {files}));
    for (const path of [unit, script, link])
      expect(changes).toContainEqual(expect.objectContaining({path, kind: 'remove'}));
    expect(changes).toContainEqual(
      expect.objectContaining({kind: 'run', path: expect.stringContaining('daemon-reload')}),
    );
  });
});

describe('a virtual function is refused', () => {
  const other = (hostdev: PciAddress): Partial<HostFacts> => ({
    virtualisation: {
      ...libvirtOf(sampleFacts()),
      domains: [
        {
          name: 'router',
          uuid: null,
          path: '/etc/libvirt/qemu/router.xml',
          xml: `<domain type='kvm'><devices><hostdev mode='subsystem' type='pci'><source><address domain='0x0' bus='0x${hostdev.slice(5, 7)}' slot='0x${hostdev.slice(8, 10)}' function='0x${hostdev.slice(11)}'/></source></hostdev></devices></domain>`,
          isActive: true,
          isAutostart: false,
        },
      ],
    },
  });
  const file = (path: string, text: string): Partial<HostFacts> => ({files: {...grub, ...sampleFiles({[path]: text})}});
  it.each<readonly [string, string, RegExp, readonly PciFunction[], Partial<HostFacts>, ProfileDevice]>([
    ['of a card without SR-IOV', 'vf-unsupported', /no SR-IOV/, [port({sriov: null})], {}, part(nic, 0)],
    ['beyond the last one', 'vf-count-too-small', /the last one is number 6/, [port()], {}, part(nic, 7)],
    [
      'beyond the number of the profile',
      'vf-count-too-small',
      /function\.count/,
      [port()],
      {},
      part(nic, 3, {count: 2}),
    ],
    [
      'of more than the card makes',
      'vf-count-too-small',
      /7 virtual functions and not 9/,
      [port()],
      {},
      part(nic, 0, {count: 9}),
    ],
    ['of a card without a driver', 'vf-pf-has-no-driver', /has no driver/, [port({driver: null})], {}, part(nic, 0)],
    ['of a card with vfio-pci', 'vf-parent-taken', /is with vfio-pci/, [port({driver: 'vfio-pci'})], {}, part(nic, 0)],
    [
      'of a card that another guest has',
      'vf-parent-taken',
      /router has 0000:04:00\.0/,
      [port()],
      other(nic),
      part(nic, 0),
    ],
    [
      'of a card that vfio-pci.ids= takes',
      'vf-parent-taken',
      /started with vfio-pci\.ids=8086:1521/,
      [port()],
      {boot: {...sampleFacts().boot, commandLine: 'quiet vfio-pci.ids=8086:1521'}},
      part(nic, 0),
    ],
    [
      'of a card that modprobe.d takes',
      'vf-parent-taken',
      /net\.conf:2 gives 0000:04:00\.0 to vfio-pci/,
      [port()],
      file('/etc/modprobe.d/net.conf', '\noptions vfio-pci ids=10de:1c81,8086:1521\n'),
      part(nic, 0),
    ],
    [
      'of a card whose driver is blacklisted',
      'vf-parent-taken',
      /keeps igb/,
      [port()],
      file('/etc/modprobe.d/net.conf', 'blacklist igb\n'),
      part(nic, 0),
    ],
    [
      'of a card that driverctl takes',
      'vf-parent-taken',
      /gives 0000:04:00\.0 to vfio-pci at each boot/,
      [port()],
      file(`/etc/driverctl.d/pci-${nic}`, 'vfio-pci\n'),
      part(nic, 0),
    ],
    ['with another id', 'device-mismatch', /are 8086:1520/, [port()], {}, part(nic, 0, {id: '8086:10ca'})],
    [
      'with a VLAN where it is no network card',
      'vf-not-a-network-card',
      /no Ethernet card/,
      [nvme()],
      {},
      part(disk, 0, {vlan: 3}),
    ],
    [
      'whose number sysfsutils sets',
      'vf-count-owned-elsewhere',
      /sysfs\.d\/nic\.conf:1/,
      [port()],
      file('/etc/sysfs.d/nic.conf', `bus/pci/devices/${nic}/sriov_numvfs = 4\n`),
      part(nic, 0),
    ],
    [
      'whose number systemd sets',
      'vf-count-owned-elsewhere',
      /10-nic\.link:4/,
      [port()],
      file('/etc/systemd/network/10-nic.link', `[Match]\nPath=pci-${nic}\n[Link]\nSR-IOVVirtualFunctions=4\n`),
      part(nic, 0),
    ],
    [
      'without an IOMMU',
      'iommu-off',
      /IOMMU is (?:off|not active)/,
      [port({iommuGroup: null})],
      {iommu: {...sampleFacts().iommu, active: false, groups: []}},
      part(nic, 0),
    ],
  ])('%s: %s', (_, code, message, pci, more, device) => {
    const {findings} = plan([device], host(pci, more));
    expect(found(findings, code)).toMatchObject([{severity: 'blocker', message: expect.stringMatching(message)}]);
  });

  it('on a system that is made from a configuration', () => {
    const facts = host([port()]);
    const {boot} = facts;
    const declared = {...facts, boot: {...boot, support: {...boot.support, isDeclarative: true}}};
    expect(found(plan([part(nic, 0)], declared).findings, 'vf-unit-by-hand')).toMatchObject([{severity: 'blocker'}]);
  });

  it.each([
    ['nvidia', 'vf-managed-by-vendor', /sriov-manage -e 0000:04:00\.0/],
    ['gim', 'gim-not-served', /by hand/],
  ])('failure mode 56: of a card whose driver %s makes them in a way of its own', (driver, code, remedy) => {
    const {findings} = plan([part(nic, 0)], host([port({driver})]));
    expect(found(findings, code)).toMatchObject([{severity: 'blocker', remedy: expect.stringMatching(remedy)}]);
  });

  it('where the same guest has the card whole in its definition', () => {
    const facts = host([port()], other(nic));
    expect(blockers(plan([part(nic, 0)], facts, 'router'))).toContain('vf-parent-taken');
  });

  it('together with its card', () => {
    expect(blockers(plan([part(nic, 0), sampleDevice(nic)]))).toContain('vf-parent-taken');
  });

  it('failure mode 52: while a guest uses one of the card and the number would change', () => {
    const [parent = port(), first, ...rest] = made(port(), 2);
    const used = [parent, ...(first === undefined ? [] : [{...first, driver: 'vfio-pci'}]), ...rest];
    const {findings} = plan([part(nic, 3)], host(used, other('0000:04:10.0')));
    expect(found(findings, 'vf-in-use')).toMatchObject([
      {
        severity: 'blocker',
        message: expect.stringMatching(/has 2 .* would have 4 .*0000:04:10\.0 is in use by the guest router/),
      },
    ]);
    expect(blockers(plan([part(nic, 1)], host(used, other('0000:04:10.0'))))).toEqual([]);
    expect(blockers(plan([part(nic, 3)], host(made(port(), 2), other('0000:04:10.0'))))).toEqual([]);
  });

  it('failure mode 54: where the i915 or xe of a kernel is one that makes none, and only told where that is unknown', () => {
    const findingsOf = (driver: string, kernels: Readonly<Record<string, readonly string[] | null>>, count = 0) => {
      const installed = Object.entries(kernels).map(([release, parameters]) => ({
        release,
        builtin: [],
        modules: ['vfio_pci', driver],
        parameters: parameters === null ? {} : {[driver]: parameters},
      }));
      const gpu = port({class: '030000', device: '46a6', driver});
      const pci = count === 0 ? [gpu] : made(gpu, count);
      const facts = host(pci, {kernel: {...sampleFacts().kernel, installed}});
      return plan([part(nic, 0)], facts).findings.filter(({code}) => code.startsWith('vf-driver'));
    };
    expect(findingsOf('i915', {'6.8': ['max_vfs']})).toEqual([]);
    expect(findingsOf('i915', {'6.8': ['max_vfs'], '6.11': ['enable_guc']})).toMatchObject([
      {
        code: 'vf-driver-unfit',
        severity: 'blocker',
        message: expect.stringMatching(/kernel 6\.11 has no parameter max_vfs/),
      },
    ]);
    expect(findingsOf('xe', {'6.8': ['force_probe'], '7.2': ['max_vfs']})).toMatchObject([
      {severity: 'blocker', message: expect.stringMatching(/The xe of kernel 6\.8 has no/)},
    ]);
    expect(findingsOf('i915', {'6.8': null})).toMatchObject([
      {severity: 'warning', remedy: expect.stringContaining('modinfo -k 6.8 -p i915')},
    ]);
    const {release} = sampleFacts().kernel;
    expect(findingsOf('xe', {[release ?? '']: null}, 2)).toEqual([]);
    expect(findingsOf('xe', {[release ?? '']: null, '6.8': null}, 2)).toMatchObject([
      {message: expect.stringContaining('of kernel 6.8 makes')},
    ]);
  });

  it('failure mode 63: and only told of where Windows gets one of Intel’s graphics', () => {
    const gpu = port({class: '030000', device: '46a6', driver: 'xe'});
    const codes = (os: 'windows-11' | 'linux', one: PciFunction) =>
      previewChanges(host([one]), sampleProfile({devices: [part(nic, 0)], guest: {name: 'nas', os}})).findings.map(
        ({severity, code}) => `${severity} ${code}`,
      );
    expect(codes('windows-11', gpu)).toContain('note vf-intel-windows');
    expect(codes('linux', gpu)).not.toContain('note vf-intel-windows');
    expect(codes('windows-11', port())).not.toContain('note vf-intel-windows');
  });

  it('where the host uses what shares its IOMMU group, and the host itself is warned of before there is one', () => {
    const shared = made(port({iommuGroup: 40}), 1);
    expect(blockers(plan([part(nic, 0)], host(shared)))).toEqual(['vf-group-shared']);
    const bridge = samplePci('0000:00:1c.0', {class: '060400', driver: 'pcieport', isBridge: true, iommuGroup: 30});
    expect(found(plan([part(nic, 0)], host([bridge, port()])).findings, 'vf-group-shared')).toMatchObject([
      {severity: 'warning', message: expect.stringContaining('bridge 0000:00:1c.0')},
    ]);
  });

  it('where the host itself uses it, and only told where the host uses the card', () => {
    const needs = (address: PciAddress): Partial<HostFacts> => ({
      needs: [{address, kind: 'network', chain: 'the default route goes through eth0', spares: []}],
    });
    expect(blockers(plan([part(nic, 0)], host(made(port(), 1), needs('0000:04:10.0'))))).toEqual([
      'device-needed-by-host',
    ]);
    const {findings} = plan([part(nic, 0)], host([port()], needs(nic)));
    expect(found(findings, 'vf-pf-carries-host-route')).toMatchObject([{severity: 'warning'}]);
    expect(blockers({findings})).toEqual([]);
  });

  it('failure mode 53: only with a word of warning where a file that sets the number may mean another card', () => {
    const {findings} = plan(
      [part(nic, 0)],
      host([port()], file('/etc/udev/rules.d/9-vf.rules', 'DRIVERS=="igb", ATTR{device/sriov_numvfs}="4"\n')),
    );
    expect(found(findings, 'vf-count-owned-elsewhere')).toMatchObject([{severity: 'warning'}]);
    expect(blockers({findings})).toEqual([]);
  });
});

describe('two guests with virtual functions of one card', () => {
  const facts = host([port()]);
  const first = claimed([part(nic, 0)], facts, 'one');

  it('have files of their own, and the second asks for enough for both', () => {
    const preview = plan([part(nic, 3)], withClaims(facts, first), 'two');
    expect(blockers(preview)).toEqual([]);
    expect(diffOf(preview, unitPaths('two').script)).toContain(`\n+make ${nic} 4 keep`);
    expect(preview.changes.map(({path}) => path)).not.toContain(unitPaths('one').script);
    const again = plan([part(nic, 0)], withClaims(facts, claimed([part(nic, 3)], facts, 'two')), 'one');
    expect(again.plan.devices[0]?.assigned).toMatchObject({count: 4});
  });

  it('are warned when they name the same one', () => {
    const {findings} = plan([part(nic, 0)], withClaims(facts, first), 'two');
    expect(found(findings, 'device-shared-with-guest')).toMatchObject([
      {severity: 'warning', subject: `${nic}/virtfn0`, message: expect.stringContaining('guest one')},
    ]);
  });

  it('keep a third from taking the card whole, although there is no virtual function yet', () => {
    expect(blockers(plan([sampleDevice(nic)], withClaims(facts, first), 'three'))).toContain('vf-parent-taken');
    expect(blockers(plan([sampleDevice(nic)], facts, 'three'))).not.toContain('vf-parent-taken');
  });
});

describe('failure mode 50: a virtual function that moved', () => {
  const facts = host([port()]);
  const devices = [part(nic, 1, {mac: '52:54:00:00:00:01'}), part(nic, 2)];
  const before = plan(devices, facts);
  const claim = claimOf(before.plan, facts.pci);
  const applied = {version: 3, plan: before.plan, bootId: 'before'} as const;
  /** The kernel has put them elsewhere: one further, so that the first is now where the second was. */
  const moved = host(made(port({sriov: sampleSriov({offset: 132})}), 3));
  const domain = {
    name: 'nas',
    uuid: null,
    path: '/etc/libvirt/qemu/nas.xml',
    xml: `${xmlOf(before)}\n`,
    isActive: false,
    isAutostart: true,
  };
  const later = (base: HostFacts): HostFacts => ({
    ...withClaims(base, claim),
    virtualisation: {...libvirtOf(base), domains: [domain]},
    files: {...base.files, [domain.path]: sampleFile(domain.path, domain.xml)},
  });

  it('is found by verify, and mended by the next apply', () => {
    const results = verifyPlan(later(moved), applied, 'after').filter(({id}) => id.startsWith('vf-'));
    expect(results.filter(({status}) => status === 'broken')).toMatchObject([
      {
        id: 'vf-address',
        fact: expect.stringContaining('It is 0000:04:11.0 now'),
        remedy: expect.stringContaining('Apply'),
      },
      {id: 'vf-address', fact: expect.stringContaining('It is 0000:04:11.4 now')},
    ]);
    const preview = plan(devices, later(moved));
    expect(blockers(preview)).toEqual([]);
    expect(found(preview.findings, 'guest-hostdev-missing')).toEqual([]);
    const diff = diffOf(preview, domain.path);
    const lines = diff.split('\n').filter((line) => /^[+-] /.test(line));
    expect(lines.map((line) => line.replace(/^([+-]) +/, '$1 '))).toEqual([
      "- <address type='pci' domain='0x0000' bus='0x04' slot='0x10' function='0x4'/>",
      "+ <address type='pci' domain='0x0000' bus='0x04' slot='0x11' function='0x0'/>",
      "- <address type='pci' domain='0x0000' bus='0x04' slot='0x11' function='0x0'/>",
      "+ <address type='pci' domain='0x0000' bus='0x04' slot='0x11' function='0x4'/>",
    ]);
  });

  it('is nothing to do before the reboot, and after one that kept its word', () => {
    const again = plan(devices, later(facts));
    expect(found(again.findings, 'guest-hostdev-missing')).toEqual([]);
    expect(diffOf(again, domain.path)).toBe('');
    const kept = verifyPlan(later(host(made(port(), 3))), applied, 'after').filter(({id}) => id.startsWith('vf-'));
    expect(kept.map(({id, status}) => `${id} ${status}`)).toEqual(
      [
        'vf-parent',
        'vf-count',
        'vf-address',
        'vf-group',
        'vf-parent',
        'vf-count',
        'vf-address',
        'vf-group',
        'vf-interface',
      ].map((id) => `${id} kept`),
    );
    expect(verifyPlan(later(facts), applied, 'before').filter(({id}) => id === 'vf-count')).toMatchObject([
      {status: 'pending'},
      {status: 'pending'},
    ]);
  });

  it('is missed by verify where the card is gone, has another driver or has made too few', () => {
    const verdicts = (pci: readonly PciFunction[]) =>
      verifyPlan(later(host(pci)), applied, 'after')
        .filter(({id, status}) => id.startsWith('vf-') && status === 'broken')
        .map(({id}) => id);
    expect(new Set(verdicts([]))).toEqual(new Set(['vf-parent', 'vf-count', 'vf-address']));
    expect(new Set(verdicts(made(port({driver: 'vfio-pci'}), 3)))).toEqual(new Set(['vf-parent']));
    expect(new Set(verdicts(made(port(), 2)))).toEqual(new Set(['vf-count', 'vf-address']));
    expect(new Set(verdicts(made(port({iommuGroup: 41}), 3)))).toEqual(new Set(['vf-group']));
  });
});

it('the addresses of these tests are addresses', () => expect([nic, disk].every(isPciAddress)).toBe(true));
