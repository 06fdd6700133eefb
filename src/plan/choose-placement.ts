import type {CpuKind} from '../host/facts.ts';
import {groupCores} from './cores.ts';
import type {Core} from './cores.ts';
import {pickHelpers} from './pick-helpers.ts';
import {pickCores} from './pick-cores.ts';
import type {Pick} from './pick-cores.ts';
import {compareCosts, largestCacheKiB, placementCost} from './placement-cost.ts';
import type {Machine, PlacementCost} from './placement-cost.ts';

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
 * The cheapest placement (see placement-cost.ts) of those that keep to the rules: cores of one kind, the same number of
 * vCPUs on each of them and of cores on each node, and one core at least left to the host. `null`: there is none.
 */
export const choosePlacement = (machine: Machine, demand: Demand): ChosenPlacement | null => {
  let best: ChosenPlacement | null = null;
  for (const candidate of candidatesOf(machine, demand)) {
    if (best === null || compareCosts(candidate.cost, best.cost) < 0) best = candidate;
  }
  return best;
};

function* candidatesOf(machine: Machine, demand: Demand): Generator<ChosenPlacement> {
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
type NodePick = {readonly node: number | null; readonly pick: Pick; readonly hasSpare: boolean};

function* spread(machine: Machine, demand: Demand, byNode: ReadonlyMap<number | null, readonly Core[]>, shape: Shape): Generator<ChosenPlacement> {
  const {kind, threads, count} = shape;
  const rule = {threads, largestKiB: largestCacheKiB(machine.cores), prefersCache: machine.prefersCache, isEligible: (core: Core) => core.kind === kind && core.threads.length >= threads};
  const tables = new Map<number | null, readonly (Pick | undefined)[]>();
  const tableOf = (node: number | null, cores: readonly Core[], most: number): readonly (Pick | undefined)[] => {
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
const cheapest = ({distanceOf}: Machine, picks: readonly NodePick[], parts: number): readonly NodePick[] => {
  const costOf = ({node, pick: {cost}, hasSpare}: NodePick): readonly number[] =>
    [distanceOf(node), cost[0], cost[1], cost[2], cost[3], hasSpare ? 0 : 1, cost[4], cost[5], node ?? 0];
  return [...picks].sort((a, b) => compareCosts(costOf(a), costOf(b))).slice(0, parts);
};

const place = (machine: Machine, picks: readonly NodePick[], threads: number): ChosenPlacement => {
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
