import {type Core, firstThread, groupCores} from '../../facts/cores.ts';
import type {CpuKind} from '../../facts/cpu.ts';
import {isDisplay, type PciFunction} from '../../facts/pci.ts';
import {
  addPicks,
  compareCosts,
  comparePicks,
  type CoreMap,
  largestCacheKiB,
  noCost,
  type PickCost,
  placementCost,
  type PlacementCost,
} from './cost.ts';

/**
 * Whether the guest is taken for one that plays games, to which a larger level-3 cache (X3D) is worth more than the core
 * of CPU 0: it gets a graphics card. Neither its system nor a processor's name tells as much.
 */
export const prefersCache = (named: readonly PciFunction[]): boolean => named.some(isDisplay);

/** Cores of the largest level-3 cache where they differ in size, without that of CPU 0; else all of them. */
export const largeCacheCores = (cores: readonly Core[]): readonly Core[] => {
  const sizes = [...new Set(cores.map((core) => core.l3KiB))];
  if (sizes.length < 2 || cores.some((core) => !core.hasL3)) return cores;
  const largest = cores.filter((core) => core.l3KiB === Math.max(...sizes));
  return largest.filter((core) => core.domain === largest[0]?.domain && !core.hasCpu0);
};

type PickedCores = {readonly cost: PickCost; readonly cores: readonly Core[]};

/** Which cores may be taken, and how many threads of each. */
export type PickRule = {
  readonly threads: number;
  readonly isEligible: (core: Core) => boolean;
  readonly largestKiB: number;
  readonly prefersCache: boolean;
  readonly most: number;
};

/** A list that shares its tail with others, so that thousands of partial choices stay cheap. */
type Chain = {readonly core: Core; readonly rest: Chain} | null;
type State = {readonly cost: PickCost; readonly chain: Chain};

const nothing: State = {cost: noCost, chain: null};

/**
 * By number of cores, up to `most`: the cheapest choice among the cores of one node, `undefined` where there are too
 * few. Exact, since the costs of domains add up: a table over the domains, each with its own table over its cores.
 */
export const pickCores = (cores: readonly Core[], rule: PickRule): readonly (PickedCores | undefined)[] => {
  let best: (State | undefined)[] = [nothing];
  // Backwards, so that of equal choices the one with the lower numbers is met last and wins.
  for (const domain of [...groupCores(cores, (core) => core.domain).values()].reverse()) {
    best = joinTables(best, pickInDomain(domain, rule), rule.most);
  }
  return best.map((state) => (state === undefined ? undefined : {cost: state.cost, cores: listOf(state.chain)}));
};

const joinTables = (
  others: readonly (State | undefined)[],
  domain: readonly (State | undefined)[],
  most: number,
): (State | undefined)[] => {
  const joined = [...others];
  for (let own = 1; own < domain.length; own += 1) {
    const here = domain[own];
    if (here === undefined) continue;
    for (let rest = 0; rest < others.length && rest + own <= most; rest += 1) {
      const before = others[rest];
      if (before === undefined) continue;
      const cost = addPicks(before.cost, here.cost);
      const known = joined[own + rest];
      if (known === undefined || comparePicks(cost, known.cost) <= 0)
        joined[own + rest] = {cost, chain: joinChains(here.chain, before.chain)};
    }
  }
  return joined;
};

/** Core by core: for each number the best choice that took the core just seen, and the best that did not. */
const pickInDomain = (domain: readonly Core[], rule: PickRule): readonly (State | undefined)[] => {
  let taken: (State | undefined)[] = [];
  let skipped: (State | undefined)[] = [nothing];
  for (const core of [...domain].reverse()) {
    const nextTaken: (State | undefined)[] = [];
    const nextSkipped = skipped.map((state, count) => better(taken[count], state));
    taken.forEach((state, count) => void (nextSkipped[count] ??= state));
    if (rule.isEligible(core)) {
      const length = Math.min(rule.most, Math.max(taken.length, skipped.length));
      for (let count = 0; count < length; count += 1) {
        const beside = taken[count];
        const apart = skipped[count];
        nextTaken[count + 1] = better(beside && take(beside, core, rule, 0), apart && take(apart, core, rule, 1));
      }
    }
    [taken, skipped] = [nextTaken, nextSkipped];
  }
  return Array.from({length: Math.max(taken.length, skipped.length)}, (_, count) =>
    withDomain(better(taken[count], skipped[count]), count),
  );
};

const better = (a: State | undefined, b: State | undefined): State | undefined =>
  a === undefined ? b : b === undefined || comparePicks(a.cost, b.cost) <= 0 ? a : b;

const take = ({cost, chain}: State, core: Core, {threads, largestKiB, prefersCache}: PickRule, runs: number): State => {
  const missingCacheKiB = largestKiB - core.l3KiB;
  return {
    cost: addPicks(cost, {
      partialCores: core.threads.length > threads ? 1 : 0,
      preferredCacheKiB: prefersCache ? missingCacheKiB : 0,
      duties: core.hasDuty ? 1 : 0,
      missingCacheKiB,
      runs,
    }),
    chain: {core, rest: chain},
  };
};

const withDomain = (state: State | undefined, count: number): State | undefined =>
  state === undefined || count === 0 ? state : {cost: addPicks(state.cost, {domains: 1}), chain: state.chain};

const joinChains = (front: Chain, rest: Chain): Chain =>
  listOf(front).reduceRight<Chain>((chain, core) => ({core, rest: chain}), rest);

const listOf = (chain: Chain): readonly Core[] => {
  const cores: Core[] = [];
  for (let link = chain; link !== null; link = link.rest) cores.push(link.core);
  return cores.sort((a, b) => firstThread(a) - firstThread(b));
};

export type Helpers = {readonly emulator: readonly number[]; readonly iothreads: readonly (readonly number[])[]};

/**
 * CPUs of QEMU's own threads: the first free core for the disk; for the emulator one on each node of the guest, because
 * QEMU allocates memory in threads that must run there. Where the guest has all cores of a node, the emulator shares a
 * CPU with the last vCPU of that node: the guest would not start otherwise (seen with libvirt 9.0 and QEMU 7.2).
 */
export const pickHelpers = (
  machine: CoreMap,
  used: ReadonlySet<number>,
  nodes: readonly (number | null)[],
): Helpers => {
  const free = freeCores(machine, used, nodes);
  const [first, second] = free;
  if (first === undefined) return {emulator: [], iothreads: []};
  const own = nodes.flatMap((node) => {
    const here = free.filter((core) => core.node === node);
    return here.find((core) => core !== first) ?? here[0] ?? [];
  });
  const elsewhere = second?.node === first.node ? second : first;
  const shared = nodes.flatMap((node) =>
    node === null || own.some((core) => core.node === node) ? [] : lastUsed(machine, used, node),
  );
  return {
    emulator: [...(own.length > 0 ? own : [elsewhere]).flatMap((core) => core.threads), ...shared],
    iothreads: [first.threads],
  };
};

const lastUsed = ({cores}: CoreMap, used: ReadonlySet<number>, node: number): readonly number[] => {
  const cpu = cores
    .filter((core) => core.node === node)
    .flatMap((core) => core.threads)
    .findLast((thread) => used.has(thread));
  return cpu === undefined ? [] : [cpu];
};

/**
 * Of the guest's nodes first, then of the nearest; among them isolated cores last, where the kernel spreads no threads,
 * and before those that of CPU 0.
 */
const freeCores = (
  {cores, distanceOf}: CoreMap,
  used: ReadonlySet<number>,
  nodes: readonly (number | null)[],
): readonly Core[] => {
  const rank = (core: Core): number =>
    nodes.includes(core.node) ? nodes.indexOf(core.node) - nodes.length : distanceOf(core.node);
  return cores
    .filter((core) => !core.threads.some((thread) => used.has(thread)))
    .sort(
      (a, b) =>
        rank(a) - rank(b) ||
        Number(a.isIsolated) - Number(b.isIsolated) ||
        Number(a.hasCpu0) - Number(b.hasCpu0) ||
        firstThread(a) - firstThread(b),
    );
};

export type Demand = {
  readonly vcpus: number;
  /** Whether the node may hold one of `parts` equal parts of the guest; `null` stands for a machine without nodes. */
  readonly isOpen: (node: number | null, parts: number) => boolean;
  /** Most nodes that the guest may be spread over. */
  readonly mostNodes: number;
};

export type ChosenPlacement = {
  /** By host node, nearest first, packages together. */
  readonly cores: readonly Core[];
  /** vCPUs on each core. */
  readonly threads: number;
  readonly nodes: readonly (number | null)[];
  readonly cost: PlacementCost;
};

const kinds: readonly CpuKind[] = ['performance', 'core', 'efficiency'];

/**
 * The cheapest placement (see cost.ts) of those that keep to the rules: cores of one kind, the same number of
 * vCPUs on each of them and of cores on each node, and one core at least left to the host. `null`: there is none.
 */
export const choosePlacement = (machine: CoreMap, demand: Demand): ChosenPlacement | null => {
  let best: ChosenPlacement | null = null;
  for (const candidate of candidatesOf(machine, demand)) {
    if (best === null || compareCosts(candidate.cost, best.cost) < 0) best = candidate;
  }
  return best;
};

function* candidatesOf(machine: CoreMap, demand: Demand): Generator<ChosenPlacement> {
  const byNode = groupCores(machine.cores, (core) => core.node);
  for (const kind of kinds) {
    const ofKind = machine.cores.filter((core) => core.kind === kind);
    const mostThreads = ofKind.reduce((most, core) => Math.max(most, core.threads.length), 0);
    for (let threads = mostThreads; threads > 0; threads -= 1) {
      const count = demand.vcpus / threads;
      if (!Number.isInteger(count) || count >= machine.cores.length) continue;
      yield* spread(machine, demand, byNode, {kind, threads, count});
    }
  }
}

type Shape = {readonly kind: CpuKind; readonly threads: number; readonly count: number};
type NodePick = {readonly node: number | null; readonly pick: PickedCores; readonly hasSpare: boolean};

function* spread(
  machine: CoreMap,
  demand: Demand,
  byNode: ReadonlyMap<number | null, readonly Core[]>,
  shape: Shape,
): Generator<ChosenPlacement> {
  const {kind, threads, count} = shape;
  const rule = {
    threads,
    largestKiB: largestCacheKiB(machine.cores),
    prefersCache: machine.prefersCache,
    isEligible: (core: Core) => core.kind === kind && core.threads.length >= threads,
  };
  const tables = new Map<number | null, readonly (PickedCores | undefined)[]>();
  const tableOf = (node: number | null, cores: readonly Core[], most: number): readonly (PickedCores | undefined)[] => {
    const table = tables.get(node) ?? pickCores(cores, {...rule, most});
    tables.set(node, table);
    return table;
  };
  for (let parts = 1; parts <= Math.min(demand.mostNodes, byNode.size, count); parts += 1) {
    if (count % parts !== 0) continue;
    const each = count / parts;
    const picks = [...byNode].flatMap(([node, cores]): NodePick[] => {
      if (!demand.isOpen(node, parts) || cores.length < each) return [];
      const pick = tableOf(node, cores, each)[each];
      return pick === undefined ? [] : [{node, pick, hasSpare: cores.length > each}];
    });
    if (picks.length >= parts) yield place(machine, cheapest(machine, picks, parts), threads);
  }
}

/** What each node costs adds up, so the cheapest nodes make the cheapest set. */
const cheapest = ({distanceOf}: CoreMap, picks: readonly NodePick[], parts: number): readonly NodePick[] => {
  const costOf = ({node, pick, hasSpare}: NodePick): Partial<PlacementCost> => ({
    ...pick.cost,
    distance: distanceOf(node),
    unservedNodes: hasSpare ? 0 : 1,
  });
  return [...picks].sort((a, b) => compareCosts(costOf(a), costOf(b)) || (a.node ?? 0) - (b.node ?? 0)).slice(0, parts);
};

const place = (machine: CoreMap, picks: readonly NodePick[], threads: number): ChosenPlacement => {
  const ordered = packagesTogether(picks);
  const cores = ordered.flatMap(({pick}) => pick.cores);
  const pins = cores.flatMap((core) => core.threads.slice(0, threads));
  const nodes = ordered.map(({node}) => node);
  return {cores, threads, nodes, cost: placementCost(machine, {pins, ...pickHelpers(machine, new Set(pins), nodes)})};
};

/** A guest socket is then a range of vCPUs. */
const packagesTogether = (picks: readonly NodePick[]): readonly NodePick[] => {
  const owners = [...new Set(picks.map(({pick}) => pick.cores[0]?.package ?? null))];
  const rank = ({pick}: NodePick): number => owners.indexOf(pick.cores[0]?.package ?? null);
  return [...picks].sort((a, b) => rank(a) - rank(b));
};
