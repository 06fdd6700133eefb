import {type BigHostSize, hex, range, type TreeWriter} from './big-host-files.ts';

const coresInL3 = 8;
const nodeKiB = 131_072_000;

/** CPU n and n + half are the threads of core n; eight cores share an L3 cache; cores go to nodes in blocks. */
export const writeBigCpus = (tree: TreeWriter, {cpus, nodes}: BigHostSize): void => {
  const cores = cpus / 2;
  const coresInNode = cores / nodes;
  const threads = (first: number, count: number): readonly number[] => [
    ...range(count, first),
    ...range(count, first + cores),
  ];
  for (const cpu of range(cpus)) {
    const core = cpu % cores;
    const node = Math.floor(core / coresInNode);
    const socket = Math.floor((node * 2) / Math.max(nodes, 2));
    const directory = `/sys/devices/system/cpu/cpu${cpu}`;
    if (cpu > 0) tree.file(`${directory}/online`, '1\n');
    writeTopology(tree, `${directory}/topology`, {
      core,
      socket,
      siblings: threads(core, 1),
      package: threads(socket * (cores / 2), cores / 2),
      cpus,
    });
    writeCaches(tree, `${directory}/cache`, core, {
      own: threads(core, 1),
      l3: threads(core - (core % coresInL3), coresInL3),
      cpus,
    });
    tree.link(`${directory}/node${node}`, `/sys/devices/system/node/node${node}`);
    tree.link(`/sys/devices/system/node/node${node}/cpu${cpu}`, directory);
  }
  const cpuList = `0-${cpus - 1}`;
  tree.files('/sys/devices/system/cpu', {
    online: cpuList,
    present: cpuList,
    possible: cpuList,
    offline: '',
    'cpufreq/boost': '1',
    'cpuidle/current_driver': 'none',
  });
  writeNodes(tree, nodes, (node) => threads(node * coresInNode, coresInNode), cpus);
  writeProc(tree, cpus, nodes);
};

type Place = {core: number; socket: number; siblings: readonly number[]; package: readonly number[]; cpus: number};

const writeTopology = (tree: TreeWriter, directory: string, place: Place): void => {
  const [siblings, socket] = [listAndMask(place.siblings, place.cpus), listAndMask(place.package, place.cpus)];
  tree.files(directory, {
    core_id: `${place.core}`,
    physical_package_id: `${place.socket}`,
    die_id: '0',
    core_cpus_list: siblings.list,
    core_cpus: siblings.mask,
    thread_siblings_list: siblings.list,
    thread_siblings: siblings.mask,
    package_cpus_list: socket.list,
    package_cpus: socket.mask,
    core_siblings_list: socket.list,
    core_siblings: socket.mask,
    die_cpus_list: socket.list,
    die_cpus: socket.mask,
  });
};

const writeCaches = (
  tree: TreeWriter,
  directory: string,
  core: number,
  shared: {own: readonly number[]; l3: readonly number[]; cpus: number},
): void => {
  const levels = [
    [1, 'Data', '32K'],
    [1, 'Instruction', '32K'],
    [2, 'Unified', '1024K'],
    [3, 'Unified', '32768K'],
  ] as const;
  levels.forEach(([level, type, size], index) => {
    const {list, mask} = listAndMask(level === 3 ? shared.l3 : shared.own, shared.cpus);
    const id = level === 3 ? Math.floor(core / coresInL3) : core;
    tree.files(`${directory}/index${index}`, {
      level: `${level}`,
      type,
      size,
      shared_cpu_list: list,
      shared_cpu_map: mask,
      id: `${id}`,
      ways_of_associativity: '16',
    });
  });
};

const writeNodes = (
  tree: TreeWriter,
  nodes: number,
  cpusOf: (node: number) => readonly number[],
  cpus: number,
): void => {
  const nodeList = `0-${nodes - 1}`;
  const directory = '/sys/devices/system/node';
  tree.files(directory, {
    online: nodeList,
    possible: nodeList,
    has_cpu: nodeList,
    has_memory: nodeList,
    has_normal_memory: nodeList,
  });
  for (const node of range(nodes)) {
    const {list, mask} = listAndMask(cpusOf(node), cpus);
    const distances = range(nodes).map((other) =>
      other === node ? 10 : Math.floor((other * 2) / nodes) === Math.floor((node * 2) / nodes) ? 12 : 32,
    );
    tree.files(`${directory}/node${node}`, {
      cpulist: list,
      cpumap: mask,
      distance: distances.join(' '),
      meminfo: `Node ${node} MemTotal:       ${nodeKiB} kB\nNode ${node} MemFree:        ${nodeKiB - 4_000_000} kB\nNode ${node} MemUsed:         4000000 kB`,
    });
    for (const size of [2048, 1_048_576])
      tree.files(`${directory}/node${node}/hugepages/hugepages-${size}kB`, {
        nr_hugepages: '0',
        free_hugepages: '0',
        surplus_hugepages: '0',
      });
  }
};

const writeProc = (tree: TreeWriter, cpus: number, nodes: number): void => {
  const flags =
    'fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 ht syscall nx pdpe1gb rdtscp lm constant_tsc svm extapic topoext';
  const block = (cpu: number): string =>
    `processor\t: ${cpu}\nvendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel name\t: Invented 128-Core Processor\nphysical id\t: ${Math.floor((cpu % (cpus / 2)) / (cpus / 4))}\nsiblings\t: ${cpus / 2}\ncore id\t\t: ${cpu % (cpus / 2)}\ncpu cores\t: ${cpus / 4}\nflags\t\t: ${flags}\nbogomips\t: 4900.00\n\n`;
  tree.file('/proc/cpuinfo', range(cpus).map(block).join(''));
  tree.file(
    '/proc/meminfo',
    `MemTotal:       ${nodeKiB * nodes} kB\nMemFree:        ${(nodeKiB - 4_000_000) * nodes} kB\nMemAvailable:   ${(nodeKiB - 3_000_000) * nodes} kB\nHugePages_Total:       0\nHugepagesize:       2048 kB\n`,
  );
  tree.file(
    '/proc/mounts',
    'sysfs /sys sysfs rw 0 0\nhugetlbfs /dev/hugepages hugetlbfs rw,relatime,pagesize=2M 0 0\n',
  );
  tree.files('/sys/kernel/mm/transparent_hugepage', {enabled: 'always [madvise] never'});
  for (const size of [2048, 1_048_576])
    tree.files(`/sys/kernel/mm/hugepages/hugepages-${size}kB`, {nr_hugepages: '0', free_hugepages: '0'});
};

/** As the kernel prints a set of CPUs: the list, and the mask in words of 32 bits. */
const listAndMask = (ids: readonly number[], cpus: number): {readonly list: string; readonly mask: string} => {
  const words = Array.from({length: Math.max(1, Math.ceil(cpus / 32))}, () => 0);
  for (const id of ids) words[id >> 5] = (words[id >> 5] ?? 0) + 2 ** (id % 32);
  const ranges: [number, number][] = [];
  for (const id of ids) {
    const open = ranges.at(-1);
    if (open !== undefined && open[1] === id - 1) open[1] = id;
    else ranges.push([id, id]);
  }
  const list = ranges.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(',');
  return {
    list,
    mask: words
      .toReversed()
      .map((word) => hex(word, 8))
      .join(','),
  };
};
