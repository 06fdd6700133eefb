import fc from 'fast-check';
import type {Cpu} from '../../src/facts/cpu.ts';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import {formatCpuList, parseCpuList} from '../../src/facts/kernel-lists.ts';
import type {NumaNode} from '../../src/facts/memory.ts';
import {sampleFacts, samplePci} from './sample-facts.ts';

type CoreShape = {
  readonly threads: number;
  readonly l3: number;
  readonly isOffline: boolean;
  readonly hasSiblings: boolean;
  readonly isEfficient: boolean;
  readonly isNowhere: boolean;
};
type NodeShape = {
  readonly id: number;
  readonly package: number;
  readonly memoryGiB: number | null;
  readonly cores: readonly CoreShape[];
  readonly distances: readonly number[];
};

/** What real machines were seen to be, and worse: invented, not captured. */
export type NastyShape = {
  readonly nodes: readonly NodeShape[];
  readonly hasNodes: boolean;
  /** `span`: a cache may reach over nodes; `overlap`: the sets are not the same for all that share one. */
  readonly caches: 'none' | 'node' | 'span' | 'overlap';
  readonly isHybrid: boolean;
  readonly hasDistances: boolean;
  /** Sorting keys: CPU numbers are dealt out by them. */
  readonly order: readonly number[];
  readonly numberStep: number;
  readonly device: number | null;
  /** A graphics card, or a network card. */
  readonly isDisplay: boolean;
  /** Every n-th CPU is isolated; 0: none is. */
  readonly isolatedStep: number;
  readonly hasIrqAffinity: boolean;
};

const l3Sizes = [32768, 32768, 98304, null] as const;

const coreShape = (mostThreads: number): fc.Arbitrary<CoreShape> =>
  fc.record({
    threads:
      mostThreads === 1
        ? fc.constant(1)
        : fc.oneof(
            {weight: 5, arbitrary: fc.constant(mostThreads)},
            {weight: 1, arbitrary: fc.integer({min: 1, max: mostThreads})},
          ),
    l3: fc.integer({min: 0, max: 3}),
    isOffline: fc.integer({min: 0, max: 11}).map((roll) => roll === 0),
    hasSiblings: fc.integer({min: 0, max: 9}).map((roll) => roll > 0),
    isEfficient: fc.boolean(),
    isNowhere: fc.integer({min: 0, max: 19}).map((roll) => roll === 0),
  });

export const nastyShapes = (mostNodes: number, mostCores: number): fc.Arbitrary<NastyShape> =>
  fc.constantFrom(1, 2, 2, 4, 8).chain((mostThreads) =>
    fc.record({
      nodes: fc.uniqueArray(
        fc.record({
          id: fc.constantFrom(0, 1, 2, 3, 5, 8, 16, 33, 250, 255),
          package: fc.integer({min: 0, max: 15}),
          memoryGiB: fc.constantFrom(0, null, 2, 16, 16, 64),
          cores: fc.array(coreShape(mostThreads), {maxLength: mostCores}),
          distances: fc.array(fc.constantFrom(11, 16, 20, 21, 32, 254, 255), {
            minLength: mostNodes,
            maxLength: mostNodes,
          }),
        }),
        {minLength: 1, maxLength: mostNodes, selector: (node) => node.id},
      ),
      hasNodes: fc.integer({min: 0, max: 7}).map((roll) => roll > 0),
      caches: fc.constantFrom('none', 'node', 'node', 'span', 'overlap'),
      isHybrid: fc.integer({min: 0, max: 3}).map((roll) => roll === 0),
      hasDistances: fc.boolean(),
      order: fc.array(fc.nat(), {minLength: 24, maxLength: 24}),
      numberStep: fc.constantFrom(1, 1, 3),
      device: fc.option(fc.nat(mostNodes)),
      isDisplay: fc.boolean(),
      isolatedStep: fc.constantFrom(0, 0, 2, 3),
      hasIrqAffinity: fc.integer({min: 0, max: 3}).map((roll) => roll === 0),
    }),
  );

type Thread = {readonly node: NodeShape; readonly core: CoreShape; readonly key: string; readonly thread: number};

export const nastyFacts = (shape: NastyShape): HostFacts => {
  const nodes = [...shape.nodes].sort((a, b) => a.id - b.id);
  const threads = nodes.flatMap((node) =>
    node.cores.flatMap((core, index) =>
      Array.from({length: core.threads}, (_, thread): Thread => ({node, core, key: `${node.id}/${index}`, thread})),
    ),
  );
  const orderOf = (index: number): number => (shape.order[index % shape.order.length] ?? 0) % 97;
  const dealt = threads
    .map((thread, index) => ({thread, rank: orderOf(index), index}))
    .sort((a, b) => a.rank - b.rank || a.index - b.index)
    .map(({thread}) => thread);
  const idOf = new Map(dealt.map((thread, index) => [thread, index * shape.numberStep]));
  const isOnline = ({core, thread}: Thread): boolean => !(core.isOffline && thread === core.threads - 1);
  const idsOf = (members: readonly Thread[]): readonly number[] =>
    members
      .filter(isOnline)
      .map((one) => idOf.get(one) ?? 0)
      .sort((a, b) => a - b);
  const cpus = dealt
    .map((one): Cpu => {
      const isUp = isOnline(one);
      const sharing =
        shape.caches === 'none' || one.core.l3 === 3
          ? null
          : threads.filter(
              (other) => other.core.l3 === one.core.l3 && (shape.caches === 'span' || other.node === one.node),
            );
      const l3 = sharing === null ? null : idsOf(shape.caches === 'overlap' ? sharing.slice(one.thread) : sharing);
      return {
        id: idOf.get(one) ?? 0,
        node: shape.hasNodes && !one.core.isNowhere ? one.node.id : null,
        package: one.node.package,
        die: null,
        core: null,
        siblings: isUp && one.core.hasSiblings ? idsOf(threads.filter((other) => other.key === one.key)) : [],
        l3: isUp ? l3 : null,
        l3KiB: isUp && l3 !== null ? (l3Sizes[one.core.l3] ?? null) : null,
        kind: !shape.isHybrid ? 'core' : one.core.isEfficient ? 'efficiency' : 'performance',
        online: isUp,
      };
    })
    .sort((a, b) => a.id - b.id);
  const facts: readonly NumaNode[] = !shape.hasNodes
    ? []
    : nodes.map((node, index) => ({
        id: node.id,
        cpus: cpus.filter((cpu) => cpu.online && cpu.node === node.id).map((cpu) => cpu.id),
        memoryKiB: node.memoryGiB === null ? null : node.memoryGiB * 1048576,
        freeKiB: null,
        distances: shape.hasDistances
          ? nodes.map((_, other) => (other === index ? 10 : (node.distances[other] ?? 20)))
          : null,
        hugepages: [],
      }));
  const sample = sampleFacts();
  const numaNode = shape.device === null ? null : (facts[shape.device]?.id ?? null);
  return {
    ...sample,
    cpu: {
      ...sample.cpu,
      cpus,
      online: formatCpuList(cpus.filter((cpu) => cpu.online).map((cpu) => cpu.id)),
      hybrid: shape.isHybrid,
    },
    nodes: facts,
    memory: {...sample.memory, totalKiB: 64 * 1048576},
    isolation: {
      ...sample.isolation,
      isolatedCpus:
        shape.isolatedStep === 0
          ? []
          : cpus.filter((_, index) => index % shape.isolatedStep === 1).map((cpu) => cpu.id),
    },
    boot: {...sample.boot, commandLine: shape.hasIrqAffinity ? `quiet irqaffinity=0-${shape.numberStep * 3}` : 'quiet'},
    pci: deviceOn(numaNode, shape.isDisplay),
  };
};

export const deviceOn = (numaNode: number | null, isDisplay = true): HostFacts['pci'] => [
  samplePci('0000:06:00.0', {class: isDisplay ? '030000' : '020000', driver: 'nouveau', iommuGroup: 17, numaNode}),
  samplePci('0000:06:00.1', {class: '040300', device: '0fb9', iommuGroup: 17, numaNode}),
];

/** The same machine with other CPU numbers; CPU 0 stays, since what it does for the host makes it another CPU. */
export const renumber = (facts: HostFacts, order: readonly number[]): HostFacts => {
  const ids = facts.cpu.cpus.map((cpu) => cpu.id);
  const free = ids.filter((id) => id !== 0);
  const dealt = free
    .map((id, index) => ({id, rank: (order[index % order.length] ?? 0) % 89, index}))
    .sort((a, b) => a.rank - b.rank || b.index - a.index);
  const renamed = new Map([[0, 0], ...dealt.map(({id}, index) => [id, free[index] ?? id] as const)]);
  const rename = (id: number): number => renamed.get(id) ?? id;
  const renameAll = (list: readonly number[]): readonly number[] => list.map(rename).sort((a, b) => a - b);
  return {
    ...facts,
    cpu: {
      ...facts.cpu,
      cpus: facts.cpu.cpus
        .map((cpu) => ({
          ...cpu,
          id: rename(cpu.id),
          siblings: renameAll(cpu.siblings),
          l3: cpu.l3 === null ? null : renameAll(cpu.l3),
        }))
        .sort((a, b) => a.id - b.id),
    },
    nodes: facts.nodes.map((node) => ({...node, cpus: renameAll(node.cpus)})),
    isolation: {...facts.isolation, isolatedCpus: renameAll(facts.isolation.isolatedCpus ?? [])},
    boot: {
      ...facts.boot,
      commandLine: (facts.boot.commandLine ?? '').replace(/(?<=irqaffinity=)\S+/, (list) =>
        formatCpuList(renameAll(parseCpuList(list) ?? [])),
      ),
    },
  };
};
