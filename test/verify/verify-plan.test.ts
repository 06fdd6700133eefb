import {readFileSync} from 'node:fs';
import {describe, expect, it} from 'vitest';
import {previewChanges} from '../../src/changes/preview.ts';
import type {FileFacts} from '../../src/facts/files.ts';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import type {PciBar, PciFunction} from '../../src/facts/pci.ts';
import type {PromiseResult} from '../../src/findings/promise-result.ts';
import type {PlannedDevice} from '../../src/plan/plan.ts';
import {sha256} from '../../src/transaction/path-state.ts';
import {type AppliedPlan, decodeAppliedPlan} from '../../src/verify/promise.ts';
import {nothingWritten, type WrittenFiles} from '../../src/verify/verify-files.ts';
import {awaitsReboot, needsReboot, verifyPlan, verifyWithoutPlan} from '../../src/verify/verify-plan.ts';
import {defaultShape, sampleFacts, samplePci, samplePciFunctions, sampleSriov} from '../support/sample-facts.ts';
import {sampleFile, sampleFiles} from '../support/sample-plan.ts';
import {sampleProfile} from '../support/sample-profile.ts';
import {assertedTexts, promiseIds} from '../support/vocabulary.ts';

const sampleBar: PciBar = {
  index: 1,
  start: '0x00000000e0000000',
  sizeBytes: 0x1000,
  isMemory: true,
  is64Bit: true,
  isPrefetchable: true,
  isUnset: false,
};
const grubPath = '/etc/default/grub';
const before = sampleFacts(defaultShape, {
  files: sampleFiles({
    [grubPath]: 'GRUB_CMDLINE_LINUX_DEFAULT="quiet vfio-pci.ids=dead:beef"\n',
    '/etc/initramfs-tools/modules': '# none\n',
  }),
  kernel: {...sampleFacts().kernel, config: {VFIO: 'm'}, parameters: {'kvm.ignore_msrs': 'N'}},
});
const {plan, changes} = previewChanges(before, sampleProfile({host: {ignoreMsrs: true}}));
const applied: AppliedPlan = {version: 3, plan, bootId: 'first'};

/** The machine after the reboot, with everything as it was promised. */
const kept: HostFacts = {
  ...before,
  files: {
    ...before.files,
    ...Object.fromEntries(
      changes.flatMap((change): [string, FileFacts][] =>
        'content' in change && change.content !== null
          ? [[change.path, sampleFile(change.path, change.content.text)]]
          : [],
      ),
    ),
  },
  boot: {
    ...before.boot,
    commandLine: `BOOT_IMAGE=/vmlinuz quiet ${plan.kernelArguments.add.map(({text}) => text).join(' ')}`,
  },
  pci: samplePciFunctions.map((device) =>
    device.address.startsWith('0000:06:') ? {...device, driver: 'vfio-pci'} : device,
  ),
  nodes: before.nodes.map((node) => ({
    ...node,
    hugepages: [{sizeKiB: 2048, total: node.id === 0 ? 6144 : 0, free: 0}],
  })),
  kernel: {...before.kernel, parameters: {'kvm.ignore_msrs': 'Y'}, log: {unknownArguments: [], complaints: []}},
};

const listings = {
  '/boot/initrd.img-6.1.0-1-amd64':
    'scripts/init-top/ORDER\nscripts/init-top/00-vfio-pilot\netc/modprobe.d/vfio-pilot.conf\nvfio/vfio.ko\nvfio/vfio_iommu_type1.ko\npci/vfio-pci.ko\nvfio/vfio_virqfd.ko\n',
};
const verify = (facts: HostFacts, bootId: string | null = 'second'): readonly PromiseResult[] =>
  verifyPlan(facts, applied, bootId, listings);
const only = (facts: HostFacts, id: string, promise = /./): PromiseResult => {
  const found = verify(facts).filter((result) => result.id === id && promise.test(result.promise));
  expect(found).toHaveLength(1);
  return found[0]!;
};
const withCard = (values: Partial<HostFacts['pci'][number]>): HostFacts => ({
  ...kept,
  pci: kept.pci.map((device) => (device.address === '0000:06:00.0' ? {...device, ...values} : device)),
});
const card = /^0000:06:00\.0 \(/;

describe('a reboot', () => {
  it('is needed by a plan that this boot does not keep, and by a trial always', () => {
    expect(needsReboot(before, plan, null)).toBe(true);
    expect(needsReboot(kept, plan, null)).toBe(false);
    expect(needsReboot(kept, plan, 'a1b2c3d4e5f6')).toBe(true);
  });

  it('is waited for in the boot of apply only, and not for what that boot keeps already', () => {
    expect(awaitsReboot(before, applied, 'first')).toBe(true);
    expect(awaitsReboot(before, applied, 'second')).toBe(false);
    expect(awaitsReboot({...before, isLive: true}, {...applied, bootId: null}, 'second')).toBeNull();
    // Nothing boots another root.
    expect(awaitsReboot(before, {...applied, bootId: null}, 'second')).toBe(true);
    expect(awaitsReboot(kept, {...applied, bootId: null}, 'second')).toBe(false);
    expect(awaitsReboot(kept, applied, 'first')).toBe(false);
  });
});

describe('after the reboot', () => {
  it('every promise is kept on a machine that is as it was planned', () => {
    const results = verify(kept);
    expect(results.filter(({status}) => status !== 'kept')).toEqual([]);
    expect(new Set(results.map(({id}) => id))).toEqual(
      new Set([
        'file',
        'image',
        'kernel-argument',
        'iommu-active',
        'kernel-log',
        'device-driver',
        'group-viable',
        'host-display',
        'module-option',
        'hugepages',
      ]),
    );
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
    const result = only(
      {...kept, boot: {...kept.boot, commandLine: 'BOOT_IMAGE=/vmlinuz quiet'}},
      'kernel-argument',
      /intel_iommu=on/,
    );
    expect(result).toMatchObject({status: 'broken', remedy: expect.stringContaining('Another boot loader') as string});
  });

  it('a stale argument that is still there is reported, whichever way it is spelled', () => {
    const commandLine = `${kept.boot.commandLine} vfio_pci.ids=dead:beef`;
    const results = verify({...kept, boot: {...kept.boot, commandLine}}).filter(({promise}) =>
      promise.includes('without'),
    );
    expect(results.map(({status}) => status)).toContain('broken');
  });

  it('the command line of a captured tree without /proc is unknown', () => {
    expect(only({...kept, boot: {...kept.boot, commandLine: null}}, 'kernel-argument', /intel_iommu/)).toMatchObject({
      status: 'unknown',
      remedy: null,
    });
  });

  it('an inactive IOMMU breaks its promise', () => {
    expect(only({...kept, iommu: {...kept.iommu, active: false, groups: []}}, 'iommu-active')).toMatchObject({
      status: 'broken',
      remedy: expect.stringContaining('vfio-pilot check') as string,
    });
  });

  it.each([
    [
      'with another driver, names it',
      {driver: 'nouveau'},
      /Its driver is nouveau/,
      /nouveau took the card before vfio-pci/,
    ],
    ['with no driver, tells its override', {driver: null}, /no driver/, /driver_override is not set/],
    [
      'that is another one now, says that cards were moved',
      {device: 'ffff'},
      /Another device is there/,
      /Cards were moved/,
    ],
  ] as const)('a card %s', (_name, values, fact, remedy) => {
    const result = only(withCard(values), 'device-driver', card);
    expect(result).toMatchObject({
      status: 'broken',
      fact: expect.stringMatching(fact) as string,
      remedy: expect.stringMatching(remedy) as string,
    });
  });

  it('a card that is gone asks whether it was moved', () => {
    const result = only(
      {...kept, pci: kept.pci.filter(({address}) => address !== '0000:06:00.0')},
      'device-driver',
      card,
    );
    expect(result).toMatchObject({status: 'broken', fact: expect.stringContaining('No device') as string});
  });

  it('a variant driver of vfio keeps the promise too', () => {
    expect(only(withCard({driver: 'mlx5_vfio_pci'}), 'device-driver', card).status).toBe('kept');
  });

  it('the host’s own card with vfio-pci is a broken promise', () => {
    const facts = {
      ...kept,
      pci: kept.pci.map((device) => (device.address === '0000:0a:03.0' ? {...device, driver: 'vfio-pci'} : device)),
    };
    expect(only(facts, 'host-display')).toMatchObject({
      status: 'broken',
      promise: '0000:0a:03.0 stays with the host.',
      remedy: expect.stringContaining('vfio-pci.ids=') as string,
    });
  });

  it('a module option that is not there yet is unknown, and another value is broken', () => {
    expect(only({...kept, kernel: {...kept.kernel, parameters: {}}}, 'module-option').status).toBe('unknown');
    expect(
      only({...kept, kernel: {...kept.kernel, parameters: {'kvm.ignore_msrs': 'N'}}}, 'module-option'),
    ).toMatchObject({status: 'broken', remedy: expect.stringContaining('initramfs') as string});
  });

  it('CPUs that were to be isolated at boot are compared with what the kernel isolates', () => {
    const isolation = {method: 'boot', cpus: [2, 4], hostCpus: [0, 1, 3]} as const;
    const isolate = (isolatedCpus: readonly number[] | null) =>
      verifyPlan(
        {...kept, isolation: {...kept.isolation, isolatedCpus}},
        {...applied, plan: {...plan, isolation}},
        'second',
      ).find(({id}) => id === 'isolation');
    expect(isolate([2, 3, 4])).toMatchObject({
      status: 'kept',
      promise: "CPUs 2,4 are taken from the host's scheduler.",
    });
    expect(isolate([2])).toMatchObject({
      status: 'broken',
      fact: 'The kernel isolates 2.',
      remedy: expect.stringContaining('isolcpus=') as string,
    });
    expect(isolate(null)).toMatchObject({status: 'unknown', remedy: null});
  });

  it('failure mode 20: hugepages that the kernel granted in part are counted', () => {
    const short = {
      ...kept,
      nodes: kept.nodes.map((node) => ({...node, hugepages: [{sizeKiB: 2048, total: 6000, free: 6000}]})),
    };
    expect(only(short, 'hugepages')).toMatchObject({
      status: 'broken',
      fact: 'It has 6000, of which 6000 are free.',
      remedy: expect.stringContaining('contiguous') as string,
    });
    expect(only({...kept, nodes: []}, 'hugepages').status).toBe('unknown');
  });

  it('a file that somebody changed is named, and one that may not be read is unknown', () => {
    const path = '/etc/modprobe.d/vfio-pilot.conf';
    expect(
      only({...kept, files: {...kept.files, [path]: sampleFile(path, 'edited\n')}}, 'file', /modprobe/),
    ).toMatchObject({status: 'broken', fact: expect.stringContaining('changed') as string});
    const {[path]: _gone, ...files} = kept.files;
    expect(only({...kept, files}, 'file', /modprobe/).status).toBe('broken');
    expect(
      only(
        {...kept, files: {...kept.files, [path]: sampleFile(path, '', {state: 'denied', text: null})}},
        'file',
        /modprobe/,
      ),
    ).toMatchObject({status: 'unknown', remedy: expect.stringContaining('sudo') as string});
    expect(
      only(
        {...kept, files: {...kept.files, [grubPath]: sampleFile(grubPath, 'GRUB_CMDLINE_LINUX_DEFAULT="quiet"\n')}},
        'file',
        /default\/grub/,
      ).status,
    ).toBe('broken');
  });

  it('a node that was to be emptied is counted as well', () => {
    const memory = {
      ...plan.memory,
      hugepages: {
        sizeKiB: 2048,
        perNode: {0: 6144},
        method: 'release-unit',
        mount: null,
        reserved: null,
        bootTotal: 12288,
        release: {0: 6144, 1: 0},
      },
    } as const;
    const full = {
      ...kept,
      nodes: kept.nodes.map((node) => ({...node, hugepages: [{sizeKiB: 2048, total: 6144, free: 6144}]})),
    };
    const results = verifyPlan(full, {...applied, plan: {...plan, memory}}, 'second').filter(
      ({id}) => id === 'hugepages',
    );
    expect(results).toMatchObject([
      {status: 'kept'},
      {
        status: 'broken',
        promise: 'Node 1 has no pages of 2 MiB left.',
        remedy: expect.stringContaining('vfio-pilot-hugepages.service') as string,
      },
    ]);
  });
});

describe('a card that libvirt takes when the guest starts', () => {
  it('is not expected to be with vfio-pci before', () => {
    const byLibvirt = {
      ...applied,
      plan: {...plan, binding: {...plan.binding, by: 'libvirt'}} as const,
    };
    const facts = withCard({driver: 'nouveau'});
    expect(verifyPlan(facts, byLibvirt, 'second').find(({promise}) => card.test(promise))).toMatchObject({
      status: 'unknown',
      remedy: null,
    });
  });
});

describe('before the reboot', () => {
  it('what only a reboot can bring is pending, and a file is already kept', () => {
    const results = verify({...before, files: kept.files}, 'first');
    expect(results.filter(({status}) => status === 'broken')).toEqual([]);
    expect(results.filter(({status}) => status === 'pending').map(({id}) => id)).toEqual(
      expect.arrayContaining(['kernel-argument', 'device-driver', 'hugepages', 'module-option']),
    );
    for (const {remedy} of results.filter(({status}) => status === 'pending'))
      expect(remedy).toContain('vfio-pilot verify');
    expect(results.filter(({id}) => id === 'file').map(({status}) => status)).not.toContain('pending');
  });

  it('a file that was changed is broken and not pending', () => {
    expect(
      verify(before, 'first').filter(({id, status}) => id === 'file' && status === 'broken').length,
    ).toBeGreaterThan(0);
  });

  it('of the running system nothing is called pending where no boot id tells', () => {
    expect(verify({...before, isLive: true}, null).map(({status}) => status)).not.toContain('pending');
  });

  it('a tree without a boot id is not booted yet: nothing of it is called not kept, and the remedy says so', () => {
    const results = verify({...before, files: kept.files, isLive: false}, null);
    expect(results.filter(({status}) => status === 'broken')).toEqual([]);
    expect(results.find(({id, status}) => id === 'device-driver' && status === 'pending')?.remedy).toContain(
      'not the running system',
    );
  });

  it('a tree that was captured after a boot is judged by it', () => {
    const results = verify({...before, files: kept.files, isLive: false}, 'second');
    expect(results.map(({status}) => status)).toContain('broken');
  });
});

describe('the applied plan of the journal', () => {
  it('is taken as it is', () => {
    expect(decodeAppliedPlan(JSON.stringify(applied))).toEqual({isValid: true, value: applied});
  });

  it.each([
    [null, 'it is missing or cannot be read'],
    ['{', 'it is cut off or was edited (no valid JSON)'],
    ['null', 'it is no object'],
    ['[]', 'it is no object'],
    ['{}', 'version is missing'],
    [JSON.stringify({version: 4, plan}), 'it has version 4, and this program reads version 3'],
    [JSON.stringify({version: 2}), 'plan is missing'],
    [JSON.stringify({version: 3, plan: null}), 'plan is no object'],
    [JSON.stringify({version: 3, plan: {...plan, version: 2}}), 'plan.version is not 1'],
    [
      JSON.stringify({...applied, plan: {...plan, devices: [{...plan.devices[0], bindBy: 'magic'}]}}),
      'plan.devices[0].bindBy is none of address, ids, libvirt',
    ],
  ])('of another shape is refused with what is wrong: %#', (json, problem) => {
    expect(decodeAppliedPlan(json)).toEqual({isValid: false, problem});
  });
});

describe('a file', () => {
  const path =
    changes.find((change) => change.kind === 'create' && change.path.startsWith('/etc/modprobe.d'))?.path ?? '';
  const text = kept.files[path]?.text ?? '';
  const withText = (content: string): HostFacts => ({
    ...kept,
    files: {...kept.files, [path]: {...sampleFile(path, content), sha256: sha256(Buffer.from(content))}},
  });
  const writtenAs = (content: string): WrittenFiles => ({
    states: {
      [path]: {state: 'file', sha256: sha256(Buffer.from(content)), size: content.length, mode: 0o644, uid: 0, gid: 0},
    },
    ofNewest: [path],
  });
  const fileOf = (facts: HostFacts, written: WrittenFiles): PromiseResult | undefined =>
    verifyPlan(facts, applied, 'second', listings, written).find(({promise}) => promise.startsWith(`${path} `));

  it('that holds what the journal says is kept, whatever this version would write', () => {
    const reworded = text.replace('Generated by vfio-pilot', 'Made by vfio-pilot');
    expect(reworded).not.toBe(text);
    expect(fileOf(withText(reworded), writtenAs(reworded))).toMatchObject({status: 'kept', remedy: null});
    expect(fileOf(withText(reworded), writtenAs(text))).toMatchObject({status: 'broken'});
  });

  it('that was written anew with our part in it is kept, as the renderers say', () => {
    expect(fileOf(withText(text), writtenAs(`${text}# libvirt\n`))).toMatchObject({
      status: 'kept',
      fact: 'What was applied is in it.',
    });
  });

  it('that is gone, or that no renderer of this version knows, is said to be so', () => {
    const files = {...kept.files};
    delete files[path];
    expect(fileOf({...kept, files}, writtenAs(text))).toMatchObject({status: 'broken', fact: 'It is gone.'});
    const odd = '/etc/modprobe.d/of-an-old-version.conf';
    const facts = {...kept, files: {...kept.files, [odd]: sampleFile(odd, 'edited')}};
    const {states} = writtenAs(text);
    const results = verifyPlan(facts, applied, 'second', listings, {
      states: {...states, [odd]: {state: 'symlink', target: '/x', uid: 0, gid: 0}},
      ofNewest: [odd],
    });
    expect(results.find(({promise}) => promise.startsWith(odd))).toMatchObject({status: 'unknown'});
  });

  it('is still compared where the plan cannot be read, which is a broken promise', () => {
    const results = verifyWithoutPlan(withText(text), 'it is missing', writtenAs(text));
    expect(results).toMatchObject([
      {id: 'plan', status: 'broken'},
      {id: 'file', status: 'kept'},
    ]);
    expect(verifyWithoutPlan(withText(`${text}#`), 'it is missing', writtenAs(text))[1]).toMatchObject({
      status: 'broken',
      fact: 'It was changed since.',
    });
  });
});

describe('a second card of the same kind', () => {
  it('is held to stay with the host', () => {
    const twin = samplePci('0000:09:00.0', {driver: 'nouveau', iommuGroup: 30});
    expect(only({...kept, pci: [...kept.pci, twin]}, 'host-display', /0000:09:00\.0/).status).toBe('kept');
    expect(
      only({...kept, pci: [...kept.pci, {...twin, driver: 'vfio-pci'}]}, 'host-display', /0000:09:00\.0/).status,
    ).toBe('broken');
  });
});

describe('a kernel line full of foreign look-alikes', () => {
  const pool = plan.kernelArguments.add.find(({text}) => text.startsWith('hugepages='))?.text ?? '';
  const started = (...words: readonly string[]): HostFacts => ({
    ...kept,
    boot: {...kept.boot, commandLine: `BOOT_IMAGE=/vmlinuz ${words.join(' ')} quiet`},
  });
  const statusOf = (facts: HostFacts, text: string): string =>
    only(facts, 'kernel-argument', new RegExp(` with ${text.replaceAll(/[.+]/g, String.raw`\$&`)}\\.$`)).status;

  it.each([
    [
      'intel_iommu=on',
      ['intel_iommu=on,sm_on', 'xintel_iommu=on', 'intel_iommu_x=on', 'intel_iommu=o', 'x="intel_iommu=on"'],
    ],
    [pool, [`${pool}0`, `x${pool}`, `mem.${pool}`, pool.slice(0, -1), pool.replace('=', '_x=')]],
  ])('does not keep the promise of %s', (text, lookAlikes) => {
    expect(pool).toMatch(/^hugepages=\d/);
    for (const one of lookAlikes) expect(statusOf(started(one), text), one).toBe('broken');
    expect(statusOf(started(...lookAlikes), text)).toBe('broken');
    expect(statusOf(started(...lookAlikes, text), text)).toBe('kept');
  });

  it('keeps the promise in the other spelling of the same argument', () => {
    expect(statusOf(started('intel-iommu=on'), 'intel_iommu=on')).toBe('kept');
  });

  it('breaks the promise that an argument is gone by the argument alone, in either spelling', () => {
    const gone = {text: 'vfio-pci.ids=dead:beef', because: ''};
    const without = {...applied, plan: {...plan, kernelArguments: {...plan.kernelArguments, remove: [gone]}}};
    const statusWith = (...words: readonly string[]) =>
      verifyPlan(started(...words), without, 'second').find(({promise}) => promise.includes('without'))?.status;
    for (const one of ['vfio-pci.ids=dead:beef,1:2', 'xvfio-pci.ids=dead:beef', 'vfio-pci.ids=dead:bee'])
      expect(statusWith(one), one).toBe('kept');
    for (const one of ['vfio-pci.ids=dead:beef', 'vfio_pci.ids=dead:beef']) expect(statusWith(one), one).toBe('broken');
  });
});

describe('each kind of promise', () => {
  const applying = (values: Partial<typeof plan>, facts: HostFacts = kept) =>
    verifyPlan(facts, {...applied, plan: {...plan, ...values}}, 'second', listings);
  const {hugepages} = plan.memory;
  const withPages = hugepages === null ? null : {...hugepages, mount: '/dev/hugepages1G' as const};
  const options = [{module: 'vfio-pci', parameter: 'disable_idle_d3', value: '1', because: ''}];
  /** A guest that was promised virtual function 0 of a card, on a host where that card is as said. */
  const shared = (card: Partial<PciFunction>, ...more: readonly PciFunction[]): readonly PromiseResult[] => {
    const [first] = plan.devices;
    if (first === undefined) throw new Error('the plan has no device');
    const device: PlannedDevice = {
      ...first,
      kind: 'virtual-function',
      address: null,
      id: '8086:1520',
      assigned: {
        type: 'virtual-function',
        address: '0000:04:10.0',
        formerly: null,
        of: '0000:04:00.0',
        index: 0,
        count: 1,
        probesDrivers: true,
        network: null,
        vgpu: null,
      },
    };
    const parent = samplePci('0000:04:00.0', {driver: 'igb', iommuGroup: 30, ...card});
    const pci = [...kept.pci, parent, ...more];
    const group = {id: 30, devices: pci.filter(({iommuGroup}) => iommuGroup === 30).map(({address}) => address)};
    const groups = [...kept.iommu.groups, {...group, type: 'DMA', reservedRegions: []}];
    return applying({devices: [device]}, {...kept, pci, iommu: {...kept.iommu, groups}});
  };
  const made = samplePci('0000:04:10.0', {vendor: '8086', device: '1520', iommuGroup: 30});
  const one = sampleSriov({enabled: 1, functions: ['0000:04:10.0']});
  const notKept: Readonly<Record<string, () => readonly PromiseResult[]>> = {
    plan: () => verifyWithoutPlan(kept, 'it is missing', nothingWritten),
    file: () => verify({...kept, files: {...kept.files, [grubPath]: sampleFile(grubPath, '')}}),
    image: () =>
      verifyPlan(
        kept,
        applied,
        'second',
        Object.fromEntries(Object.keys(listings).map((path) => [path, 'sbin/init\n'])),
      ),
    'kernel-argument': () => verify({...kept, boot: {...kept.boot, commandLine: 'quiet'}}),
    'kernel-log': () =>
      verify({...kept, kernel: {...kept.kernel, log: {unknownArguments: ['intel_iommu=on'], complaints: []}}}),
    'iommu-active': () => verify({...kept, iommu: {...kept.iommu, active: false, groups: []}}),
    'device-driver': () => verify(withCard({driver: 'nouveau'})),
    'group-viable': () =>
      verify({
        ...kept,
        pci: kept.pci.map((one) => (one.address === '0000:06:00.1' ? {...one, driver: 'snd_hda_intel'} : one)),
      }),
    'device-framebuffer': () => verify(withCard({bars: [sampleBar], bootFramebuffers: ['efifb']})),
    'device-power': () =>
      applying({binding: {...plan.binding, moduleOptions: options}}, withCard({powerState: 'D3cold'})),
    'host-display': () =>
      verify({
        ...kept,
        pci: kept.pci.map((one) => (one.address === '0000:0a:03.0' ? {...one, driver: 'vfio-pci'} : one)),
      }),
    'module-option': () => verify({...kept, kernel: {...kept.kernel, parameters: {'kvm.ignore_msrs': 'N'}}}),
    hugepages: () =>
      verify({...kept, nodes: kept.nodes.map((node) => ({...node, hugepages: [{sizeKiB: 2048, total: 1, free: 1}]}))}),
    'hugepages-mount': () => applying({memory: {...plan.memory, hugepages: withPages}}),
    isolation: () =>
      applying(
        {isolation: {method: 'boot', cpus: [2, 4], hostCpus: [0]}},
        {...kept, isolation: {...kept.isolation, isolatedCpus: []}},
      ),
    command: () =>
      verify({
        ...kept,
        boot: {...kept.boot, loader: 'nixos', initramfs: null, own: {kind: 'generation', commandLine: 'quiet'}},
      }),
    'vf-parent': () => shared({driver: 'vfio-pci', sriov: one}, made),
    'vf-count': () => shared({sriov: sampleSriov({enabled: 0})}),
    'vf-address': () => shared({sriov: one}, {...made, device: '10ca'}),
    'vf-group': () => shared({sriov: one}, made),
    'trial-boot': () => verifyPlan(kept, {...applied, trial: 'abcdef012345'}, 'second'),
  };

  /** Those of a hypervisor or a kind of device with tests of its own, with the tests in which they are NOT KEPT. */
  const shownElsewhere: Readonly<Record<string, string>> = {
    'guest-node': 'test/hypervisor/proxmox/cluster.test.ts',
    'guest-vcpu-pins': 'test/hypervisor/proxmox/promises.test.ts',
    'guest-affinity': 'test/hypervisor/proxmox/promises.test.ts',
    'guest-pages': 'test/hypervisor/proxmox/promises.test.ts',
    'guest-input': 'test/plan/choose-evdev.test.ts',
    'guest-sound': 'test/hypervisor/sound.test.ts',
    'looking-glass-device': 'test/hypervisor/kvmfr.test.ts',
    'looking-glass-memory': 'test/hypervisor/looking-glass.test.ts',
    'mdev-device': 'test/devices/mediated-device.test.ts',
    'mdev-parent': 'test/devices/mediated-device.test.ts',
    'selinux-label': 'test/hypervisor/selinux-labels.test.ts',
    'usb-one': 'test/devices/usb-device.test.ts',
    'vf-interface': 'test/hypervisor/network-cards.test.ts',
    'vf-pool': 'test/devices/pooled-function.test.ts',
    'vgpu-type': 'test/devices/vgpu.test.ts',
    'xapi-usb': 'test/hypervisor/xcp-ng/usb.test.ts',
    'xen-argument': 'test/binding/pciback.test.ts',
    'xen-hidden': 'test/binding/pciback.test.ts',
    'xen-own-pool': 'test/hypervisor/xen/pool.deep.test.ts',
    'xen-pool': 'test/hypervisor/xen/guest.test.ts',
    'xen-running': 'test/binding/pciback.test.ts',
  };

  it('is one of these', () => {
    expect(promiseIds()).toEqual(new Set([...Object.keys(notKept), ...Object.keys(shownElsewhere)]));
  });

  it.each(Object.entries(shownElsewhere))('is NOT KEPT in a test of its own: %s, in %s', (id, file) =>
    expect(assertedTexts(readFileSync(file, 'utf8'))).toContain(`'${id} broken'`),
  );

  it.each(Object.keys(notKept))('is NOT KEPT where the host is otherwise: %s', (id) => {
    const broken = (notKept[id]?.() ?? []).filter((result) => result.id === id && result.status === 'broken');
    expect(broken.length).toBeGreaterThan(0);
    for (const {fact, remedy} of broken)
      expect([fact, remedy]).toEqual([expect.stringMatching(/\S\.$/), expect.stringMatching(/\S/)]);
  });
});
