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

type Place = Omit<ShapedCore, 'threads'>;

const idsOf = ({nodeIds}: Plan): readonly number[] => [
  ...nodeIds,
  ...Array.from({length: 80}, (_, index) => 300 + index * 3),
];

const placesOf = (plan: Plan): readonly Place[] => {
  const perNode = plan.cachesPerNode * plan.coresPerCache;
  const parts = plan.packages * plan.diesPerPackage * plan.nodesPerDie;
  return Array.from({length: parts * perNode}, (_, index): Place => {
    const part = Math.floor(index / perNode);
    const die = Math.floor(part / plan.nodesPerDie);
    const cache = Math.floor((index % perNode) / plan.coresPerCache);
    return {
      package: Math.floor(die / plan.diesPerPackage),
      die: die % plan.diesPerPackage,
      cluster: index,
      node: idsOf(plan)[plan.isOneNodePerMachine ? 0 : part] ?? null,
      l3: plan.hasL3 ? `${part}/${cache}` : null,
      l3KiB: cache === 0 ? 98304 : 32768,
      kind: !plan.isHybrid ? 'core' : index % 3 === 2 ? 'efficiency' : 'performance',
    };
  });
};

/** Numbers are dealt out in any order, so that nothing about a machine is a range. */
const numberThreads = (plan: Plan, counts: readonly number[]): readonly (readonly number[])[] => {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const rankOf = (index: number): number => (plan.order[index % plan.order.length] ?? 0) % 61;
  const numbers = Array.from({length: total}, (_, index) => ({id: index * plan.step, rank: rankOf(index)}))
    .sort((a, b) => a.rank - b.rank || a.id - b.id)
    .map(({id}) => id);
  return counts.map((count) => numbers.splice(0, count).sort((a, b) => a - b));
};

const nodesOf = (plan: Plan, cores: readonly ShapedCore[]): readonly ShapedNode[] => {
  const withCpus = plan.isOneNodePerMachine ? 1 : plan.packages * plan.diesPerPackage * plan.nodesPerDie;
  const ids = idsOf(plan)
    .slice(0, withCpus + plan.memoryOnlyNodes)
    .sort((a, b) => a - b);
  return ids.map((id, index) => ({
    id,
    memoryKiB: index >= plan.memorylessFrom && cores.some((core) => core.node === id) ? 0 : 16 * 1048576,
    distances: ids.map((_, other) =>
      other === index ? 10 : (plan.distances[(index * 3 + other) % plan.distances.length] ?? 20),
    ),
  }));
};

const buildMachine = (plan: Plan): MachineShape => {
  const places = placesOf(plan);
  const threads = numberThreads(
    plan,
    places.map(({kind}) => (kind === 'efficiency' ? 1 : plan.threads)),
  );
  const offlineOf = (index: number): readonly number[] =>
    plan.offlineEvery > 0 && index % plan.offlineEvery === 3 ? (threads[index] ?? []).slice(-1) : [];
  const cores = places
    .map((place, index): ShapedCore => ({
      ...place,
      threads: (threads[index] ?? []).filter((thread) => !offlineOf(index).includes(thread)),
    }))
    .filter((core) => core.threads.length > 0);
  const nodes = nodesOf(plan, cores);
  return {
    cores,
    offline: places.flatMap((_, index) => offlineOf(index)).sort((a, b) => a - b),
    isolated: [],
    nodes,
    architecture: plan.threads >= 4 ? 'power' : 'x86',
    device: {address: `${plan.domain}:e1:00.0`, node: nodes[plan.deviceNode]?.id ?? -1},
  };
};

/** Written to disk, each CPU is some thirty files: larger ones would only take longer. */
const mostCpus = 64;

export const machineShapes: fc.Arbitrary<MachineShape> = plans
  .map(buildMachine)
  .filter(({cores}) => cores.reduce((sum, {threads}) => sum + threads.length, 0) <= mostCpus);
