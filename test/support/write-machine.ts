import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll} from 'vitest';
import {hex, openTree, type TreeWriter} from './big-host-files.ts';
import type {MachineShape, ShapedCore} from './machine-shape.ts';

const made: string[] = [];

afterAll(() => {
  for (const root of made) rmSync(root, {recursive: true, force: true});
});

const cpuDirectory = '/sys/devices/system/cpu';
const nodeDirectory = '/sys/devices/system/node';

/** An invented machine as the kernel would show it, with one graphics card; removed after the test file. */
export const writeMachine = (shape: MachineShape): string => {
  const root = mkdtempSync(join(tmpdir(), 'vfio-pilot-machine-'));
  made.push(root);
  const tree = openTree(root);
  writeCpus(tree, shape);
  writeNodes(tree, shape);
  writeCard(tree, shape);
  tree.file('/proc/cmdline', 'BOOT_IMAGE=/vmlinuz root=/dev/sda1 ro intel_iommu=on\n');
  return root;
};

const threadsWhere = ({cores}: MachineShape, isMember: (core: ShapedCore) => boolean): readonly number[] =>
  cores
    .filter(isMember)
    .flatMap((core) => core.threads)
    .sort((a, b) => a - b);

const writeCpus = (tree: TreeWriter, shape: MachineShape): void => {
  const online = threadsWhere(shape, () => true);
  const present = [...online, ...shape.offline].sort((a, b) => a - b);
  const most = Math.max(...present);
  tree.files(cpuDirectory, {
    online: listOf(online),
    present: listOf(present),
    possible: `0-${most}`,
    offline: listOf(shape.offline),
    isolated: listOf(shape.isolated),
  });
  for (const cpu of shape.offline) tree.file(`${cpuDirectory}/cpu${cpu}/online`, '0\n');
  shape.cores.forEach((core, index) => core.threads.forEach((cpu) => writeCpu(tree, shape, {core, index, cpu, most})));
  const kinds = [
    ['cpu_core', 'performance'],
    ['cpu_atom', 'efficiency'],
  ] as const;
  for (const [driver, kind] of kinds) {
    const cpus = threadsWhere(shape, (core) => core.kind === kind);
    if (cpus.length > 0) tree.file(`/sys/devices/${driver}/cpus`, `${listOf(cpus)}\n`);
  }
  tree.file('/proc/cpuinfo', online.map((cpu) => cpuInfo(shape, cpu)).join('\n'));
};

const cpuInfo = ({architecture}: MachineShape, cpu: number): string =>
  architecture === 'power'
    ? `processor\t: ${cpu}\ncpu\t\t: POWER9 (invented)\nclock\t\t: 2300.000000MHz\n`
    : `processor\t: ${cpu}\nvendor_id\t: GenuineIntel\nmodel name\t: Invented CPU\nflags\t\t: fpu vmx pdpe1gb\n`;

type Place = {readonly core: ShapedCore; readonly index: number; readonly cpu: number; readonly most: number};

const writeCpu = (tree: TreeWriter, shape: MachineShape, {core, index, cpu, most}: Place): void => {
  const directory = `${cpuDirectory}/cpu${cpu}`;
  const inPackage = threadsWhere(shape, (other) => other.package === core.package);
  const sets = {
    core_cpus: core.threads,
    thread_siblings: core.threads,
    cluster_cpus: threadsWhere(shape, (other) => other.cluster === core.cluster),
    die_cpus: threadsWhere(shape, (other) => other.package === core.package && other.die === core.die),
    package_cpus: inPackage,
    core_siblings: inPackage,
  };
  tree.files(`${directory}/topology`, {
    core_id: `${index}`,
    cluster_id: `${core.cluster}`,
    die_id: `${core.die}`,
    physical_package_id: `${core.package}`,
    ...Object.fromEntries(
      Object.entries(sets).flatMap(([name, cpus]) => [
        [name, maskOf(cpus, most)],
        [`${name}_list`, listOf(cpus)],
      ]),
    ),
  });
  tree.files(`${directory}/cache/index0`, cacheFiles(1, 'Data', 32, core.threads, most));
  if (core.l3 !== null)
    tree.files(
      `${directory}/cache/index1`,
      cacheFiles(
        3,
        'Unified',
        core.l3KiB,
        threadsWhere(shape, (other) => other.l3 === core.l3),
        most,
      ),
    );
};

const cacheFiles = (
  level: number,
  type: string,
  sizeKiB: number,
  cpus: readonly number[],
  most: number,
): Readonly<Record<string, string>> => ({
  level: `${level}`,
  type,
  size: `${sizeKiB}K`,
  shared_cpu_list: listOf(cpus),
  shared_cpu_map: maskOf(cpus, most),
  coherency_line_size: '64',
  number_of_sets: '64',
  ways_of_associativity: '8',
  physical_line_partition: '1',
});

const writeNodes = (tree: TreeWriter, shape: MachineShape): void => {
  const most = Math.max(...threadsWhere(shape, () => true), ...shape.offline);
  const ids = listOf(shape.nodes.map(({id}) => id));
  if (shape.nodes.length > 0) tree.files(nodeDirectory, {online: ids, possible: '0-1023'});
  for (const {id, memoryKiB, distances} of shape.nodes) {
    const cpus = threadsWhere(shape, (core) => core.node === id);
    tree.files(`${nodeDirectory}/node${id}`, {
      cpulist: listOf(cpus),
      cpumap: maskOf(cpus, most),
      distance: distances.join(' '),
      meminfo: `Node ${id} MemTotal:       ${memoryKiB} kB\nNode ${id} MemFree:        ${Math.floor(memoryKiB / 2)} kB`,
    });
    tree.files(`${nodeDirectory}/node${id}/hugepages/hugepages-2048kB`, {
      nr_hugepages: '0',
      free_hugepages: '0',
      surplus_hugepages: '0',
    });
  }
  const total = shape.nodes.reduce((sum, node) => sum + node.memoryKiB, 0);
  tree.file('/proc/meminfo', `MemTotal: ${total} kB\nMemFree: ${total} kB\nMemAvailable: ${total} kB\n`);
};

const writeCard = (tree: TreeWriter, {device: {address, node}}: MachineShape): void => {
  const domainAndBus = address.slice(0, address.lastIndexOf(':'));
  for (const [index, card] of [
    {class: '0x030000', device: '0x1c81'},
    {class: '0x040300', device: '0x0fb9'},
  ].entries()) {
    const name = `${address.slice(0, -1)}${index}`;
    const place = `/sys/devices/pci${domainAndBus}/${name}`;
    tree.files(place, {
      ...card,
      vendor: '0x10de',
      numa_node: `${node}`,
      irq: '0',
      revision: '0xa1',
      subsystem_vendor: '0x1458',
      subsystem_device: '0x372d',
      boot_vga: '0',
    });
    tree.file(`${place}/resource`, '0x0000000000000000 0x0000000000000000 0x0000000000000000\n'.repeat(7));
    tree.link(`/sys/bus/pci/devices/${name}`, place);
    tree.link(`${place}/iommu_group`, '/sys/kernel/iommu_groups/7');
    tree.link(`/sys/kernel/iommu_groups/7/devices/${name}`, place);
  }
  tree.file('/sys/kernel/iommu_groups/7/type', 'DMA\n');
};

/** As the kernel prints a set: ranges, and words of 32 bits with the highest first. */
const listOf = (cpus: readonly number[]): string => {
  const ranges: [number, number][] = [];
  for (const cpu of cpus) {
    const open = ranges.at(-1);
    if (open !== undefined && open[1] === cpu - 1) open[1] = cpu;
    else ranges.push([cpu, cpu]);
  }
  return ranges.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(',');
};

const maskOf = (cpus: readonly number[], most: number): string => {
  const words = Array.from({length: Math.floor(most / 32) + 1}, () => 0);
  for (const cpu of cpus) words[Math.floor(cpu / 32)] = (words[Math.floor(cpu / 32)] ?? 0) + 2 ** (cpu % 32);
  return words
    .toReversed()
    .map((word) => hex(word, 8))
    .join(',');
};
