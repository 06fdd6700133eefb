import type {Core} from '../../src/facts/cores.ts';
import {compareCosts, type CoreMap, placementCost, type PlacementCost} from '../../src/plan/placement/cost.ts';
import type {Demand} from '../../src/plan/placement/place.ts';

/** The least cost of all subsets of cores that keep to the rules, by trying every one; `null`: none keeps to them. */
export const leastCost = (machine: CoreMap, demand: Demand): PlacementCost | null => {
  let least: PlacementCost | null = null;
  const count = machine.cores.length;
  for (let mask = 1; mask < 2 ** count - 1; mask += 1) {
    const cores = machine.cores.filter((_, index) => (mask & (1 << index)) !== 0);
    const threads = demand.vcpus / cores.length;
    if (!Number.isInteger(threads) || !keepsToRules(cores, threads, demand)) continue;
    for (const placement of placementsOf(machine, cores, threads)) {
      const cost = placementCost(machine, placement);
      if (least === null || compareCosts(cost, least) < 0) least = cost;
    }
  }
  return least;
};

const keepsToRules = (cores: readonly Core[], threads: number, demand: Demand): boolean => {
  if (new Set(cores.map((core) => core.kind)).size !== 1 || cores.some((core) => core.threads.length < threads))
    return false;
  const nodes = [...new Set(cores.map((core) => core.node))];
  const counts = new Set(nodes.map((node) => cores.filter((core) => core.node === node).length));
  return (
    counts.size === 1 && nodes.length <= demand.mostNodes && nodes.every((node) => demand.isOpen(node, nodes.length))
  );
};

/** The helpers on whatever is free, where no choice can cost less; also with one CPU of a vCPU on each node without a free core. */
const placementsOf = (machine: CoreMap, cores: readonly Core[], threads: number) => {
  const free = machine.cores.filter((core) => !cores.includes(core));
  const near = free.find((core) => cores.some((one) => one.node === core.node)) ?? free[0];
  const full = [...new Set(cores.map((core) => core.node))].filter((node) => !free.some((core) => core.node === node));
  const shared = full.flatMap((node) => cores.find((core) => core.node === node)?.threads[0] ?? []);
  const emulator = free.flatMap((core) => core.threads);
  const others = {
    pins: cores.flatMap((core) => core.threads.slice(0, threads)),
    iothreads: near === undefined ? [] : [near.threads],
  };
  return [
    {...others, emulator},
    {...others, emulator: [...emulator, ...shared]},
  ];
};
