import {groupCores} from './cores.ts';
import type {Core} from './cores.ts';

/** Host CPUs of vCPU 0, 1, …, of QEMU's own threads, and of each I/O thread. */
export type Placement = {
  readonly pins: readonly number[];
  readonly emulator: readonly number[];
  readonly iothreads: readonly (readonly number[])[];
};

export type Machine = {
  readonly cores: readonly Core[];
  /** From the node of the device, 0 for that node itself. */
  readonly distanceOf: (node: number | null) => number;
  /** The guest gains more from a large level-3 cache than from leaving the core of CPU 0 to the host. */
  readonly prefersCache: boolean;
};

/**
 * What a placement costs; smaller is better, and an earlier number outweighs all later ones:
 * 0 distance of the vCPUs from the device's node, summed; 1 host nodes in use; 2 cores of which the guest has but a
 * part; 3 level-3 domains; 4 kinds of core (0 one kind, 1 efficiency cores only, 2 mixed); 5 for a guest that prefers
 * cache, what 9 counts; 6 vCPU cores with duties of the host (CPU 0, see host-duties.ts); 7 guest nodes that QEMU's threads have no CPU on, where the guest would
 * not start; 8 helper threads on vCPU cores, and I/O threads off the guest's nodes; 9 KiB of level-3 cache short of the
 * machine's largest, summed over the cores; 10 runs of neighbouring cores, counted in each domain.
 */
export type PlacementCost = readonly number[];

export const placementCost = ({cores, distanceOf, prefersCache}: Machine, placement: Placement): PlacementCost => {
  const pins = new Set(placement.pins);
  const used = cores.filter((core) => core.threads.some((thread) => pins.has(thread)));
  const coreOfCpu = new Map(cores.flatMap((core) => core.threads.map((thread) => [thread, core] as const)));
  const nodes = new Set(used.map((core) => core.node));
  const helpers = [...placement.emulator, ...placement.iothreads.flat()].flatMap((cpu) => coreOfCpu.get(cpu) ?? []);
  const largestKiB = largestCacheKiB(cores);
  const shortKiB = sum(used, (core) => largestKiB - core.l3KiB);
  return [
    sum(placement.pins, (pin) => distanceOf(coreOfCpu.get(pin)?.node ?? null)),
    nodes.size,
    used.filter((core) => !core.threads.every((thread) => pins.has(thread))).length,
    new Set(used.map((core) => core.domain)).size,
    kindCost(used),
    prefersCache ? shortKiB : 0,
    used.filter((core) => core.hasDuty).length,
    unserved(placement, nodes, coreOfCpu),
    helpers.filter((core) => used.includes(core)).length + iothreadsAway(placement, nodes, coreOfCpu),
    shortKiB,
    sum([...groupCores(cores, (core) => core.domain).values()], (domain) => runsIn(domain, new Set(used))),
  ];
};

/** Negative when `a` costs less. */
export const compareCosts = (a: PlacementCost, b: PlacementCost): number => {
  for (let index = 0; index < a.length; index += 1) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
};

export const largestCacheKiB = (cores: readonly Core[]): number => cores.reduce((most, core) => Math.max(most, core.l3KiB), 0);

const sum = <T>(items: readonly T[], valueOf: (item: T) => number): number => items.reduce((total, item) => total + valueOf(item), 0);

const kindCost = (used: readonly Core[]): number => {
  const kinds = new Set(used.map((core) => core.kind));
  return kinds.size > 1 ? 2 : kinds.has('efficiency') ? 1 : 0;
};

type CoreOfCpu = ReadonlyMap<number, Core>;

const unserved = (placement: Placement, nodes: ReadonlySet<number | null>, coreOfCpu: CoreOfCpu): number => {
  const served = new Set(placement.emulator.map((cpu) => coreOfCpu.get(cpu)?.node ?? null));
  return [...nodes].filter((node) => !served.has(node)).length;
};

const iothreadsAway = (placement: Placement, nodes: ReadonlySet<number | null>, coreOfCpu: CoreOfCpu): number =>
  placement.iothreads.filter((cpus) => !cpus.some((cpu) => nodes.has(coreOfCpu.get(cpu)?.node ?? null))).length;

const runsIn = (domain: readonly Core[], used: ReadonlySet<Core>): number =>
  domain.filter((core, index) => used.has(core) && !used.has(domain[index - 1] ?? core)).length
  + (domain[0] !== undefined && used.has(domain[0]) ? 1 : 0);
