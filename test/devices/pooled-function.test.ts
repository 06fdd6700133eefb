import {execFileSync} from 'node:child_process';
import {existsSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {previewChanges} from '../../src/changes/preview.ts';
import {addressesOf, deviceKinds, identityOf} from '../../src/devices/device-kinds.ts';
import {unitPaths} from '../../src/devices/virtual-function/unit.ts';
import type {GuestClaim} from '../../src/facts/guest-claims.ts';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import type {PciFunction} from '../../src/facts/pci.ts';
import {libvirtOf} from '../../src/facts/virtualisation.ts';
import {readNetworks} from '../../src/host/libvirt/networks.ts';
import {kvm} from '../../src/hypervisor/kvm/kvm.ts';
import {otherGuests} from '../../src/plan/other-guest.ts';
import {claimOf} from '../../src/plan/claim-of-plan.ts';
import {decodeProfile, encodeProfile} from '../../src/pipeline/profile-file.ts';
import {proposeProfile} from '../../src/pipeline/propose-profile.ts';
import type {ProfileDevice} from '../../src/profile/profile.ts';
import {verifyPlan} from '../../src/verify/verify-plan.ts';
import {proxmoxFacts} from '../support/proxmox-facts.ts';
import {sampleFacts, samplePci, samplePciFunctions, sampleSriov} from '../support/sample-facts.ts';
import {sampleFiles} from '../support/sample-plan.ts';
import {sampleDevice, sampleProfile} from '../support/sample-profile.ts';

const nic = '0000:04:00.0';
const networkFile = '/etc/libvirt/qemu/networks/vf-enp4s0f0.xml';

const card = (more: Partial<PciFunction> = {}): PciFunction =>
  samplePci(nic, {
    class: '020000',
    vendor: '8086',
    device: '1521',
    driver: 'igb',
    iommuGroup: 30,
    upstream: ['0000:00:1c.0'],
    name: 'I350 Gigabit Network Connection',
    sriov: sampleSriov(),
    ...more,
  });

const of = {address: nic, id: null, subsystem: null, upstream: null} as const;
const any = (more: {readonly count?: number; readonly mac?: string; readonly vlan?: number} = {}): ProfileDevice => ({
  kind: 'pooled-function',
  anyFunction: {of, count: more.count ?? 'auto'},
  mac: more.mac ?? null,
  vlan: more.vlan ?? null,
});
const numbered = (index: number): ProfileDevice => ({
  kind: 'virtual-function',
  function: {of, index, count: 'auto', id: null, vgpu: null, mixedSizes: false},
  mac: null,
  vlan: null,
});

const host = (more: Partial<HostFacts> = {}, pci: readonly PciFunction[] = [card()]): HostFacts =>
  sampleFacts(undefined, {
    pci: [...samplePciFunctions, ...pci],
    files: sampleFiles({'/etc/default/grub': 'GRUB_CMDLINE_LINUX_DEFAULT="quiet"\n'}),
    ...more,
  });
const plan = (devices: readonly ProfileDevice[], facts: HostFacts = host(), guest = 'router') =>
  previewChanges(facts, sampleProfile({devices, guest: {name: guest, os: 'linux'}}));
type Preview = ReturnType<typeof plan>;
const blockers = ({findings}: Preview) => findings.filter(({severity}) => severity === 'blocker');
const codes = (preview: Preview) => blockers(preview).map(({code}) => code);
const textOf = ({changes}: Preview, path: string): string =>
  changes
    .flatMap((change) => (change.path === path && 'diff' in change ? change.diff.split('\n') : []))
    .flatMap((line) => (/^\+(?!\+\+ )/.test(line) ? [line.slice(1)] : []))
    .join('\n');
const xmlOf = (preview: Preview): string => textOf(preview, '/etc/libvirt/qemu/router.xml');
const claimed = (devices: readonly ProfileDevice[], facts: HostFacts, guest: string): GuestClaim =>
  claimOf(plan(devices, facts, guest).plan, facts.pci);
const withClaims = (facts: HostFacts, ...recorded: readonly GuestClaim[]): HostFacts => ({
  ...facts,
  guests: {recorded, printed: null},
});
/** As libvirt has it once the network is defined. */
const withNetwork = (facts: HostFacts, name: string, dev: string | null, isStarted = true): HostFacts => ({
  ...facts,
  virtualisation: {
    ...libvirtOf(facts),
    networks: ['default', name],
    networkPools: dev === null ? {} : {[name]: dev},
    autostartNetworks: isStarted ? [name] : [],
  },
});

describe('any free virtual function in a profile', () => {
  const text = `version: 2
name: router
devices:
  - anyFunction:
      of:
        address: 0000:04:00.0
        id: 8086:1521
      count: 4
    mac: 52:54:00:AB:cd:02
    vlan: 42
cpu:
  vcpus: 4
memory:
  size: 4 GiB
guest:
  name: router
`;

  it('is known by its card, and written as it was read', () => {
    const {profile, findings} = decodeProfile(text, 'router.yaml');
    expect(findings).toEqual([]);
    if (profile === null) throw new Error('not decoded');
    expect(profile.devices.map(identityOf)).toEqual(['0000:04:00.0/any']);
    expect(profile.devices.flatMap(addressesOf)).toEqual([nic]);
    expect(decodeProfile(encodeProfile(profile), 'router.yaml').profile).toEqual(profile);
  });

  it.each([
    ['version: 2', 'version: 1', 'devices[0].anyFunction', /no devices with `anyFunction`/],
    ['count: 4', 'count: 0', 'devices[0].anyFunction.count', /from 1 to/],
    ['count: 4', 'index: 4', 'devices[0].anyFunction.index', /unknown|no key/],
    ['vlan: 42', 'vlan: 4095', 'devices[0].vlan', /from 1 to 4094/],
  ])('is refused with its place where %s is %s', (from, to, subject, message) => {
    expect(decodeProfile(text.replace(from, to), 'router.yaml').findings).toMatchObject([
      {subject, at: {line: expect.any(Number)}, message: expect.stringMatching(message)},
    ]);
  });

  it('is offered of network cards, understood as CARD/any, and proposed with the ids of the card', () => {
    const facts = host();
    const kind = deviceKinds.find((one) => one.kind === 'pooled-function');
    expect(kind?.candidates(facts)).toMatchObject([{identities: [`${nic}/any`], part: {parent: nic}}]);
    expect(kind?.candidates(host({}, [card({class: '010802'})]))).toEqual([]);
    const understood = (words: string) =>
      deviceKinds.map((one) => one.understand(facts, words)).find((one) => one !== null);
    expect(understood('04:00.0/any')).toEqual({ok: true, identity: `${nic}/any`});
    expect(understood('06:00.0/any')).toMatchObject({ok: false, problem: expect.stringContaining('makes no virtual')});
    expect(proposeProfile(facts, [`${nic}/any`]).devices).toMatchObject([
      {kind: 'pooled-function', anyFunction: {of: {address: nic, id: '8086:1521'}, count: 'auto'}},
    ]);
  });
});

describe('the plan of a guest with any free virtual function', () => {
  it('leaves the card with the host, and has libvirt give the function with MAC address and VLAN', () => {
    const preview = plan([any({mac: '52:54:00:00:00:02', vlan: 42})]);
    expect(codes(preview)).toEqual([]);
    expect(textOf(preview, networkFile)).toBe(
      [
        '<network>',
        '  <name>vf-enp4s0f0</name>',
        "  <forward mode='hostdev' managed='yes'>",
        "    <driver name='vfio'/>",
        "    <pf dev='enp4s0f0'/>",
        '  </forward>',
        '</network>',
      ].join('\n'),
    );
    expect(xmlOf(preview)).toMatch(
      /<interface type='network'>\s*<mac address='52:54:00:00:00:02'\/>\s*<source network='vf-enp4s0f0'\/>\s*<vlan>\s*<tag id='42'\/>\s*<\/vlan>\s*<model type='virtio'\/>\s*<\/interface>/,
    );
    expect(xmlOf(preview)).not.toContain("type='hostdev'");
    expect(preview.plan.binding).toMatchObject({byAddress: [], initramfsModules: []});
    const {script, unit} = unitPaths('router');
    expect(textOf(preview, script)).toContain(`\nmake ${nic} 1 keep || failed=1`);
    expect(textOf(preview, unit)).toMatch(/^Before=.* virtnetworkd\.service .*libvirtd\.service/m);
  });

  it('goes through virsh on the running system, and is a file and its link below another root', () => {
    const kinds = (facts: HostFacts) =>
      plan([any()], facts).changes.flatMap((change) =>
        change.path.startsWith('/etc/libvirt/qemu/networks/')
          ? [[change.path.replace('/etc/libvirt/qemu/networks/', ''), 'by' in change ? change.by : 'link']]
          : [],
      );
    expect(kinds(host({isLive: true}))).toEqual([['vf-enp4s0f0.xml', 'registry']]);
    expect(kinds(host({isLive: false}))).toEqual([
      ['vf-enp4s0f0.xml', 'writer'],
      ['autostart/vf-enp4s0f0.xml', 'link'],
    ]);
  });

  it('finds nothing to do where the network is there, whoever made it and whatever it is called', () => {
    const facts = withNetwork(host(), 'cards', 'enp4s0f0');
    const preview = plan([any()], facts);
    expect(preview.changes.filter(({path}) => path.includes('/networks/'))).toEqual([]);
    expect(xmlOf(preview)).toContain("<source network='cards'/>");
    expect(plan([any()], withNetwork(host(), 'cards', 'enp4s0f0', false)).findings).toContainEqual(
      expect.objectContaining({code: 'guest-network-inactive', subject: nic}),
    );
  });

  it('leaves the interface that the guest has, and what libvirt wrote into it', () => {
    const xml = `<domain type='kvm'><name>router</name><memory>1</memory><vcpu>1</vcpu><os><type machine='q35'>hvm</type></os><devices><interface type='network'><mac address='52:54:00:99:99:99'/><source network='vf-enp4s0f0'/><address type='pci' domain='0x0000' bus='0x05' slot='0x00' function='0x0'/></interface></devices></domain>`;
    const facts = withNetwork(host(), 'vf-enp4s0f0', 'enp4s0f0');
    const domain = {
      name: 'router',
      uuid: null,
      path: '/etc/libvirt/qemu/router.xml',
      xml,
      isActive: false,
      isAutostart: false,
    };
    const known: HostFacts = {...facts, virtualisation: {...libvirtOf(facts), domains: [domain]}};
    const diffOf = (devices: readonly ProfileDevice[]): string =>
      plan(devices, known)
        .changes.flatMap((change) => ('diff' in change && change.path === domain.path ? [change.diff] : []))
        .join('');
    expect(diffOf([any()])).toContain(
      "<devices><interface type='network'><mac address='52:54:00:99:99:99'/><source network='vf-enp4s0f0'/><address type='pci' domain='0x0000' bus='0x05' slot='0x00' function='0x0'/></interface><memballoon",
    );
    expect(diffOf([any({mac: '52:54:00:00:00:07'})])).toMatch(
      /<interface type='network'><mac address='52:54:00:00:00:07'\/><source network='vf-enp4s0f0'\/><address type='pci'/,
    );
  });

  it('is taken out of the guest while it is installed', () => {
    const profile = sampleProfile({devices: [any()], guest: {name: 'router', os: 'linux', phase: 'install'}});
    const preview = previewChanges(host(), profile);
    expect(codes(preview)).toEqual([]);
    expect(xmlOf(preview)).not.toContain('vf-enp4s0f0');
  });
});

describe('any free virtual function is refused', () => {
  it.each<readonly [string, RegExp, HostFacts]>([
    ['of a card that is none of Ethernet', /no Ethernet card/, host({}, [card({class: '010802'})])],
    ['of one without an interface', /no network interface/, host({}, [card({sriov: sampleSriov({interface: null})})])],
    ['where the hypervisor has no pools', /Proxmox VE can't give/, proxmoxFacts({}, {overrides: {pci: [card()]}})],
  ])('%s', (_, message, facts) => {
    expect(blockers(plan([any()], facts))).toContainEqual(
      expect.objectContaining({code: 'vf-pool-unsupported', message: expect.stringMatching(message)}),
    );
  });

  it('where libvirt has another network of that name', () => {
    const preview = plan([any()], withNetwork(host(), 'vf-enp4s0f0', null));
    expect(codes(preview)).toEqual(['vf-pool-name-taken']);
    expect(blockers(preview)[0]?.remedy).toContain('virsh net-dumpxml vf-enp4s0f0');
  });

  it('together with one by its number, of this guest or another, in either order', () => {
    expect(codes(plan([any(), numbered(2)]))).toEqual(['vf-pool-mixed', 'vf-pool-mixed']);
    const afterNumber = withClaims(host(), claimed([numbered(2)], host(), 'nas'));
    expect(blockers(plan([any()], afterNumber))).toMatchObject([
      {code: 'vf-pool-mixed', message: expect.stringContaining('The guest nas has 0000:04:00.0/virtfn2')},
    ]);
    const afterPool = withClaims(host(), claimed([any()], host(), 'nas'));
    expect(blockers(plan([numbered(2)], afterPool))).toMatchObject([
      {code: 'vf-pool-mixed', message: expect.stringContaining('The guest nas gets any free')},
    ]);
  });

  it('and its card is not given whole, where a guest that nobody recorded has it; that guest pins its memory', () => {
    const xml = `<domain type='kvm'><name>nas</name><memory unit='GiB'>2</memory><devices><interface type='network'><source network='cards'/></interface></devices></domain>`;
    const base = withNetwork(host(), 'cards', 'enp4s0f0');
    const nas = {name: 'nas', uuid: null, path: '/etc/libvirt/qemu/nas.xml', xml, isActive: true, isAutostart: false};
    const facts: HostFacts = {...base, virtualisation: {...libvirtOf(base), domains: [nas]}};
    expect(blockers(plan([sampleDevice(nic)], facts))).toContainEqual(
      expect.objectContaining({code: 'vf-parent-taken', message: expect.stringContaining('The guest nas gets')}),
    );
    const [other] = otherGuests(facts, kvm.guests(facts), {name: 'router', addresses: []});
    expect([...(other?.lockedKiB.values() ?? [])].reduce((sum, size) => sum + size, 0)).toBe(2 * 1024 * 1024);
  });

  it('where the host uses one of them, and keeps another guest from taking the card whole', () => {
    const sriov = sampleSriov({enabled: 1, functions: ['0000:04:10.0']});
    const one = samplePci('0000:04:10.0', {class: '020000', driver: 'igbvf', iommuGroup: 40, physicalFunction: nic});
    const need = {address: one.address, kind: 'network', chain: 'eth1', spares: []} as const;
    expect(blockers(plan([any()], host({needs: [need]}, [card({sriov}), one])))).toMatchObject([
      {subject: '0000:04:10.0'},
    ]);
    expect(codes(plan([any()], host({}, [card({sriov}), one])))).toEqual([]);
    const claims = withClaims(host(), claimed([any()], host(), 'nas'));
    expect(codes(plan([sampleDevice(nic)], claims))).toContain('vf-parent-taken');
  });
});

describe('two guests with any free virtual function of one card', () => {
  it('share the network, and the second asks for enough for both', () => {
    const first = claimed([any()], host(), 'nas');
    const facts = withClaims(withNetwork(host(), 'vf-enp4s0f0', 'enp4s0f0'), first);
    const preview = plan([any()], facts);
    expect(codes(preview)).toEqual([]);
    expect(preview.plan.devices[0]?.assigned).toMatchObject({count: 2});
    expect(preview.changes.filter(({path}) => path.includes('/networks/'))).toEqual([]);
  });
});

describe('a network that gives out virtual functions', () => {
  const verdict = (facts: HostFacts) =>
    verifyPlan(facts, {version: 3, plan: plan([any()]).plan, bootId: 'before'}, 'after')
      .filter(({id}) => id.startsWith('vf-'))
      .map(({id, status}) => `${id} ${status}`);

  it('is verified with its card and its number', () => {
    const made = host({}, [card({sriov: sampleSriov({enabled: 1})})]);
    expect(verdict(withNetwork(made, 'vf-enp4s0f0', 'enp4s0f0'))).toEqual([
      'vf-parent kept',
      'vf-count kept',
      'vf-pool kept',
      'vf-interface kept',
    ]);
    expect(verdict(withNetwork(made, 'vf-enp4s0f0', 'enp4s0f0', false))).toContain('vf-pool broken');
    expect(verdict(withNetwork(made, 'vf-enp4s0f0', null))).toContain('vf-pool unknown');
    expect(verdict(host())).toEqual(['vf-parent kept', 'vf-count broken', 'vf-pool broken', 'vf-interface kept']);
  });

  it.skipIf(!existsSync('/usr/share/libvirt/schemas/network.rng') || !existsSync('/usr/bin/virsh'))(
    "is valid for libvirt's own schema, and read back as it was meant (skipped where libvirt is not installed)",
    () => {
      const directory = mkdtempSync(join(tmpdir(), 'vfio-pilot-pool-'));
      try {
        const file = join(directory, 'network.xml');
        writeFileSync(file, `${textOf(plan([any()]), networkFile)}\n`);
        const run = (program: string, ...argv: readonly string[]): string =>
          execFileSync(program, argv, {encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe']});
        run('/usr/bin/xmllint', '--noout', '--relaxng', '/usr/share/libvirt/schemas/network.rng', file);
        const dumped = run('/usr/bin/virsh', '-c', 'test:///default', `net-define ${file}; net-dumpxml vf-enp4s0f0`);
        const xml = dumped.slice(dumped.indexOf('<network'));
        expect(xml).toContain("<forward dev='enp4s0f0' mode='hostdev' managed='yes'>".replace("dev='enp4s0f0' ", ''));
        const source = {
          list: (path: string) => (path.endsWith('/networks') ? ['vf-enp4s0f0.xml'] : []),
          text: () => xml,
          exists: () => true,
          link: () => null,
        } as unknown as Parameters<typeof readNetworks>[0];
        expect(readNetworks(source, () => null).networkPools).toEqual({'vf-enp4s0f0': 'enp4s0f0'});
      } finally {
        rmSync(directory, {recursive: true});
      }
    },
  );
});
