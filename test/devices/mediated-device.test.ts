import {describe, expect, it} from 'vitest';
import {previewChanges} from '../../src/changes/preview.ts';
import {addressesOf, deviceKinds, identityOf} from '../../src/devices/device-kinds.ts';
import {definitionPath, definitionText} from '../../src/devices/mediated-device/definition.ts';
import {mediatedDeviceKind} from '../../src/devices/mediated-device/mediated-device-kind.ts';
import type {ProfileMediatedDevice} from '../../src/devices/mediated-device/mediated-device-format.ts';
import {mediatedUnitPaths} from '../../src/devices/mediated-device/unit.ts';
import type {GuestClaim} from '../../src/facts/guest-claims.ts';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import type {MediatedFacts} from '../../src/facts/mediated.ts';
import {libvirtOf} from '../../src/facts/virtualisation.ts';
import type {Finding} from '../../src/findings/finding.ts';
import {claimOf} from '../../src/plan/claim-of-plan.ts';
import {decodeProfile, encodeProfile} from '../../src/pipeline/profile-file.ts';
import {proposeProfile} from '../../src/pipeline/propose-profile.ts';
import type {ProfileDevice} from '../../src/profile/profile.ts';
import {verifyPlan} from '../../src/verify/verify-plan.ts';
import {addedIn} from '../support/added-in.ts';
import {sampleFacts, samplePci, samplePciFunctions} from '../support/sample-facts.ts';
import {sampleParent, sampleType} from '../support/sample-mediated.ts';
import {sampleFile, sampleFiles} from '../support/sample-plan.ts';
import {sampleDevice, sampleProfile} from '../support/sample-profile.ts';

// All hosts here are invented; types and their numbers are as public listings of such cards show them.
const gpu = '0000:41:00.0';
const uuids = ['11111111-2222-4333-8444-000000000001', '11111111-2222-4333-8444-000000000002'] as const;
const [first, second] = uuids;
const grub = sampleFiles({'/etc/default/grub': 'GRUB_CMDLINE_LINUX_DEFAULT="quiet"\n'});

const turing = sampleParent(
  gpu,
  [
    sampleType('nvidia-256', 1024, 24, {name: 'GRID RTX6000-1Q'}),
    sampleType('nvidia-257', 2048, 12, {name: 'GRID RTX6000-2Q'}),
    sampleType('nvidia-258', 3072, 8, {name: 'GRID RTX6000-3Q'}),
    sampleType('nvidia-435', 1024, 24, {name: 'GRID RTX6000-1B'}),
  ],
  {driver: 'nvidia', numaNode: 1},
);
const mbochs = sampleParent('mbochs', [
  sampleType('mbochs-large', 64, 4),
  sampleType('mbochs-medium', 16, 16),
  sampleType('mbochs-small', 4, 64),
]);
const mtty = sampleParent('mtty', [sampleType('mtty-1', null, 24, {name: 'Single port serial'})]);
const matrix = sampleParent('matrix', [sampleType('vfio_ap-passthrough', null, 1, {api: 'vfio-ap'})]);
const card = samplePci(gpu, {
  vendor: '10de',
  device: '1e30',
  driver: 'nvidia',
  iommuGroup: 60,
  numaNode: 1,
  upstream: ['0000:40:01.0'],
  name: 'TU102GL [Quadro RTX 6000/8000]',
  hasMdevTypes: true,
});

const mediated = (more: Partial<MediatedFacts> = {}): MediatedFacts => ({
  parents: [turing, mbochs, mtty, matrix],
  devices: [],
  autostart: null,
  ...more,
});
const host = (more: Partial<HostFacts> = {}): HostFacts =>
  sampleFacts(undefined, {pci: [...samplePciFunctions, card], files: grub, mediated: mediated(), ...more});
const slice = (more: Partial<ProfileMediatedDevice['mdev']> = {}): ProfileMediatedDevice => ({
  kind: 'mediated-device',
  mdev: {
    parent: 'auto',
    id: null,
    subsystem: null,
    upstream: null,
    type: null,
    name: null,
    vramMiB: null,
    suffix: null,
    uuid: first,
    attributes: [],
    display: false,
    ...more,
  },
});
const plan = (devices: readonly ProfileDevice[], facts: HostFacts = host(), guest = 'nas') =>
  previewChanges(facts, sampleProfile({devices, guest: {name: guest, os: 'linux'}}));
const blockers = ({findings}: {readonly findings: readonly Finding[]}): readonly string[] =>
  findings.filter(({severity}) => severity === 'blocker').map(({code}) => code);
const found = (findings: readonly Finding[], code: string): readonly Finding[] =>
  findings.filter((finding) => finding.code === code);
const chosen = (devices: readonly ProfileDevice[], facts?: HostFacts): readonly string[] =>
  plan(devices, facts).plan.devices.flatMap(({assigned}) =>
    assigned.type === 'mediated-device' ? [`${assigned.parent}/${assigned.mdevType}`] : [],
  );
const claimed = (devices: readonly ProfileDevice[], facts: HostFacts, guest: string): GuestClaim =>
  claimOf(plan(devices, facts, guest).plan, facts.pci);
const withClaims = (facts: HostFacts, ...recorded: readonly GuestClaim[]): HostFacts => ({
  ...facts,
  guests: {recorded, printed: null},
});
const withGuest = (name: string, devices: string): Partial<HostFacts> => ({
  virtualisation: {
    ...libvirtOf(sampleFacts()),
    domains: [
      {
        name,
        uuid: null,
        path: `/etc/libvirt/qemu/${name}.xml`,
        xml: `<domain type='kvm'><name>${name}</name><devices>${devices}</devices></domain>`,
        isActive: true,
        isAutostart: false,
      },
    ],
  },
});
const hostdev = (uuid: string): string =>
  `<hostdev mode='subsystem' type='mdev' model='vfio-pci'><source><address uuid='${uuid}'/></source></hostdev>`;

describe('a slice in a profile', () => {
  const text = `version: 2
name: nas
devices:
  - mdev:
      parent: 0000:41:00.0
      id: 10de:1e30
      upstream: [0000:40:01.0]
      vram: 1000-2000 MiB
      suffix: Q
      uuid: 11111111-2222-4333-8444-00000000000A
      attributes:
        - name: nvidia/vgpu_params
          value: frame_rate_limiter=0
      display: yes
cpu:
  vcpus: 4
memory:
  size: 4 GiB
guest:
  name: nas
`;

  it('is known by parent and type, else by its UUID, and written as it was read', () => {
    const {profile, findings} = decodeProfile(text, 'nas.yaml');
    expect(findings).toEqual([]);
    if (profile === null) throw new Error('not decoded');
    expect(profile.devices.map(identityOf)).toEqual(['mdev 11111111-2222-4333-8444-00000000000a']);
    expect(profile.devices.flatMap(addressesOf)).toEqual([gpu]);
    expect(profile.devices[0]).toMatchObject({
      mdev: {vramMiB: {minimum: 1000, maximum: 2000}, display: true, suffix: 'Q'},
    });
    expect(decodeProfile(encodeProfile(profile), 'nas.yaml').profile).toEqual(profile);
    expect(identityOf(slice({parent: 'mtty', type: 'mtty-1'}))).toBe('mtty/mtty-1');
    expect(addressesOf(slice({parent: 'mtty'}))).toEqual([]);
  });

  it.each([
    ['version: 2', 'version: 1', 'devices[0].mdev', /no devices with `mdev`/],
    ['00000000000A', 'A', 'devices[0].mdev.uuid', /not a UUID/],
    ['1000-2000 MiB', '2000-1000 MiB', 'devices[0].mdev.vram', /ends before it begins/],
    ['1000-2000 MiB', '1000', 'devices[0].mdev.vram', /in MiB or GiB/],
    ['parent: 0000:41:00.0', 'parent: ../x', 'devices[0].mdev.parent', /not a name in/],
    ['nvidia/vgpu_params', '../remove', 'devices[0].mdev.attributes[0].name', /not the name of an attribute/],
    ['      uuid: 11111111-2222-4333-8444-00000000000A\n', '', 'devices[0].mdev.uuid', /is missing/],
  ])('is refused with its place where %s is %s', (from, to, subject, message) => {
    const {findings} = decodeProfile(text.replace(from, to), 'nas.yaml');
    expect(findings).toMatchObject([
      {subject, at: {file: 'nas.yaml', line: expect.any(Number)}, message: expect.stringMatching(message)},
    ]);
  });

  it('may be there twice of one type, and not twice with one UUID', () => {
    const item = (uuid: string): string => `  - mdev: {parent: mbochs, type: mbochs-small, uuid: ${uuid}}\n`;
    const two = (...all: readonly string[]) =>
      decodeProfile(text.replace(/ {2}- mdev:[\s\S]*(?=cpu:)/, all.map(item).join('')), 'nas.yaml').findings;
    expect(two(first, second)).toEqual([]);
    expect(two(first, first)).toMatchObject([{message: 'The device mbochs/mbochs-small is listed twice.'}]);
  });

  it('is proposed by parent and type, with a UUID that nothing here has', () => {
    const understood = (words: string) =>
      deviceKinds.map((kind) => kind.understand(host(), words)).find((one) => one !== null) ?? null;
    expect(understood('41:00.0/GRID RTX6000-1Q')).toEqual({ok: true, identity: `${gpu}/nvidia-256`});
    expect(understood('mtty/mtty-1')).toEqual({ok: true, identity: 'mtty/mtty-1'});
    expect(understood('mtty/mtty-7')).toMatchObject({ok: false, remedy: expect.stringContaining('mtty-1')});
    expect(understood('06:00.0/nvidia-256')).toMatchObject({ok: false, problem: expect.stringContaining('makes no')});
    const [device] = proposeProfile(host(), [`${gpu}/nvidia-256`]).devices;
    expect(device).toMatchObject({
      kind: 'mediated-device',
      mdev: {parent: gpu, id: '10de:1e30', type: 'nvidia-256', name: 'GRID RTX6000-1Q', upstream: ['0000:40:01.0']},
    });
    const uuid = (facts: HostFacts): string => {
      const [proposed] = mediatedDeviceKind.propose(facts, ['mbochs/mbochs-small']);
      return (proposed as ProfileMediatedDevice).mdev.uuid;
    };
    const one = uuid(host());
    expect(one).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(uuid(host())).toBe(one);
    const live = {devices: [{uuid: one, parent: 'mbochs', type: 'mbochs-small'}]};
    const defined = {files: {...grub, ...sampleFiles({[definitionPath('mbochs', one)]: '{}'})}};
    for (const more of [{mediated: mediated(live)}, defined]) expect(uuid(host(more))).not.toBe(one);
    const {profile} = decodeProfile(encodeProfile(proposeProfile(host(), [`${gpu}/nvidia-256`])), 'x.yaml');
    expect(profile?.devices).toEqual(proposeProfile(host(), [`${gpu}/nvidia-256`]).devices);
  });

  it('is offered as far as there are any left, with the memory that is left', () => {
    const names = (facts: HostFacts) => mediatedDeviceKind.candidates(facts).flatMap(({identities}) => identities);
    expect(names(host())).toEqual([
      ...['256', '257', '258', '435'].map((number) => `${gpu}/nvidia-${number}`),
      'mbochs/mbochs-large',
      'mbochs/mbochs-medium',
      'mbochs/mbochs-small',
      'mtty/mtty-1',
    ]);
    const taken = withClaims(host(), claimed([slice({parent: gpu, type: 'nvidia-257'})], host(), 'other'));
    expect(names(taken).filter((name) => name.startsWith(gpu))).toEqual([`${gpu}/nvidia-257`]);
    const live = {devices: [{uuid: first, parent: 'mbochs', type: 'mbochs-large'}]};
    const parents = [sampleParent('mbochs', [sampleType('mbochs-large', 64, 3)])];
    expect(mediatedDeviceKind.candidates(host({mediated: mediated({...live, parents})}))).toMatchObject([
      {part: {parent: 'mbochs', name: 'slice of 64 MiB', room: {usedMiB: 64, freeMiB: 192}}, isDisplay: false},
    ]);
  });

  it('is offered once of a GPU with many virtual functions that each make one', () => {
    const parts = ['0000:41:00.4', '0000:41:00.5'].map((address) =>
      samplePci(address as `${string}:${string}:${string}.${string}`, {physicalFunction: gpu}),
    );
    const parents = parts.map(({address}, index) =>
      sampleParent(address, [sampleType('nvidia-600', 8192, index === 0 ? 0 : 1)]),
    );
    const facts = host({pci: [card, ...parts], mediated: mediated({parents})});
    expect(mediatedDeviceKind.candidates(facts).flatMap(({identities}) => identities)).toEqual([
      '0000:41:00.5/nvidia-600',
    ]);
  });
});

describe('the choice of a type', () => {
  it('takes the named one, by its directory or by the name of its driver', () => {
    expect(chosen([slice({type: 'nvidia-258'})])).toEqual([`${gpu}/nvidia-258`]);
    expect(chosen([slice({type: 'GRID RTX6000-3Q'})])).toEqual([`${gpu}/nvidia-258`]);
    // An exact type wins over a range that it is not in.
    expect(chosen([slice({type: 'nvidia-258', vramMiB: {minimum: 1, maximum: 2}})])).toEqual([`${gpu}/nvidia-258`]);
  });

  it('takes the largest in a range, with the end of the name that is wanted', () => {
    const range = {minimum: 1000, maximum: 2500};
    expect(chosen([slice({vramMiB: range})])).toEqual([`${gpu}/nvidia-257`]);
    expect(chosen([slice({vramMiB: {minimum: 1000, maximum: 2000}, suffix: 'B'})])).toEqual([`${gpu}/nvidia-435`]);
    expect(chosen([slice({vramMiB: {minimum: 4, maximum: 16}})])).toEqual(['mbochs/mbochs-medium']);
  });

  it('prefers the node of the guest, and the type that is there already, before the order of names', () => {
    const twin = sampleParent('0000:42:00.0', turing.types, {numaNode: 0});
    const both = (devices: MediatedFacts['devices'] = []) =>
      host({mediated: mediated({parents: [turing, twin], devices})});
    const wanted = slice({type: 'nvidia-256'});
    const on = (node: number | 'auto', facts: HostFacts) =>
      previewChanges(
        facts,
        sampleProfile({devices: [wanted], cpu: {node}, guest: {name: 'nas', os: 'linux'}}),
      ).plan.devices.map(({assigned}) => (assigned.type === 'mediated-device' ? assigned.parent : ''));
    expect(on(0, both())).toEqual(['0000:42:00.0']);
    expect(on(1, both())).toEqual([gpu]);
    expect(on('auto', both())).toEqual([gpu]);
    expect(on('auto', both([{uuid: second, parent: '0000:42:00.0', type: 'nvidia-256'}]))).toEqual(['0000:42:00.0']);
  });

  it('stays what it was by an earlier run, although another would be chosen now', () => {
    const wish = slice({vramMiB: {minimum: 1000, maximum: 4000}});
    const before = host({mediated: mediated({parents: [sampleParent(gpu, turing.types.slice(0, 1))]})});
    const claim = claimed([wish], before, 'nas');
    expect(chosen([wish])).toEqual([`${gpu}/nvidia-258`]);
    expect(chosen([wish], withClaims(host(), claim))).toEqual([`${gpu}/nvidia-256`]);
  });

  it('counts a slice of its own that is there as free, so that nothing is refused by itself', () => {
    const full = mediated({
      parents: [sampleParent('mbochs', [sampleType('mbochs-large', 64, 0)])],
      devices: [{uuid: first, parent: 'mbochs', type: 'mbochs-large'}],
    });
    const wish = {parent: 'mbochs', type: 'mbochs-large'};
    expect(chosen([slice(wish)], host({mediated: full}))).toEqual(['mbochs/mbochs-large']);
    expect(blockers(plan([slice({...wish, uuid: second})], host({mediated: full})))).toEqual(['mdev-full']);
  });

  it('takes several in order, and each leaves less: also of other types, which share the memory', () => {
    const large = (uuid: string) => slice({parent: 'mbochs', type: 'mbochs-large', uuid});
    const ids = [1, 2, 3, 4, 5].map((number) => `11111111-2222-4333-8444-00000000000${number}`);
    expect(blockers(plan(ids.slice(0, 4).map(large)))).toEqual([]);
    expect(blockers(plan(ids.map(large)))).toEqual(['mdev-full']);
    const small = slice({parent: 'mbochs', type: 'mbochs-small', uuid: ids[4] ?? ''});
    expect(blockers(plan([...ids.slice(0, 4).map(large), small]))).toEqual(['mdev-full']);
    expect(blockers(plan([...ids.slice(0, 3).map(large), small]))).toEqual([]);
  });

  it('failure mode 57: never mixes sizes on one GPU of NVIDIA', () => {
    const one = slice({type: 'nvidia-256'});
    const other = slice({type: 'nvidia-257', uuid: second});
    const {findings} = plan([one, other]);
    expect(found(findings, 'mdev-other-size-active')).toMatchObject([
      {severity: 'blocker', message: expect.stringContaining('slices of 1024 MiB on the same GPU')},
    ]);
    expect(blockers(plan([one, slice({type: 'nvidia-435', uuid: second})]))).toEqual([]);
    const claim = claimed([slice({type: 'nvidia-257', uuid: second})], host(), 'other');
    expect(blockers(plan([one], withClaims(host(), claim)))).toEqual(['mdev-other-size-active']);
    // As a listing of such a card shows it: one 2Q there, and every other size has none left.
    const live = mediated({
      parents: [
        sampleParent(gpu, [
          sampleType('nvidia-256', 1024, 0, {name: 'GRID RTX6000-1Q'}),
          sampleType('nvidia-257', 2048, 11, {name: 'GRID RTX6000-2Q'}),
        ]),
      ],
      devices: [{uuid: second, parent: gpu, type: 'nvidia-257'}],
    });
    expect(blockers(plan([one], host({mediated: live})))).toEqual(['mdev-other-size-active']);
  });

  it('failure mode 68: has slices of several sizes on the MIG instances of one GPU, and says what they need', () => {
    const split = mediated({
      parents: [
        sampleParent(gpu, [
          sampleType('nvidia-474', 5120, 2, {name: 'GRID A100-1-5C'}),
          sampleType('nvidia-475', 10_240, 1, {name: 'GRID A100-2-10C'}),
        ]),
      ],
    });
    const small = (uuid: string) => slice({type: 'nvidia-474', uuid});
    const devices = [slice({type: 'nvidia-475'}), small(second), small('11111111-2222-4333-8444-00000000000c')];
    const {findings} = plan(devices, host({mediated: split}));
    expect(blockers({findings})).toEqual([]);
    expect(found(findings, 'vgpu-mig')).toMatchObject([
      {severity: 'note', message: expect.stringContaining('GRID A100-2-10C is backed by a MIG instance')},
      {},
      {},
    ]);
    const more = small('11111111-2222-4333-8444-00000000000d');
    expect(blockers(plan([...devices, more], host({mediated: split})))).toEqual(['mdev-full']);
    expect(found(plan([slice({type: 'nvidia-256'})]).findings, 'vgpu-mig')).toEqual([]);
  });

  it.each([
    ['no parent', {parent: 'none0'}, 'mdev-parent-missing', /none0 .*has 0000:41:00\.0, mbochs, mtty, matrix/],
    ['a card that makes none', {parent: '0000:06:00.0'}, 'mdev-parent-missing', /0000:06:00\.0 .*makes no mediated/],
    ['another type', {type: 'nvidia-2560'}, 'mdev-type-unknown', /is called nvidia-2560/],
    ['no wish at all', {}, 'mdev-type-unknown', /neither which type/],
    ['no size in the range', {vramMiB: {minimum: 9000, maximum: 9001}}, 'mdev-none-in-range', /9000 to 9001 MiB/],
    ['a type that is no PCI device', {type: 'vfio_ap-passthrough'}, 'mdev-not-a-pci-device', /vfio-ap/],
    ['a parent without PCI types', {parent: 'matrix', suffix: 'x'}, 'mdev-not-a-pci-device', /matrix .*vfio-ap/],
    ['another name', {type: 'nvidia-256', name: 'NVIDIA A40-1Q'}, 'mdev-type-unknown', /is GRID RTX6000-1Q/],
    ['ids without an address', {parent: 'mtty', type: 'mtty-1', id: '10de:1e30'}, 'device-mismatch', /no PCI address/],
    ['other ids', {parent: gpu, type: 'nvidia-256', id: '10de:1111'}, 'device-mismatch', /10de:1111/],
  ] as const)('says why there is none: %s', (_, wish, code, message) => {
    const {findings} = plan([slice(wish)]);
    expect(found(findings, code)).toMatchObject([{severity: 'blocker', message: expect.stringMatching(message)}]);
  });

  it('says which type was meant, and that an unknown size can be chosen by name only', () => {
    expect(found(plan([slice({type: 'mbochs-smal'})]).findings, 'mdev-type-unknown')).toMatchObject([
      {remedy: 'Did you mean mbochs-small?'},
    ]);
    expect(chosen([slice({type: 'mtty-1'})])).toEqual(['mtty/mtty-1']);
    expect(blockers(plan([slice({parent: 'mtty', vramMiB: {minimum: 0, maximum: 9}})]))).toEqual([
      'mdev-none-in-range',
    ]);
  });

  it('failure mode 58: where the driver makes no types any more, says what would', () => {
    const facts = host({mediated: mediated({parents: []})});
    expect(
      found(plan([slice({parent: gpu, type: 'nvidia-256'})], facts).findings, 'mdev-parent-missing'),
    ).toMatchObject([{remedy: expect.stringContaining('From vGPU 17 on')}]);
    const intel = samplePci('0000:00:02.0', {vendor: '8086', device: '3e9b', driver: 'i915', iommuGroup: 0});
    const laptop = host({pci: [intel], mediated: mediated({parents: []})});
    expect(found(plan([slice({parent: '0000:00:02.0'})], laptop).findings, 'mdev-parent-missing')).toMatchObject([
      {remedy: expect.stringContaining('i915.enable_gvt=1')},
    ]);
  });
});

describe('the plan of a guest with a slice', () => {
  const wish = slice({parent: 'mbochs', type: 'mbochs-small', display: true});

  it('failure mode 59: leaves the parent with the host, and makes the slice before a guest starts', () => {
    const preview = plan([wish]);
    expect(blockers(preview)).toEqual([]);
    expect(preview.plan.devices).toMatchObject([{kind: 'mediated-device', address: null, bindBy: null, driver: null}]);
    expect(preview.plan.binding).toMatchObject({byAddress: [], softdeps: [], initramfsModules: []});
    const {script, unit, link} = mediatedUnitPaths('nas');
    expect(addedIn(preview, script)).toContain(`\nmake mbochs mbochs-small ${first} || failed=1`);
    expect(addedIn(preview, unit)).toContain(
      '\nBefore=libvirtd.service virtqemud.service libvirt-guests.service pve-guests.service\n',
    );
    expect(addedIn(preview, unit)).not.toContain('.socket');
    expect(preview.changes.map(({path}) => path)).toEqual(
      expect.arrayContaining([script, unit, link, definitionPath('mbochs', first)]),
    );
    expect(preview.changes.map(({path}) => path).filter((path) => /initramfs|modprobe/.test(path))).toEqual([]);
  });

  it('gives it to the guest by its UUID, where the guest is libvirt’s', () => {
    expect(addedIn(plan([wish]), '/etc/libvirt/qemu/nas.xml')).toMatch(
      /<hostdev mode='subsystem' type='mdev' managed='no' model='vfio-pci' display='on'>\s*<source>\s*<address uuid='11111111-2222-4333-8444-000000000001'\/>\s*<\/source>\s*<\/hostdev>/,
    );
    expect(addedIn(plan([slice({type: 'mtty-1'})]), '/etc/libvirt/qemu/nas.xml')).not.toContain('display=');
  });

  it('leaves the one that the guest has, and says of others that they are there or gone', () => {
    const domain = (devices: string, live: MediatedFacts['devices'] = []) => {
      const facts = host({...withGuest('nas', devices), mediated: mediated({devices: live})});
      const [own] = libvirtOf(facts).domains;
      const path = own?.path ?? '';
      const preview = plan([wish], {...facts, files: {...grub, [path]: sampleFile(path, own?.xml ?? '')}});
      return {diff: addedIn(preview, path), findings: preview.findings};
    };
    const screen = "<graphics type='vnc'/>";
    const kept = domain(screen + hostdev(first));
    expect(kept.diff.match(/<hostdev/g) ?? []).toHaveLength(1);
    expect(kept.diff).toContain("model='vfio-pci' display='on'");
    expect(found(kept.findings, 'guest-hostdev-missing')).toEqual([]);
    expect(found(domain(hostdev(second)).findings, 'guest-hostdev-missing')).toMatchObject([
      {severity: 'warning', message: expect.stringContaining(second)},
    ]);
    const there = domain(hostdev(second), [{uuid: second, parent: 'mtty', type: 'mtty-1'}]);
    expect(found(there.findings, 'guest-hostdev-foreign')).toMatchObject([{severity: 'note'}]);
    expect(found(domain(hostdev(first)).findings, 'mdev-display-impossible')).toMatchObject([{severity: 'blocker'}]);
    expect(found(domain(screen).findings, 'mdev-display-impossible')).toEqual([]);
  });

  it('takes away what an earlier run defined and this plan has not', () => {
    const earlier = claimed([wish, slice({type: 'mtty-1', uuid: second})], host(), 'nas');
    const {unit, script, link} = mediatedUnitPaths('nas');
    const own = '# Generated by vfio-pilot\n';
    const files = {
      ...grub,
      ...sampleFiles({
        [definitionPath('mbochs', first)]: definitionText('mbochs-small', []),
        [definitionPath('mtty', second)]: definitionText('mtty-1', []),
        [unit]: own,
        [script]: own,
      }),
      [link]: sampleFile(link, '', {state: 'symlink', text: null, target: unit}),
    };
    const facts = withClaims(host({files}), earlier);
    const gone = (devices: readonly ProfileDevice[]) =>
      plan(devices, facts).changes.flatMap(({kind, path}) => (kind === 'remove' ? [path] : []));
    expect(gone([wish])).toEqual([definitionPath('mtty', second)]);
    expect(gone([sampleDevice('0000:06:00.0'), sampleDevice('0000:06:00.1')]).sort()).toEqual(
      [definitionPath('mbochs', first), definitionPath('mtty', second), unit, script, link].sort(),
    );
  });

  it('failure mode 60: says that mdevctl starts nothing, with rule and program', () => {
    const autostart = {rule: '/usr/lib/udev/rules.d/60-mdevctl.rules', program: '/usr/sbin/mdevctl', isThere: false};
    expect(
      found(plan([wish], host({mediated: mediated({autostart})})).findings, 'mdev-autostart-broken'),
    ).toMatchObject([
      {severity: 'note', message: expect.stringMatching(/60-mdevctl\.rules runs \/usr\/sbin\/mdevctl/)},
    ]);
    const right = {...autostart, isThere: true};
    expect(
      found(plan([wish], host({mediated: mediated({autostart: right})})).findings, 'mdev-autostart-broken'),
    ).toEqual([]);
  });
});

describe('the definition of a slice', () => {
  it('has the bytes that mdevctl 1.2.0 wrote for the same choices, without a newline at the end', () => {
    expect(definitionText('mbochs-small', [])).toBe(
      '{\n  "mdev_type": "mbochs-small",\n  "start": "auto",\n  "attrs": []\n}',
    );
    expect(
      definitionText('i915-GVTg_V5_4', [
        {name: 'edid', value: 'x y"z\\q/'},
        {name: 'b', value: '1'},
      ]),
    ).toBe(
      '{\n  "mdev_type": "i915-GVTg_V5_4",\n  "start": "auto",\n  "attrs": [\n    {\n      "edid": "x y\\"z\\\\q/"\n    },\n    {\n      "b": "1"\n    }\n  ]\n}',
    );
  });
});

describe('failure mode 61: a slice is refused', () => {
  const wish = slice({parent: gpu, type: 'nvidia-256'});
  const file = (path: string, text: string): Partial<HostFacts> => ({files: {...grub, ...sampleFiles({[path]: text})}});
  const whole = `<hostdev mode='subsystem' type='pci'><source><address domain='0x0' bus='0x41' slot='0x00' function='0x0'/></source></hostdev>`;

  it.each<readonly [string, string, RegExp, Partial<HostFacts>]>([
    [
      'of a card that another guest has',
      'mdev-parent-is-bound',
      /router has 0000:41:00\.0/,
      withGuest('router', whole),
    ],
    [
      'of a card with vfio-pci',
      'mdev-parent-is-bound',
      /is with vfio-pci/,
      {pci: [...samplePciFunctions, {...card, driver: 'vfio-pci'}]},
    ],
    [
      'of a card that vfio-pci.ids= takes',
      'mdev-parent-is-bound',
      /started with vfio-pci\.ids=10de:1e30/,
      {boot: {...sampleFacts().boot, commandLine: 'quiet vfio-pci.ids=10de:1e30'}},
    ],
    [
      'of a card whose driver is blacklisted',
      'mdev-parent-is-bound',
      /keeps nvidia/,
      file('/etc/modprobe.d/x.conf', 'blacklist nvidia\n'),
    ],
    ['with a UUID of another guest', 'mdev-uuid-taken', /router has the mediated/, withGuest('router', hostdev(first))],
    [
      'with a UUID that is defined for another parent',
      'mdev-uuid-taken',
      /mdevctl\.d\/mtty\/.* as mtty-1 of mtty/,
      file(definitionPath('mtty', first), definitionText('mtty-1', [])),
    ],
    [
      'with a UUID that is there as another type',
      'mdev-uuid-taken',
      /is there now as mtty-1 of mtty/,
      {mediated: mediated({devices: [{uuid: first, parent: 'mtty', type: 'mtty-1'}]})},
    ],
  ])('%s: %s', (_, code, message, more) => {
    const {findings} = plan([wish], host(more));
    expect(found(findings, code)).toMatchObject([{severity: 'blocker', message: expect.stringMatching(message)}]);
  });

  it('together with its parent, and where another guest takes that whole by its profile', () => {
    expect(blockers(plan([wish, sampleDevice(gpu)]))).toContain('mdev-parent-is-bound');
    const claim = claimed([sampleDevice(gpu)], host(), 'other');
    expect(blockers(plan([wish], withClaims(host(), claim)))).toEqual(['mdev-parent-is-bound']);
  });

  it('and so is a whole card of which a guest has a slice, or of which there are some', () => {
    const claim = claimed([wish], host(), 'one');
    expect(blockers(plan([sampleDevice(gpu)], withClaims(host(), claim), 'two'))).toContain('mdev-parent-is-bound');
    const devices = [{uuid: second, parent: gpu, type: 'nvidia-256'}];
    const live = host({mediated: mediated({devices})});
    expect(found(plan([sampleDevice(gpu)], live).findings, 'mdev-parent-is-bound')).toMatchObject([
      {message: expect.stringContaining(second)},
    ]);
    const used = host({mediated: mediated({devices}), ...withGuest('router', hostdev(second))});
    expect(found(plan([sampleDevice(gpu)], used).findings, 'mdev-parent-is-bound')).toMatchObject([
      {message: expect.stringContaining('The guest router has a slice')},
    ]);
    expect(blockers(plan([sampleDevice(gpu)]))).not.toContain('mdev-parent-is-bound');
  });

  it('on a system that is made from a configuration', () => {
    const facts = host();
    const {boot} = facts;
    const declared = {...facts, boot: {...boot, support: {...boot.support, isDeclarative: true}}};
    expect(found(plan([wish], declared).findings, 'mdev-unit-by-hand')).toMatchObject([{severity: 'blocker'}]);
  });

  it('and only told of where its parent is a virtual function, or a GeForce', () => {
    const part = samplePci('0000:41:00.4', {physicalFunction: gpu, driver: 'nvidia', iommuGroup: 61});
    const parents = [sampleParent('0000:41:00.4', [sampleType('nvidia-600', 8192, 1)])];
    const ampere = host({pci: [card, part], mediated: mediated({parents})});
    const {findings} = plan([slice({type: 'nvidia-600'})], ampere);
    expect(found(findings, 'mdev-parent-is-virtual')).toMatchObject([
      {severity: 'warning', remedy: expect.stringContaining(`sriov-manage -e ${gpu}`)},
    ]);
    expect(blockers({findings})).toEqual([]);
    const geforce = host({pci: [{...card, name: 'TU102 [GeForce RTX 2080 Ti]'}]});
    expect(found(plan([wish], geforce).findings, 'vgpu-altered-driver')).toMatchObject([{severity: 'note'}]);
    expect(found(plan([wish]).findings, 'vgpu-altered-driver')).toEqual([]);
  });
});

describe('two guests with slices of one parent', () => {
  const wish = (uuid: string) => slice({parent: 'mbochs', type: 'mbochs-medium', uuid});

  it('have files of their own, and no UUID in common', () => {
    const one = claimed([wish(first)], host(), 'one');
    const preview = plan([wish(second)], withClaims(host(), one), 'two');
    expect(blockers(preview)).toEqual([]);
    expect(preview.changes.map(({path}) => path)).not.toContain(mediatedUnitPaths('one').script);
    expect(preview.changes.map(({path}) => path)).not.toContain(definitionPath('mbochs', first));
    const same = plan([wish(first)], withClaims(host(), one), 'two');
    expect(found(same.findings, 'mdev-uuid-taken')).toMatchObject([
      {severity: 'blocker', message: expect.stringContaining('guest one')},
    ]);
  });
});

describe('verify', () => {
  const wish = slice({parent: 'mbochs', type: 'mbochs-small'});
  const before = plan([wish]);
  const applied = {version: 3, plan: before.plan, bootId: 'before'} as const;
  const after = (more: Partial<MediatedFacts>, boot = 'after') =>
    verifyPlan(host({mediated: mediated(more)}), applied, boot).filter(({id}) => id.startsWith('mdev-'));
  const verdicts = (more: Partial<MediatedFacts>, boot?: string) =>
    after(more, boot).map(({id, status}) => `${id} ${status}`);
  const live = (type: string, parent = 'mbochs') => ({devices: [{uuid: first, parent, type}]});

  it('failure mode 61: finds the slice by UUID, type and parent, and says what is wrong', () => {
    expect(verdicts(live('mbochs-small'))).toEqual(['mdev-parent kept', 'mdev-device kept']);
    expect(verdicts({})).toEqual(['mdev-parent kept', 'mdev-device broken']);
    expect(after({})[1]?.remedy).toContain('systemctl status vfio-pilot-mdev-nas.service');
    expect(after(live('mbochs-large'))[1]).toMatchObject({
      status: 'broken',
      promise: expect.stringContaining('mbochs-small'),
      fact: 'It is mbochs-large of mbochs.',
    });
    expect(verdicts(live('mtty-1', 'mtty'))).toContain('mdev-device broken');
    expect(verdicts({parents: []})).toEqual(['mdev-parent broken', 'mdev-device broken']);
  });

  it('waits for the reboot', () => expect(verdicts({}, 'before')).toEqual(['mdev-parent kept', 'mdev-device pending']));
});
