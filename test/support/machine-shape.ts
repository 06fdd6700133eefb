import fc from 'fast-check';

/** An invented core as the kernel would tell of it: its online threads, and what they share. */
export type ShapedCore = {
  readonly threads: readonly number[];
  readonly package: number;
  readonly die: number;
  readonly cluster: number;
  /** `null`: in no node. */
  readonly node: number | null;
  /** Equal for cores that share a level-3 cache; `null`: no cache files. */
  readonly l3: string | null;
  readonly l3KiB: number;
  readonly kind: 'core' | 'performance' | 'efficiency';
};

export type ShapedNode = {readonly id: number; readonly memoryKiB: number; readonly distances: readonly number[]};

/** What is written as a tree; nothing here was captured from a machine. */
export type MachineShape = {
  readonly cores: readonly ShapedCore[];
  /** Present, but offline: no topology, no cache. */
  readonly offline: readonly number[];
  readonly isolated: readonly number[];
  readonly nodes: readonly ShapedNode[];
  readonly architecture: 'x86' | 'power';
  readonly device: {readonly address: string; readonly node: number};
};

type Plan = {
  readonly packages: number;
  readonly diesPerPackage: number;
  readonly nodesPerDie: number;
  readonly cachesPerNode: number;
  readonly coresPerCache: number;
  readonly threads: number;
  readonly hasL3: boolean;
  readonly isHybrid: boolean;
  readonly isOneNodePerMachine: boolean;
  readonly memoryOnlyNodes: number;
  readonly memorylessFrom: number;
  readonly nodeIds: readonly number[];
  readonly order: readonly number[];
  readonly step: number;
  readonly offlineEvery: number;
  readonly distances: readonly number[];
  readonly deviceNode: number;
  readonly domain: string;
};

const plans: fc.Arbitrary<Plan> = fc.record({
  packages: fc.constantFrom(1, 1, 2, 4, 16),
  diesPerPackage: fc.constantFrom(1, 1, 2),
  nodesPerDie: fc.constantFrom(1, 1, 2),
  cachesPerNode: fc.constantFrom(1, 2),
  coresPerCache: fc.integer({min: 1, max: 3}),
  threads: fc.constantFrom(1, 2, 2, 4, 8),
  hasL3: fc.integer({min: 0, max: 3}).map((roll) => roll > 0),
  isHybrid: fc.integer({min: 0, max: 3}).map((roll) => roll === 0),
  isOneNodePerMachine: fc.integer({min: 0, max: 3}).map((roll) => roll === 0),
  memoryOnlyNodes: fc.integer({min: 0, max: 2}),
  memorylessFrom: fc.integer({min: 1, max: 8}),
  nodeIds: fc.constantFrom([0, 1, 2, 3], [0, 1, 16, 17], [1, 2, 33, 34], [0, 8, 252, 253]),
  order: fc.array(fc.nat(), {minLength: 16, maxLength: 16}),
  step: fc.constantFrom(1, 1, 3),
  offlineEvery: fc.constantFrom(0, 0, 5, 9),
  distances: fc.array(fc.constantFrom(11, 16, 20, 21, 32, 254), {minLength: 7, maxLength: 7}),
  deviceNode: fc.constantFrom(-1, 0, 1, 2),
  domain: fc.constantFrom('0000', '0001', '10000', 'fffff1'),
});

/** Numbers dealt out in any order, so that nothing about a machine is a range. */
const buildMachine = (plan: Plan): MachineShape => {
  const nodeIds = [...plan.nodeIds, ...Array.from({length: 80}, (_, index) => 300 + index * 3)];
  const nodesWithCpus = plan.isOneNodePerMachine ? 1 : plan.packages * plan.diesPerPackage * plan.nodesPerDie;
  const places: Omit<ShapedCore, 'threads' | 'kind'>[] = [];
  for (let node = 0; node < plan.packages * plan.diesPerPackage * plan.nodesPerDie; node += 1) {
    const die = Math.floor(node / plan.nodesPerDie);
    for (let index = 0; index < plan.cachesPerNode * plan.coresPerCache; index += 1) {
      const cache = Math.floor(index / plan.coresPerCache);
      places.push({
        package: Math.floor(die / plan.diesPerPackage),
        die: die % plan.diesPerPackage,
        cluster: places.length,
        node: nodeIds[plan.isOneNodePerMachine ? 0 : node] ?? null,
        l3: plan.hasL3 ? `${node}/${cache}` : null,
        l3KiB: cache === 0 ? 98304 : 32768,
      });
    }
  }
  const kinds = places.map((_, index) => (!plan.isHybrid ? 'core' as const : index % 3 === 2 ? 'efficiency' as const : 'performance' as const));
  const counts = kinds.map((kind) => (kind === 'efficiency' ? 1 : plan.threads));
  const total = counts.reduce((sum, count) => sum + count, 0);
  const numbers = Array.from({length: total}, (_, index) => ({id: index * plan.step, rank: (plan.order[index % plan.order.length] ?? 0) % 61})).sort((a, b) => a.rank - b.rank || a.id - b.id).map(({id}) => id);
  let next = 0;
  const offline: number[] = [];
  const cores = places.flatMap((place, index): ShapedCore[] => {
    const threads = numbers.slice(next, next + (counts[index] ?? 1)).sort((a, b) => a - b);
    next += counts[index] ?? 1;
    const off = plan.offlineEvery > 0 && index % plan.offlineEvery === 3 ? threads.slice(-1) : [];
    offline.push(...off);
    const online = threads.filter((thread) => !off.includes(thread));
    return online.length === 0 ? [] : [{...place, threads: online, kind: kinds[index] ?? 'core'}];
  });
  const ids = nodeIds.slice(0, nodesWithCpus + plan.memoryOnlyNodes).sort((a, b) => a - b);
  const nodes = ids.map((id, index): ShapedNode => ({
    id,
    memoryKiB: index >= plan.memorylessFrom && cores.some((core) => core.node === id) ? 0 : 16 * 1048576,
    distances: ids.map((_, other) => (other === index ? 10 : (plan.distances[(index * 3 + other) % plan.distances.length] ?? 20))),
  }));
  const isPower = plan.threads >= 4;
  return {cores, offline: offline.sort((a, b) => a - b), isolated: [], nodes, architecture: isPower ? 'power' : 'x86', device: {address: `${plan.domain}:e1:00.0`, node: ids[plan.deviceNode] ?? -1}};
};

/** Written to disk, each CPU is some thirty files: larger ones would only take longer. */
const mostCpus = 64;

export const machineShapes: fc.Arbitrary<MachineShape> = plans.map(buildMachine).filter(({cores}) => cores.reduce((sum, {threads}) => sum + threads.length, 0) <= mostCpus);
