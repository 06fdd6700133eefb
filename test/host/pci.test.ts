import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {gzipSync} from 'node:zlib';
import {describe, expect, it} from 'vitest';
import type {Finding} from '../../src/findings/finding.ts';
import {readPci} from '../../src/host/pci/pci.ts';
import {openSource} from '../../src/system/source.ts';
import {makeBigHost} from '../support/make-big-host.ts';
import {pciEntries, writeRoot} from './pci-tree.ts';

const read = (root: string) => {
  const notes: Finding[] = [];
  return {pci: readPci(openSource(root, null), (finding) => notes.push(finding)), notes};
};

const readOne = (attributes: Parameters<typeof pciEntries>[1]) => {
  const [one] = read(writeRoot(pciEntries('pci0000:00/0000:00:01.0/0000:01:00.0', attributes))).pci;
  if (one === undefined) throw new Error('the function was not read');
  return one;
};

describe('readPci', () => {
  it('reads the same from `uevent` and from the files that hold the same, of each function of a large host', () => {
    const root = mkdtempSync(join(tmpdir(), 'vfio-pilot-uevent-'));
    try {
      makeBigHost(root, {cpus: 8, nodes: 2, functions: 130});
      const fromEvents = read(root).pci;
      expect(fromEvents).toHaveLength(130);
      for (const {address} of fromEvents) rmSync(join(root, 'sys/bus/pci/devices', address, 'uevent'));
      expect(read(root).pci).toEqual(fromEvents);
    } finally {
      rmSync(root, {recursive: true});
    }
  });

  it('takes the ids of a subsystem that the maker left unset for none, in `uevent` as in the files', () => {
    const event = 'DRIVER=nvidia\nPCI_CLASS=30000\nPCI_ID=10DE:1C81\nPCI_SUBSYS_ID=0000:0000\nMODALIAS=pci:v0\n';
    expect(readOne({uevent: event, vendor: '0x8086\n'})).toMatchObject({
      class: '030000',
      vendor: '10de',
      device: '1c81',
      subsystem: null,
      driver: 'nvidia',
      modalias: 'pci:v0',
    });
  });

  it('reads what the directory of a graphics card tells', () => {
    const card = readOne({
      subsystem_vendor: '0x1043\n',
      subsystem_device: '0x85d8\n',
      revision: '0xa1\n',
      boot_vga: '1\n',
      numa_node: '0\n',
      reset_method: 'flr bus\n',
      power_state: 'D0\n',
      driver_override: '(null)\n',
      driver: {to: '../../../../bus/pci/drivers/nouveau'},
      iommu_group: {to: '../../../../kernel/iommu_groups/17'},
      resource1_resize: '0000000000000300\n',
    });

    expect(card).toMatchObject({
      address: '0000:01:00.0',
      class: '030000',
      subsystem: '1043:85d8',
      revision: 'a1',
      driver: 'nouveau',
      driverOverride: null,
      iommuGroup: 17,
      numaNode: 0,
      bootVga: true,
      resetMethods: ['flr', 'bus'],
      resizableBars: [{bar: 1, sizesMiB: [256, 512]}],
      upstream: ['0000:00:01.0'],
      isBridge: false,
      powerState: 'D0',
      hasMdevTypes: false,
      vgpu: null,
    });
  });

  it('takes what is unknown for unknown', () => {
    expect(readOne({numa_node: '-1\n', subsystem_vendor: '0xffff\n', subsystem_device: '0xffff\n'})).toMatchObject({
      subsystem: null,
      driver: null,
      iommuGroup: null,
      numaNode: null,
      resetMethods: null,
      modules: null,
      name: null,
      sriov: null,
      physicalFunction: null,
    });
  });

  it('tells no reset method from an unknown one', () => {
    expect(readOne({reset_method: '\n'}).resetMethods).toEqual([]);
  });

  it('knows a virtual function by its physical one', () => {
    expect(readOne({physfn: {to: '../0000:01:00.1'}})).toMatchObject({
      physicalFunction: '0000:01:00.1',
      sriov: null,
    });
  });

  it('knows a physical function by what it can make, and what it has made', () => {
    expect(
      readOne({
        sriov_totalvfs: '7\n',
        sriov_numvfs: '2\n',
        sriov_drivers_autoprobe: '1\n',
        sriov_offset: '128\n',
        sriov_stride: '4\n',
        sriov_vf_device: '1520\n',
        virtfn0: {to: '../0000:04:10.0'},
        virtfn1: {to: '../0000:04:10.4'},
      }).sriov,
    ).toEqual({
      total: 7,
      enabled: 2,
      probesDrivers: true,
      offset: 128,
      stride: 4,
      device: '1520',
      functions: ['0000:04:10.0', '0000:04:10.4'],
      interface: null,
      isInterfaceUp: null,
      shares: null,
    });
    expect(readOne({sriov_totalvfs: '7\n'}).sriov).toEqual({
      total: 7,
      enabled: null,
      probesDrivers: null,
      offset: null,
      stride: null,
      device: null,
      functions: [],
      interface: null,
      isInterfaceUp: null,
      shares: null,
    });
    const interfaces = (...names: readonly string[]) =>
      readOne({
        sriov_totalvfs: '7\n',
        ...Object.fromEntries(names.map((name) => [`net/${name}/operstate`, 'up\n'])),
      }).sriov?.interface;
    expect([interfaces('enp4s0f0'), interfaces('a', 'b')]).toEqual(['enp4s0f0', null]);
    const isUp = (flags: string) => readOne({sriov_totalvfs: '7\n', 'net/enp4s0f0/flags': flags}).sriov?.isInterfaceUp;
    expect([isUp('0x1003\n'), isUp('0x1002\n'), isUp('up\n')]).toEqual([true, false, null]);
    expect(readOne({sriov_totalvfs: '0\n'}).sriov).toBeNull();
    expect(readOne({sriov_totalvfs: '65535\n'}).sriov?.total).toBe(65_535);
    expect(readOne({sriov_totalvfs: '65536\n'}).sriov).toBeNull();
  });

  it('reads what xe gives to each function of its GPU, and counts from 0 as the kernel does elsewhere', () => {
    const profile = (of: string, files: Readonly<Record<string, string>>) =>
      Object.fromEntries(Object.entries(files).map(([name, text]) => [`sriov_admin/${of}/profile/${name}`, text]));
    expect(
      readOne({
        sriov_totalvfs: '12\n',
        ...profile('pf', {exec_quantum_ms: '20\n', preempt_timeout_us: '0\n', sched_priority: 'low [normal] high\n'}),
        ...profile('vf1', {
          exec_quantum_ms: '10\n',
          preempt_timeout_us: '20000\n',
          sched_priority: '[low] normal\n',
          vram_quota: '17179869184\n',
        }),
        ...profile('vf2', {exec_quantum_ms: '-1\n', sched_priority: 'low normal\n', vram_quota: '0\n'}),
        ...profile('vf13', {exec_quantum_ms: '1\n'}),
      }).sriov?.shares,
    ).toEqual({
      physical: {execQuantumMs: 20, preemptTimeoutUs: 0, schedPriority: 'normal', vramQuotaBytes: null},
      virtual: [
        {execQuantumMs: 10, preemptTimeoutUs: 20_000, schedPriority: 'low', vramQuotaBytes: 17_179_869_184},
        {execQuantumMs: null, preemptTimeoutUs: null, schedPriority: null, vramQuotaBytes: 0},
      ],
    });
    expect(readOne({sriov_totalvfs: '12\n', 'sriov_admin/uevent': ''}).sriov?.shares).toBeNull();
  });

  it('reads a flat tree whose bus holds directories, and sorts by number', () => {
    const root = writeRoot({});
    for (const name of ['10000:e0:06.0', '0000:0a:00.0', '0000:02:00.0']) {
      const directory = join(root, 'sys/bus/pci/devices', name);
      mkdirSync(directory, {recursive: true});
      for (const file of ['vendor', 'device']) writeFileSync(join(directory, file), '0x8086\n');
    }

    const {pci} = read(root);

    expect(pci.map(({address}) => address)).toEqual(['0000:02:00.0', '0000:0a:00.0', '10000:e0:06.0']);
    expect(pci[0]?.upstream).toEqual([]);
  });

  it('names the VMD controller above the ports of its own domain', () => {
    const root = writeRoot(
      pciEntries('pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0/10000:e1:00.0', {class: '0x010802\n'}),
    );

    expect(read(root).pci[0]?.upstream).toEqual(['0000:00:0e.0', '10000:e0:06.0']);
  });

  it('leaves out what has no vendor, and says so', () => {
    const root = writeRoot({
      '/sys/bus/pci/devices/0035:01:00.0/class': '0x020000\n',
      '/sys/bus/pci/devices/nonsense/vendor': '0x1\n',
    });

    const {pci, notes} = read(root);

    expect(pci).toEqual([]);
    expect(notes).toMatchObject([{code: 'host-file-malformed', subject: '/sys/bus/pci/devices/0035:01:00.0'}]);
  });

  it.each(['', 'nonsense', '\0\0\0', '-2'])('survives attributes that read %j', (text) => {
    const attributes = Object.fromEntries(
      [
        'class',
        'revision',
        'numa_node',
        'resource',
        'reset_method',
        'resource0_resize',
        'sriov_totalvfs',
        'config',
      ].map((name) => [name, text]),
    );

    expect(readOne(attributes)).toMatchObject({address: '0000:01:00.0', numaNode: null, bars: [], resizableBars: []});
  });
});

describe('names', () => {
  const ids = '10de  NVIDIA Corporation\n\t1c81  GP107 [GeForce GTX 1050]\n';

  it.each([
    ['/usr/share/misc/pci.ids', ids],
    ['/usr/share/hwdata/pci.ids', ids],
    ['/usr/share/hwdata/pci.ids.gz', gzipSync(ids)],
  ])('come from %s', (path, content) => {
    const root = writeRoot({...pciEntries('pci0000:00/0000:00:02.0', {}), [path]: content});

    expect(read(root).pci[0]?.name).toBe('NVIDIA Corporation GP107 [GeForce GTX 1050]');
  });

  it('of an unknown device say whose it is', () => {
    const root = writeRoot({
      ...pciEntries('pci0000:00/0000:00:02.0', {device: '0xbeef\n'}),
      '/usr/share/misc/pci.ids': ids,
    });

    expect(read(root).pci[0]?.name).toBe('NVIDIA Corporation Device beef');
  });

  it('stay unknown when the compressed file is broken', () => {
    const root = writeRoot({...pciEntries('pci0000:00/0000:00:02.0', {}), '/usr/share/misc/pci.ids.gz': 'no gzip'});

    expect(read(root).pci[0]?.name).toBeNull();
  });
});

describe('modules', () => {
  const alias = `alias pci:v000010DEd*sv*sd*bc03sc*i* nouveau
alias pci:v000010DEd*sv*sd*bc03sc*i* nvidia_drm
alias pci:v000010DEd00001C81sv*sd*bc03sc*i* nouveau
alias pci:v*d*sv*sd*bc01sc06i01* ahci
alias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci
alias vfio_pci:v000010DEd00001C81sv*sd*bc*sc*i* nvgrace_gpu_vfio_pci
`;
  const modalias = 'pci:v000010DEd00001C81sv00001043sd000085D8bc03sc00i00\n';

  it.each([
    ['/proc/sys/kernel/osrelease', '6.12.1-amd64\n'],
    ['/proc/version', 'Linux version 6.12.1-amd64 (debian-kernel@lists.debian.org)\n'],
    ['/etc/hostname', 'only one directory of modules tells it\n'],
  ])('are those of the release in %s, each once', (path, text) => {
    const root = writeRoot({
      ...pciEntries('pci0000:00/0000:00:02.0', {modalias}),
      [path]: text,
      '/lib/modules/6.12.1-amd64/modules.alias': alias,
    });

    expect(read(root).pci[0]).toMatchObject({modules: ['nouveau', 'nvidia_drm'], vfioVariant: 'nvgrace_gpu_vfio_pci'});
  });

  it('are none where no alias matches, and unknown for bridges', () => {
    const root = writeRoot({
      ...pciEntries('pci0000:00/0000:00:02.0', {modalias: 'pci:v00001234d00000001sv00000000sd00000000bc03sc00i00\n'}),
      ...pciEntries('pci0000:00/0000:00:01.0', {
        modalias: 'pci:v000010DEd00001C81sv00001043sd000085D8bc06sc04i00\n',
        class: '0x060400\n',
      }),
      '/lib/modules/6.12.1/modules.alias': alias,
    });

    expect(read(root).pci.map(({modules, vfioVariant}) => [modules, vfioVariant])).toEqual([
      [null, null],
      [[], null],
    ]);
  });
});
