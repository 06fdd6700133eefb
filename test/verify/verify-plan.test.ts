import {describe, expect, it} from 'vitest';
import {previewChanges} from '../../src/changes/preview.ts';
import type {FileFacts, HostFacts} from '../../src/host/facts.ts';
import {decodeAppliedPlan} from '../../src/verify/decode-applied-plan.ts';
import type {AppliedPlan, PromiseResult} from '../../src/verify/promise.ts';
import {verifyPlan} from '../../src/verify/verify-plan.ts';
import {defaultShape, sampleFacts, samplePci, samplePciFunctions} from '../support/sample-facts.ts';
import {sampleFile, sampleFiles} from '../support/sample-plan.ts';
import {sampleProfile} from '../support/sample-profile.ts';

const grubPath = '/etc/default/grub';
const before = sampleFacts(defaultShape, {
  files: sampleFiles({[grubPath]: 'GRUB_CMDLINE_LINUX_DEFAULT="quiet vfio-pci.ids=dead:beef"\n', '/etc/initramfs-tools/modules': '# none\n'}),
  kernel: {...sampleFacts().kernel, config: {VFIO: 'm'}, parameters: {'kvm.ignore_msrs': 'N'}},
});
const {plan, changes} = previewChanges(before, sampleProfile({host: {ignoreMsrs: true}}));
const applied: AppliedPlan = {version: 1, plan, bootId: 'first'};

/** The machine after the reboot, with everything as it was promised. */
const kept: HostFacts = {
  ...before,
  files: {
    ...before.files,
    ...Object.fromEntries(changes.flatMap((change): [string, FileFacts][] => ('content' in change && change.content !== null ? [[change.path, sampleFile(change.path, change.content.text)]] : []))),
  },
  boot: {...before.boot, commandLine: `BOOT_IMAGE=/vmlinuz quiet ${plan.kernelArguments.add.map(({text}) => text).join(' ')}`},
  pci: samplePciFunctions.map((device) => (device.address.startsWith('0000:06:') ? {...device, driver: 'vfio-pci'} : device)),
  nodes: before.nodes.map((node) => ({...node, hugepages: [{sizeKiB: 2048, total: node.id === 0 ? 6144 : 0, free: 0}]})),
  kernel: {...before.kernel, parameters: {'kvm.ignore_msrs': 'Y'}, log: {unknownArguments: [], complaints: []}},
};

const listings = {'/boot/initrd.img-6.1.0-1-amd64': 'scripts/init-top/ORDER\nscripts/init-top/00-vfio-pilot\netc/modprobe.d/vfio-pilot.conf\nvfio/vfio.ko\nvfio/vfio_iommu_type1.ko\npci/vfio-pci.ko\nvfio/vfio_virqfd.ko\n'};
const verify = (facts: HostFacts, bootId: string | null = 'second'): readonly PromiseResult[] => verifyPlan(facts, applied, bootId, listings);
const only = (facts: HostFacts, id: string, promise = /./): PromiseResult => {
  const found = verify(facts).filter((result) => result.id === id && promise.test(result.promise));
  expect(found).toHaveLength(1);
  return found[0]!;
};
const withCard = (values: Partial<HostFacts['pci'][number]>): HostFacts => ({...kept, pci: kept.pci.map((device) => (device.address === '0000:06:00.0' ? {...device, ...values} : device))});
const card = /^0000:06:00\.0 \(/;

describe('after the reboot', () => {
  it('every promise is kept on a machine that is as it was planned', () => {
    const results = verify(kept);
    expect(results.filter(({status}) => status !== 'kept')).toEqual([]);
    expect(new Set(results.map(({id}) => id))).toEqual(new Set(['file', 'image', 'kernel-argument', 'iommu-active', 'kernel-log', 'device-driver', 'group-viable', 'host-display', 'module-option', 'hugepages']));
    for (const {remedy} of results) expect(remedy).toBeNull();
  });

  it('each broken promise says what is, and what to do', () => {
    for (const {status, fact, remedy} of verify(before)) {
      if (status === 'kept') continue;
      expect(fact).toMatch(/\S\.$/);
      if (status === 'broken') expect(remedy).toMatch(/\S/);
    }
    expect(verify(before).filter(({status}) => status === 'broken').length).toBeGreaterThan(5);
  });

  it('a kernel argument that did not arrive points to another boot loader', () => {
    const result = only({...kept, boot: {...kept.boot, commandLine: 'BOOT_IMAGE=/vmlinuz quiet'}}, 'kernel-argument', /intel_iommu=on/);
    expect(result).toMatchObject({status: 'broken', remedy: expect.stringContaining('Another boot loader') as string});
  });

  it('a stale argument that is still there is told, whichever way it is spelled', () => {
    const commandLine = `${kept.boot.commandLine} vfio_pci.ids=dead:beef`;
    const results = verify({...kept, boot: {...kept.boot, commandLine}}).filter(({promise}) => promise.includes('without'));
    expect(results.map(({status}) => status)).toContain('broken');
  });

  it('the command line of a captured tree without /proc is unknown', () => {
    expect(only({...kept, boot: {...kept.boot, commandLine: null}}, 'kernel-argument', /intel_iommu/)).toMatchObject({status: 'unknown', remedy: null});
  });

  it('an inactive IOMMU breaks its promise', () => {
    expect(only({...kept, iommu: {...kept.iommu, active: false, groups: []}}, 'iommu-active')).toMatchObject({status: 'broken', remedy: expect.stringContaining('vfio-pilot check') as string});
  });

  it.each([
    ['with another driver, names it', {driver: 'nouveau'}, /Its driver is nouveau/, /nouveau was faster/],
    ['with no driver, tells its override', {driver: null}, /no driver/, /driver_override is not set/],
    ['that is another one now, says that cards were moved', {device: 'ffff'}, /Another device is there/, /Cards were moved/],
  ] as const)('a card %s', (_name, values, fact, remedy) => {
    const result = only(withCard(values), 'device-driver', card);
    expect(result).toMatchObject({status: 'broken', fact: expect.stringMatching(fact) as string, remedy: expect.stringMatching(remedy) as string});
  });

  it('a card that is gone asks whether it was moved', () => {
    const result = only({...kept, pci: kept.pci.filter(({address}) => address !== '0000:06:00.0')}, 'device-driver', card);
    expect(result).toMatchObject({status: 'broken', fact: expect.stringContaining('No device') as string});
  });

  it('a variant driver of vfio keeps the promise too', () => {
    expect(only(withCard({driver: 'mlx5_vfio_pci'}), 'device-driver', card).status).toBe('kept');
  });

  it('the host’s own card with vfio-pci is a broken promise', () => {
    const facts = {...kept, pci: kept.pci.map((device) => (device.address === '0000:0a:03.0' ? {...device, driver: 'vfio-pci'} : device))};
    expect(only(facts, 'host-display')).toMatchObject({status: 'broken', promise: '0000:0a:03.0 stays with the host.', remedy: expect.stringContaining('vfio-pci.ids=') as string});
  });

  it('a module option that is not there yet is unknown, and another value is broken', () => {
    expect(only({...kept, kernel: {...kept.kernel, parameters: {}}}, 'module-option').status).toBe('unknown');
    expect(only({...kept, kernel: {...kept.kernel, parameters: {'kvm.ignore_msrs': 'N'}}}, 'module-option')).toMatchObject({status: 'broken', remedy: expect.stringContaining('initramfs') as string});
  });

  it('CPUs that were to be isolated at boot are held against what the kernel isolates', () => {
    const isolation = {method: 'boot', cpus: [2, 4], hostCpus: [0, 1, 3]} as const;
    const isolate = (isolatedCpus: readonly number[] | null) =>
      verifyPlan({...kept, isolation: {...kept.isolation, isolatedCpus}}, {...applied, plan: {...plan, isolation}}, 'second').find(({id}) => id === 'isolation');
    expect(isolate([2, 3, 4])).toMatchObject({status: 'kept', promise: 'CPUs 2,4 are taken from the host\'s scheduler.'});
    expect(isolate([2])).toMatchObject({status: 'broken', fact: 'The kernel isolates 2.', remedy: expect.stringContaining('isolcpus=') as string});
    expect(isolate(null)).toMatchObject({status: 'unknown', remedy: null});
  });

  it('failure mode 20: hugepages that the kernel granted in part are counted', () => {
    const short = {...kept, nodes: kept.nodes.map((node) => ({...node, hugepages: [{sizeKiB: 2048, total: 6000, free: 6000}]}))};
    expect(only(short, 'hugepages')).toMatchObject({status: 'broken', fact: 'It has 6000, of which 6000 are free.', remedy: expect.stringContaining('contiguous') as string});
    expect(only({...kept, nodes: []}, 'hugepages').status).toBe('unknown');
  });

  it('a file that somebody changed is named, and one that may not be read is unknown', () => {
    const path = '/etc/modprobe.d/vfio-pilot.conf';
    expect(only({...kept, files: {...kept.files, [path]: sampleFile(path, 'edited\n')}}, 'file', /modprobe/)).toMatchObject({status: 'broken', fact: expect.stringContaining('changed') as string});
    const {[path]: _gone, ...files} = kept.files;
    expect(only({...kept, files}, 'file', /modprobe/).status).toBe('broken');
    expect(only({...kept, files: {...kept.files, [path]: sampleFile(path, '', {state: 'denied', text: null})}}, 'file', /modprobe/)).toMatchObject({status: 'unknown', remedy: expect.stringContaining('sudo') as string});
    expect(only({...kept, files: {...kept.files, [grubPath]: sampleFile(grubPath, 'GRUB_CMDLINE_LINUX_DEFAULT="quiet"\n')}}, 'file', /default\/grub/).status).toBe('broken');
  });

  it('a node that was to be emptied is counted as well', () => {
    const memory = {...plan.memory, hugepages: {sizeKiB: 2048, perNode: {0: 6144}, method: 'release-unit', bootTotal: 12288, release: {0: 6144, 1: 0}}} as const;
    const full = {...kept, nodes: kept.nodes.map((node) => ({...node, hugepages: [{sizeKiB: 2048, total: 6144, free: 6144}]}))};
    const results = verifyPlan(full, {...applied, plan: {...plan, memory}}, 'second').filter(({id}) => id === 'hugepages');
    expect(results).toMatchObject([{status: 'kept'}, {status: 'broken', promise: 'Node 1 has no pages of 2 MiB left.', remedy: expect.stringContaining('vfio-pilot-hugepages.service') as string}]);
  });
});

describe('a card that libvirt takes when the guest starts', () => {
  it('is not expected to be with vfio-pci before', () => {
    const byLibvirt = {...applied, plan: {...plan, devices: plan.devices.map((device) => ({...device, bindBy: 'libvirt'}) as const)}};
    const facts = withCard({driver: 'nouveau'});
    expect(verifyPlan(facts, byLibvirt, 'second').find(({promise}) => card.test(promise))).toMatchObject({status: 'unknown', remedy: null});
  });
});

describe('before the reboot', () => {
  it('what only a reboot can bring is pending, and a file is already kept', () => {
    const results = verify({...before, files: kept.files}, 'first');
    expect(results.filter(({status}) => status === 'broken')).toEqual([]);
    expect(results.filter(({status}) => status === 'pending').map(({id}) => id)).toEqual(expect.arrayContaining(['kernel-argument', 'device-driver', 'hugepages', 'module-option']));
    for (const {remedy} of results.filter(({status}) => status === 'pending')) expect(remedy).toContain('Reboot');
    expect(results.filter(({id}) => id === 'file').map(({status}) => status)).not.toContain('pending');
  });

  it('a file that was changed is broken and not pending', () => {
    expect(verify(before, 'first').filter(({id, status}) => id === 'file' && status === 'broken').length).toBeGreaterThan(0);
  });

  it('nothing is called pending where no boot id tells', () => {
    expect(verify(before, null).map(({status}) => status)).not.toContain('pending');
  });
});

describe('the applied plan of the journal', () => {
  it('is taken as it is, and nothing else is', () => {
    expect(decodeAppliedPlan(JSON.parse(JSON.stringify(applied)))).toEqual(applied);
    for (const value of [null, undefined, 3, 'x', [], {}, {version: 2, plan}, {version: 1}, {version: 1, plan: null}, {version: 1, plan: {version: 2}}]) expect(decodeAppliedPlan(value)).toBeNull();
  });
});

describe('a second card of the same kind', () => {
  it('is held to stay with the host', () => {
    const twin = samplePci('0000:09:00.0', {driver: 'nouveau', iommuGroup: 30});
    expect(only({...kept, pci: [...kept.pci, twin]}, 'host-display', /0000:09:00\.0/).status).toBe('kept');
    expect(only({...kept, pci: [...kept.pci, {...twin, driver: 'vfio-pci'}]}, 'host-display', /0000:09:00\.0/).status).toBe('broken');
  });
});
