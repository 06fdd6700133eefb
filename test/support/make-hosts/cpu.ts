import {captured, directory, type Entries, file, value} from './entries.ts';

export type CpuModel = {
  readonly vendor: string;
  readonly family: number;
  readonly model: number;
  readonly name: string;
  readonly stepping: number;
  readonly flags: string;
  readonly addressSizes: string;
};

export type CpuSpec = {
  readonly id: number;
  readonly node: number;
  readonly package: number;
  readonly core: number;
  readonly siblings: readonly number[];
  readonly l3: readonly number[];
  readonly l3Id: number;
  readonly l3KiB: number;
};

export type NodeSpec = {
  readonly id: number;
  readonly cpus: readonly number[];
  readonly totalKiB: number;
  readonly freeKiB: number;
  readonly distances: readonly number[];
};

const cpuRoot = '/sys/devices/system/cpu';

/** Siblings n and n + cores, as Linux numbers them on most one-socket machines; `coresPerL3` cores share an L3. */
export const simpleCpus = (cores: number, coresPerL3: number, l3KiB: number): readonly CpuSpec[] =>
  Array.from({length: cores * 2}, (_, id) => {
    const core = id % cores;
    const first = Math.floor(core / coresPerL3) * coresPerL3;
    const l3Cores = Array.from({length: coresPerL3}, (__, index) => first + index);
    return {
      id,
      node: 0,
      package: 0,
      core,
      siblings: [core, core + cores],
      l3: [...l3Cores, ...l3Cores.map((member) => member + cores)],
      l3Id: first / coresPerL3,
      l3KiB,
    };
  });

export const cpuEntries = (cpus: readonly CpuSpec[]): Entries => [
  ...cpuListEntries(cpus.length),
  ...cpus.flatMap((cpu) => {
    const topology = `${cpuRoot}/cpu${cpu.id}/topology`;
    const cache = `${cpuRoot}/cpu${cpu.id}/cache`;
    const packageCpus = kernelList(cpus.filter((other) => other.package === cpu.package).map(({id}) => id));
    return [
      value(`${topology}/core_id`, cpu.core),
      value(`${topology}/physical_package_id`, cpu.package),
      value(`${topology}/die_id`, 0),
      value(`${topology}/core_cpus_list`, kernelList(cpu.siblings)),
      value(`${topology}/thread_siblings_list`, kernelList(cpu.siblings)),
      value(`${topology}/package_cpus_list`, packageCpus),
      value(`${cache}/index2/level`, 2),
      value(`${cache}/index2/shared_cpu_list`, kernelList(cpu.siblings)),
      value(`${cache}/index3/id`, cpu.l3Id),
      value(`${cache}/index3/level`, 3),
      value(`${cache}/index3/shared_cpu_list`, kernelList(cpu.l3)),
      value(`${cache}/index3/size`, `${cpu.l3KiB}K`),
      value(`${cache}/index3/type`, 'Unified'),
    ];
  }),
];

/** The same files, taken from a captured machine. */
export const capturedCpuEntries = (root: string, count: number): Entries => [
  ...cpuListEntries(count),
  ...captured(
    root,
    Array.from({length: count}, (_, id) => id).flatMap((id) => [
      ...[
        'core_id',
        'physical_package_id',
        'die_id',
        'core_cpus_list',
        'thread_siblings_list',
        'package_cpus_list',
      ].map((name) => `${cpuRoot}/cpu${id}/topology/${name}`),
      ...[
        'index2/level',
        'index2/shared_cpu_list',
        'index3/id',
        'index3/level',
        'index3/shared_cpu_list',
        'index3/size',
        'index3/type',
      ].map((name) => `${cpuRoot}/cpu${id}/cache/${name}`),
    ]),
  ),
];

const cpuListEntries = (count: number): Entries => [
  value(`${cpuRoot}/online`, `0-${count - 1}`),
  value(`${cpuRoot}/possible`, `0-${count - 1}`),
  value(`${cpuRoot}/present`, `0-${count - 1}`),
];

export const nodeEntries = (nodes: readonly NodeSpec[], hugepageSizesKiB: readonly number[]): Entries => [
  value('/sys/devices/system/node/online', kernelList(nodes.map(({id}) => id))),
  value('/sys/devices/system/node/possible', kernelList(nodes.map(({id}) => id))),
  value('/sys/devices/system/node/has_cpu', kernelList(nodes.map(({id}) => id))),
  value('/sys/devices/system/node/has_memory', kernelList(nodes.map(({id}) => id))),
  ...nodes.flatMap((node) => {
    const base = `/sys/devices/system/node/node${node.id}`;
    return [
      value(`${base}/cpulist`, kernelList(node.cpus)),
      value(`${base}/distance`, node.distances.join(' ')),
      file(`${base}/meminfo`, nodeMeminfo(node), 0o444),
      ...hugepageSizesKiB.flatMap((size) =>
        ['free_hugepages', 'nr_hugepages', 'surplus_hugepages'].map((name) =>
          file(`${base}/hugepages/hugepages-${size}kB/${name}`, '0\n'),
        ),
      ),
    ];
  }),
  ...memoryEntries(nodes, hugepageSizesKiB),
];

const memoryEntries = (nodes: readonly NodeSpec[], hugepageSizesKiB: readonly number[]): Entries => [
  ...hugepageSizesKiB.flatMap((size) =>
    ['free_hugepages', 'nr_hugepages', 'nr_overcommit_hugepages', 'resv_hugepages', 'surplus_hugepages'].map((name) =>
      file(`/sys/kernel/mm/hugepages/hugepages-${size}kB/${name}`, '0\n'),
    ),
  ),
  file('/sys/kernel/mm/transparent_hugepage/enabled', 'always [madvise] never\n'),
  file('/proc/meminfo', meminfo(nodes), 0o444),
];

const nodeMeminfo = ({id, totalKiB, freeKiB}: NodeSpec): string =>
  [
    `Node ${id} MemTotal:       ${totalKiB} kB`,
    `Node ${id} MemFree:        ${freeKiB} kB`,
    `Node ${id} MemUsed:        ${totalKiB - freeKiB} kB`,
    `Node ${id} HugePages_Total:     0`,
    `Node ${id} HugePages_Free:      0`,
    `Node ${id} HugePages_Surp:      0`,
    '',
  ].join('\n');

const meminfo = (nodes: readonly NodeSpec[]): string => {
  const sum = (pick: (node: NodeSpec) => number): number => nodes.reduce((total, node) => total + pick(node), 0);
  const lines: readonly (readonly [string, number])[] = [
    ['MemTotal', sum((node) => node.totalKiB)],
    ['MemFree', sum((node) => node.freeKiB)],
    ['MemAvailable', sum((node) => node.freeKiB) + 800_000],
    ['SwapTotal', 2_097_148],
    ['SwapFree', 2_097_148],
  ];
  const pools = [
    'HugePages_Total:       0',
    'HugePages_Free:        0',
    'HugePages_Rsvd:        0',
    'HugePages_Surp:        0',
  ];
  return [
    ...lines.map(([name, kib]) => `${`${name}:`.padEnd(15)}${String(kib).padStart(10)} kB`),
    ...pools,
    'Hugepagesize:       2048 kB',
    '',
  ].join('\n');
};

export const cpuinfoEntry = (cpus: readonly Pick<CpuSpec, 'id' | 'package' | 'core'>[], model: CpuModel): Entries => [
  file(
    '/proc/cpuinfo',
    cpus
      .map((cpu) =>
        [
          `processor\t: ${cpu.id}`,
          `vendor_id\t: ${model.vendor}`,
          `cpu family\t: ${model.family}`,
          `model\t\t: ${model.model}`,
          `model name\t: ${model.name}`,
          `stepping\t: ${model.stepping}`,
          `physical id\t: ${cpu.package}`,
          `core id\t\t: ${cpu.core}`,
          `flags\t\t: ${model.flags}`,
          `address sizes\t: ${model.addressSizes}`,
          '\n',
        ].join('\n'),
      )
      .join(''),
    0o444,
  ),
];

/** 0-2,5: how the kernel writes a set of numbers. */
const kernelList = (numbers: readonly number[]): string => {
  const sorted = numbers.toSorted((a, b) => a - b);
  const starts = sorted.filter((number, index) => index === 0 || sorted[index - 1] !== number - 1);
  return starts
    .map((start) => {
      let end = start;
      while (sorted.includes(end + 1)) end += 1;
      return start === end ? `${start}` : `${start}-${end}`;
    })
    .join(',');
};

export const kvmDevice: Entries = [directory('/dev'), file('/dev/kvm', '', 0o660)];
