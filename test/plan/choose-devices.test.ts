import {describe, expect, it} from 'vitest';
import {identityOf} from '../../src/devices/device-kinds.ts';
import {planPassthrough} from '../../src/pipeline/plan-passthrough.ts';
import {proposeProfile} from '../../src/pipeline/propose-profile.ts';
import {defaultShape, sampleFacts, samplePci, samplePciFunctions} from '../support/sample-facts.ts';
import {sampleDevice, sampleProfile} from '../support/sample-profile.ts';

const codes = (facts = sampleFacts(), profile = sampleProfile()): string[] =>
  planPassthrough(facts, profile)
    .findings.filter((finding) => finding.severity === 'blocker')
    .map((finding) => finding.code);
const withPci = (pci: typeof samplePciFunctions, overrides = {}) => sampleFacts(defaultShape, {pci, ...overrides});

describe('devices', () => {
  it('finds nothing against a clean group with a card for the host next to it', () => {
    expect(codes()).toEqual([]);
  });

  it('takes the other functions of a card along and says why', () => {
    const {plan} = planPassthrough(
      sampleFacts(),
      sampleProfile({devices: [sampleDevice('0000:06:00.0', {id: '10de:1c81'})]}),
    );
    expect(plan.devices.map((one) => one.address)).toEqual(['0000:06:00.0', '0000:06:00.1']);
    expect(plan.decisions.find((decision) => decision.choice === '0000:06:00.1')?.because).toContain('same card');
  });

  it('failure mode 4: blocks a group that holds another endpoint and names it', () => {
    const sata = samplePci('0000:05:00.0', {
      class: '010601',
      vendor: '8086',
      device: '2922',
      driver: 'ahci',
      iommuGroup: 17,
    });
    const {findings} = planPassthrough(withPci([...samplePciFunctions, sata]), sampleProfile());
    expect(findings.find((finding) => finding.code === 'iommu-group-shared')?.message).toContain(
      '0000:05:00.0 (8086:2922, ahci)',
    );
  });

  it('says what the host needs a group mate for, and offers no consent where it could not start without it', () => {
    const mate = samplePci('0000:05:00.0', {class: '020000', vendor: '8086', device: '1', iommuGroup: 17});
    const shared = (kind: 'network' | 'root', chain: string) =>
      planPassthrough(
        withPci([...samplePciFunctions, mate], {needs: [{address: mate.address, kind, chain, spares: []}]}),
        sampleProfile(),
      ).findings.find((finding) => finding.code === 'iommu-group-shared');
    expect(shared('network', 'the default route goes through eth0')).toMatchObject({
      message: expect.stringContaining(' The host needs 0000:05:00.0: the default route goes through eth0.'),
      remedy: expect.stringContaining('host.acceptGroupMates: [0000:05:00.0]'),
    });
    expect(shared('root', '/ is on nvme0n1p2')?.remedy).toBe(
      'Move the card to another slot: the host could not start without 0000:05:00.0, which would go with it.',
    );
  });

  it('takes a group mate only when the user named it, and binds it without assigning it', () => {
    const mate = samplePci('0000:05:00.0', {
      class: '0c0330',
      vendor: '8086',
      device: '1',
      driver: 'xhci_hcd',
      iommuGroup: 17,
    });
    const {plan, findings} = planPassthrough(
      withPci([...samplePciFunctions, mate]),
      sampleProfile({host: {acceptGroupMates: ['0000:05:00.0']}}),
    );
    expect(findings.filter((finding) => finding.severity === 'blocker')).toEqual([]);
    expect(plan.binding.byAddress).toContain('0000:05:00.0');
    expect(plan.devices.map((one) => one.address)).not.toContain('0000:05:00.0');
  });

  it('counts neither bridges nor driverless host bridges against a group', () => {
    const bridge = {...samplePciFunctions[0]!, iommuGroup: 17};
    const host = samplePci('0000:00:00.0', {class: '060000', vendor: '8086', device: '3406', iommuGroup: 17});
    expect(codes(withPci([bridge, host, ...samplePciFunctions.slice(1)]))).toEqual([]);
  });

  it.each([
    ['another device is at the address', [sampleDevice('0000:06:00.0', {id: '1002:67df'})], 'device-mismatch'],
    ['nothing is at the address', [sampleDevice('0000:42:00.0', {id: '1002:67df'})], 'device-missing'],
    ['the ids are at another address', [sampleDevice('0000:42:00.0', {id: '10de:1c81'})], 'device-moved'],
    ['a bridge is named', [sampleDevice('0000:00:07.0')], 'device-is-bridge'],
    ['the boot VGA is named', [sampleDevice('0000:0a:03.0')], null],
  ])('when %s: %s', (_what, devices, code) => {
    const found = codes(sampleFacts(), sampleProfile({devices}));
    if (code === null) expect(found).toEqual([]);
    else expect(found).toContain(code);
  });

  it('says what the profile means, or that it names no more than a place', () => {
    const messageFor = (id: string | null = null): string | undefined =>
      planPassthrough(sampleFacts(), sampleProfile({devices: [sampleDevice('0000:42:00.0', {id})]})).findings.find(
        (finding) => finding.code === 'device-missing',
      )?.message;
    expect(messageFor()).toMatch(/^The profile means a device at 0000:42:00\.0, but /);
    expect(messageFor('1002:67df')).toMatch(
      /^The profile means \S*1002:67df\S* at 0000:42:00\.0, but .*, and no device here has these ids\.$/,
    );
  });

  it('failure mode 29: blocks a card whose upstream path changed although address and ids are the same', () => {
    const moved = [sampleDevice('0000:06:00.0', {id: '10de:1c81', upstream: ['0000:00:03.0']})];
    expect(codes(sampleFacts(), sampleProfile({devices: moved}))).toContain('device-moved');
  });

  it('failure mode 3: blocks what the host needs to boot even when the user accepts it, and lets a NIC go only when he does', () => {
    const needs = [{address: '0000:06:00.0', kind: 'root', chain: '/ is on sda1 → 0000:06:00.0', spares: []} as const];
    expect(codes(sampleFacts(defaultShape, {needs}), sampleProfile({host: {acceptLossOf: ['0000:06:00.0']}}))).toEqual([
      'device-needed-by-host',
    ]);
    const network = [{address: '0000:06:00.0', kind: 'network', chain: 'default route → eth0', spares: []} as const];
    expect(codes(sampleFacts(defaultShape, {needs: network}))).toEqual(['device-needed-by-host']);
    expect(
      codes(sampleFacts(defaultShape, {needs: network}), sampleProfile({host: {acceptLossOf: ['0000:06:00.0']}})),
    ).toEqual([]);
  });

  it('failure mode 3: blocks a group mate that the host boots from, whatever the user accepts', () => {
    const disk = samplePci('0000:05:00.0', {
      class: '010802',
      vendor: '8086',
      device: '1',
      driver: 'nvme',
      iommuGroup: 17,
    });
    const needs = [
      {address: '0000:05:00.0', kind: 'root', chain: '/ is on nvme0n1p2 → 0000:05:00.0', spares: []} as const,
    ];
    const host = {acceptGroupMates: ['0000:05:00.0'], acceptLossOf: ['0000:05:00.0']} as const;
    const {findings} = planPassthrough(withPci([...samplePciFunctions, disk], {needs}), sampleProfile({host}));
    expect(findings.filter(({severity}) => severity === 'blocker')).toMatchObject([
      {code: 'device-needed-by-host', subject: '0000:05:00.0'},
    ]);
  });

  it('takes one of two keyboards, but not the controllers of both', () => {
    const usb = (['0000:05:00.0', '0000:07:00.0'] as const).map((address, index) =>
      samplePci(address, {class: '0c0330', vendor: '8086', device: '1', iommuGroup: 40 + index}),
    );
    const needs = usb.map(
      ({address}) =>
        ({
          address,
          kind: 'keyboard',
          chain: `keyboard → ${address}`,
          spares: usb.map((one) => one.address).filter((other) => other !== address),
        }) as const,
    );
    const facts = withPci([...samplePciFunctions, ...usb], {needs});
    expect(codes(facts, sampleProfile({devices: [sampleDevice('0000:05:00.0')]}))).toEqual([]);
    expect(codes(facts, sampleProfile({devices: usb.map(({address}) => sampleDevice(address))}))).toEqual([
      'device-needed-by-host',
      'device-needed-by-host',
    ]);
  });

  it('only warns of a route that the host can do without', () => {
    const needs = [
      {
        address: '0000:06:00.0',
        kind: 'route',
        chain: 'the route to 10.0.0.0/8 goes through eth1 → 0000:06:00.0',
        spares: [],
      } as const,
    ];
    const {findings} = planPassthrough(sampleFacts(defaultShape, {needs}), sampleProfile());
    expect(findings.filter(({code}) => code === 'device-needed-by-host').map(({severity}) => severity)).toEqual([
      'warning',
    ]);
  });

  it.each<[string, NonNullable<Parameters<typeof samplePci>[1]>]>([
    ['a 3D controller without outputs', {class: '030200'}],
    ['a card that vfio-pci holds', {driver: 'vfio-pci'}],
    ['a virtual function', {physicalFunction: '0000:06:00.0'}],
  ])('leaves the host no screen with %s', (_, values) => {
    const pci = samplePciFunctions.map((one) =>
      one.class === '030000' && one.address !== '0000:06:00.0' ? {...one, ...values} : one,
    );
    expect(codes(withPci(pci))).toContain('only-gpu');
  });

  it('failure mode 1: blocks the only display device', () => {
    expect(codes(withPci(samplePciFunctions.slice(0, 3)))).toEqual(['only-gpu']);
  });

  it('blocks a region of type direct and lets direct-relaxable pass', () => {
    const groups = (type: string) => ({
      ...sampleFacts().iommu,
      groups: [{id: 17, devices: [], type: 'DMA', reservedRegions: [{start: '0x1', end: '0x2', type}]}],
    });
    expect(codes(sampleFacts(defaultShape, {iommu: groups('direct')}))).toContain('device-reserved-region');
    expect(codes(sampleFacts(defaultShape, {iommu: groups('direct-relaxable')}))).toEqual([]);
  });

  it('failure mode 32: refuses devices without interrupt remapping unless the user says so, and then sets the option', () => {
    const facts = sampleFacts(defaultShape, {iommu: {...sampleFacts().iommu, interruptRemapping: false}});
    expect(codes(facts)).toEqual(['interrupt-remapping-missing']);
    const {plan, findings} = planPassthrough(facts, sampleProfile({host: {allowUnsafeInterrupts: true}}));
    expect(findings.map((finding) => finding.code)).toContain('unsafe-interrupts-allowed');
    expect(plan.binding.moduleOptions).toMatchObject([
      {module: 'vfio_iommu_type1', parameter: 'allow_unsafe_interrupts', value: '1'},
    ]);
  });

  it('does not set unsafe interrupts where remapping works, even when allowed', () => {
    expect(
      planPassthrough(sampleFacts(), sampleProfile({host: {allowUnsafeInterrupts: true}})).plan.binding.moduleOptions,
    ).toEqual([]);
  });

  it('failure mode 2: binds a twin by address and refuses to bind it by ids', () => {
    const twin = samplePci('0000:07:00.0', {driver: 'nouveau', iommuGroup: 21});
    const facts = withPci([...samplePciFunctions, twin]);
    const {plan, findings} = planPassthrough(facts, sampleProfile());
    expect(findings.map((finding) => finding.code)).toContain('device-twin');
    expect(plan.binding.byAddress).toEqual(['0000:06:00.0', '0000:06:00.1']);
    expect(codes(facts, sampleProfile({binding: 'ids'}))).toEqual(['binding-ids-ambiguous']);
  });

  it('says that the IOMMU is off in the firmware when there is no table', () => {
    const pci = samplePciFunctions.map((one) => ({...one, iommuGroup: null}));
    const iommu = {...sampleFacts().iommu, active: false, groups: [], acpiTable: 'none' as const};
    const {findings} = planPassthrough(withPci(pci, {iommu}), sampleProfile());
    expect(findings.find((finding) => finding.code === 'iommu-off')?.remedy).toContain('VT-d');
  });

  it('a virtual function goes alone: neither its parent nor its siblings are pulled in', () => {
    const parent = samplePci('0000:0b:00.0', {class: '020000', upstream: ['0000:00:09.0'], iommuGroup: 50});
    const parts = (['0000:0b:00.1', '0000:0b:00.2'] as const).map((address, index) =>
      samplePci(address, {
        class: '020000',
        upstream: ['0000:00:09.0'],
        physicalFunction: parent.address,
        iommuGroup: 51 + index,
      }),
    );
    const facts = withPci([...samplePciFunctions, parent, ...parts]);
    const of = (address: string) =>
      planPassthrough(facts, sampleProfile({devices: [sampleDevice(address)], binding: 'libvirt'}));
    expect(of('0000:0b:00.2').plan.devices.map(({address}) => address)).toEqual(['0000:0b:00.2']);
    expect(of('0000:0b:00.2').findings.filter(({severity}) => severity === 'blocker')).toEqual([]);
    expect(of('0000:0b:00.0').plan.devices.map(({address}) => address)).toEqual(['0000:0b:00.0']);
    expect(proposeProfile(facts, ['0000:0b:00.2']).devices.map(identityOf)).toEqual(['0000:0b:00.2']);
  });
});
