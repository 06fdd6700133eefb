import type {PciAddress} from '../../src/facts/pci-address.ts';
import {describe, expect, it} from 'vitest';
import {functionKind} from '../../src/devices/function/function-kind.ts';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import type {PciFunction} from '../../src/facts/pci.ts';
import {describeGroups} from '../../src/groups/describe-groups.ts';
import {readIsPortable} from '../../src/host/chassis.ts';
import {planPassthrough} from '../../src/pipeline/plan-passthrough.ts';
import {openTree} from '../support/make-tree.ts';
import {defaultShape, sampleFacts, samplePci, samplePciFunctions} from '../support/sample-facts.ts';
import {sampleDevice, sampleProfile} from '../support/sample-profile.ts';

const host = (more: readonly PciFunction[], overrides: Partial<HostFacts> = {}): HostFacts =>
  sampleFacts(defaultShape, {pci: [...samplePciFunctions, ...more], ...overrides});
const planFor = (facts: HostFacts, addresses: readonly PciAddress[], acceptGroupMates: readonly PciAddress[] = []) =>
  planPassthrough(
    facts,
    sampleProfile({devices: addresses.map((address) => sampleDevice(address)), host: {acceptGroupMates}}),
  );

describe('a 3D controller is a mobile GPU in a laptop only', () => {
  const card = (name: string | null) =>
    samplePci('0000:03:00.0', {class: '030200', device: '2230', name, iommuGroup: 40, upstream: ['0000:00:07.0']});
  const hidden = (name: string | null, isPortable: boolean | null) => {
    const {plan} = planFor(host([card(name)], {isPortable}), ['0000:03:00.0']);
    return plan.guest.kind === 'kvm' && plan.guest.isKvmHidden;
  };

  it.each([
    'GB202GL [RTX PRO 6000 Blackwell Server Edition]',
    'GA102GL [RTX A6000]',
    'AD102GL [RTX 6000 Ada Generation]',
    // Without pci.ids: a data-centre card with no name was taken for a laptop's.
    null,
  ])('%s in a server keeps kvm-clock', (name) => {
    expect(hidden(name, false)).toBe(false);
    expect(hidden(name, null)).toBe(false);
  });

  it('and one in a laptop is hidden from its driver, whatever its name is', () => {
    expect(hidden(null, true)).toBe(true);
    expect(hidden('TU117M [GeForce GTX 1650 Mobile]', null)).toBe(true);
  });

  it.each([
    ['10', true],
    ['31', true],
    ['3', false],
    ['23', false],
    ['2', null],
    ['', null],
  ])('chassis type %j: portable is %s', (type, expected) => {
    expect(readIsPortable(openTree({'/sys/class/dmi/id/chassis_type': `${type}\n`}))).toBe(expected);
  });
});

describe('a bridge class without the header of a bridge is a device', () => {
  const sxm = (['0000:18:00.0', '0000:2a:00.0'] as const).map((address, index) =>
    samplePci(address, {class: '030200', device: '2330', iommuGroup: 40 + index, upstream: ['0000:00:07.0']}),
  );
  const nvswitch = samplePci('0000:08:00.0', {
    class: '068000',
    device: '22a3',
    driver: 'nvidia-nvswitch',
    iommuGroup: 50,
    upstream: ['0000:00:09.0'],
  });
  const chipset = samplePci('0000:00:1f.0', {class: '060100', vendor: '8086', iommuGroup: 51});
  const facts = host([...sxm, nvswitch, chipset]);
  const warned = (addresses: readonly PciAddress[]) =>
    planFor(facts, addresses).findings.filter(({code}) => code === 'device-fabric-missing');

  it('an NVSwitch can be passed, and the chipset still can not', () => {
    const lines = describeGroups(facts);
    expect(lines.find((line) => line.startsWith('Group 50:'))).toBe(
      'Group 50: usable: only its own functions and bridges',
    );
    expect(lines.find((line) => line.startsWith('Group 51:'))).toBe('Group 51: part of the chipset, nothing to pass');
    const offered = functionKind.candidates(facts).flatMap(({identities}) => identities);
    expect(offered).toContain('0000:08:00.0');
    expect(offered).not.toContain('0000:00:1f.0');
  });

  it('GPUs of its board warn once when they go without it', () => {
    const [only, ...more] = warned(['0000:18:00.0', '0000:2a:00.0']);
    expect(only).toMatchObject({
      code: 'device-fabric-missing',
      severity: 'warning',
      message: expect.stringContaining('0000:08:00.0'),
    });
    expect(more).toEqual([]);
    expect(warned(['0000:18:00.0', '0000:2a:00.0', '0000:08:00.0'])).toEqual([]);
  });
});

describe('a device behind VMD', () => {
  const vmd = samplePci('0000:00:0e.0', {
    class: '010400',
    vendor: '8086',
    device: '467f',
    driver: 'vmd',
    iommuGroup: 8,
  });
  const bridge = samplePci('10000:e0:06.0', {
    class: '060400',
    vendor: '8086',
    driver: 'pcieport',
    isBridge: true,
    iommuGroup: 8,
    upstream: ['0000:00:0e.0'],
  });
  const disk = samplePci('10000:e1:00.0', {
    class: '010802',
    vendor: '144d',
    device: 'a80a',
    driver: 'nvme',
    modules: ['nvme'],
    iommuGroup: 8,
    upstream: ['0000:00:0e.0', '10000:e0:06.0'],
  });
  const facts = host([vmd, bridge, disk]);

  it('is refused with a remedy that can be carried out', () => {
    const {findings} = planFor(facts, ['10000:e1:00.0'], ['0000:00:0e.0']);
    expect(findings.find(({code}) => code === 'device-behind-vmd')).toMatchObject({
      severity: 'blocker',
      remedy:
        'Turn VMD off in the firmware set-up, or give the whole controller 0000:00:0e.0: the disks behind it then go with it.',
    });
  });

  it.each<[PciAddress[]]>([[[]], [['10000:e1:00.0']]])(
    'goes with its controller, and is bound by nobody (accepted: %j)',
    (accepted) => {
      const {plan, findings} = planFor(facts, ['0000:00:0e.0'], accepted);
      expect(findings.filter(({severity}) => severity === 'blocker')).toEqual([]);
      expect(plan.binding.byAddress).toEqual(['0000:00:0e.0']);
      expect(plan.binding.softdeps).not.toContain('nvme');
    },
  );

  it('is the reason that groups gives', () => {
    const reasons = describeGroups(facts).filter((line) => line.startsWith('  why: ') && line.includes('0000:00:0e.0'));
    expect(reasons).toEqual([expect.stringContaining('is Intel VMD')]);
  });
});
