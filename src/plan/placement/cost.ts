import {type Core, groupCores} from '../../facts/cores.ts';

/** Host CPUs of vCPU 0, 1, …, of QEMU's own threads, and of each I/O thread. */
export type Placement = {
  readonly pins: readonly number[];
  readonly emulator: readonly number[];
  readonly iothreads: readonly (readonly number[])[];
};

export type CoreMap = {
  readonly cores: readonly Core[];
  /** From the node of the device, 0 for that node itself. */
  readonly distanceOf: (node: number | null) => number;
  /** The guest gains more from a large level-3 cache than from leaving the core of CPU 0 to the host. */
  readonly prefersCache: boolean;
};

/** What a placement costs; smaller is better. */
export type PlacementCost = {
  /** Of the vCPUs from the node of the device, summed. */
  readonly distance: number;
  /** Host nodes in use. */
  readonly nodes: number;
  /** Cores of which the guest has but a part. */
  readonly partialCores: number;
  /** Level-3 domains. */
  readonly domains: number;
  /** 0 for one kind of core, 1 for efficiency cores only, 2 for several kinds. */
  readonly kinds: number;
  /** For a guest that prefers cache, `missingCacheKiB`, which then outweighs the duties; else 0. */
  readonly preferredCacheKiB: number;
  /** vCPU cores that the host needs (CPU 0, see host-duties.ts). */
  readonly duties: number;
  /** Guest nodes that QEMU's threads have no CPU on: the guest would not start. */
  readonly unservedNodes: number;
  /** Helper threads on vCPU cores, and I/O threads off the guest's nodes. */
  readonly helpers: number;
  /** Level-3 cache short of the machine's largest, summed over the cores. */
  readonly missingCacheKiB: number;
  /** Runs of neighbouring cores, counted in each domain. */
  readonly runs: number;
};

/** An earlier part outweighs all later ones. */
const order = [
  'distance',
  'nodes',
  'partialCores',
  'domains',
  'kinds',
  'preferredCacheKiB',
  'duties',
  'unservedNodes',
  'helpers',
  'missingCacheKiB',
  'runs',
] as const satisfies readonly (keyof PlacementCost)[];

export const placementCost = ({cores, distanceOf, prefersCache}: CoreMap, placement: Placement): PlacementCost => {
  const pins = new Set(placement.pins);
  const used = cores.filter((core) => core.threads.some((thread) => pins.has(thread)));
  const coreOfCpu = new Map(cores.flatMap((core) => core.threads.map((thread) => [thread, core] as const)));
  const nodes = new Set(used.map((core) => core.node));
  const helpers = [...placement.emulator, ...placement.iothreads.flat()].flatMap((cpu) => coreOfCpu.get(cpu) ?? []);
  const largestKiB = largestCacheKiB(cores);
  const missingCacheKiB = sum(used, (core) => largestKiB - core.l3KiB);
  return {
    distance: sum(placement.pins, (pin) => distanceOf(coreOfCpu.get(pin)?.node ?? null)),
    nodes: nodes.size,
    partialCores: used.filter((core) => !core.threads.every((thread) => pins.has(thread))).length,
    domains: new Set(used.map((core) => core.domain)).size,
    kinds: kindCost(used),
    preferredCacheKiB: prefersCache ? missingCacheKiB : 0,
    duties: used.filter((core) => core.hasDuty).length,
    unservedNodes: unserved(placement, nodes, coreOfCpu),
    helpers: helpers.filter((core) => used.includes(core)).length + iothreadsAway(placement, nodes, coreOfCpu),
    missingCacheKiB,
    runs: sum([...groupCores(cores, (core) => core.domain).values()], (domain) => runsIn(domain, new Set(used))),
  };
};

/** Negative when `a` costs less; a part that is not there costs nothing. */
export const compareCosts = (a: Partial<PlacementCost>, b: Partial<PlacementCost>): number => {
  for (const part of order) {
    const difference = (a[part] ?? 0) - (b[part] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
};

/** What the choice of cores on one node adds to the cost. */
export type PickCost = Pick<
  PlacementCost,
  'partialCores' | 'domains' | 'preferredCacheKiB' | 'duties' | 'missingCacheKiB' | 'runs'
>;

export const noCost: PickCost = {
  partialCores: 0,
  domains: 0,
  preferredCacheKiB: 0,
  duties: 0,
  missingCacheKiB: 0,
  runs: 0,
};

const pickOrder = order.filter((part): part is keyof PickCost => part in noCost);

/** `compareCosts` without the parts that a choice on one node does not have, for the inner loop. */
export const comparePicks = (a: PickCost, b: PickCost): number => {
  for (const part of pickOrder) {
    const difference = a[part] - b[part];
    if (difference !== 0) return difference;
  }
  return 0;
};

export const addPicks = (a: PickCost, b: Partial<PickCost>): PickCost => ({
  partialCores: a.partialCores + (b.partialCores ?? 0),
  domains: a.domains + (b.domains ?? 0),
  preferredCacheKiB: a.preferredCacheKiB + (b.preferredCacheKiB ?? 0),
  duties: a.duties + (b.duties ?? 0),
  missingCacheKiB: a.missingCacheKiB + (b.missingCacheKiB ?? 0),
  runs: a.runs + (b.runs ?? 0),
});

export const largestCacheKiB = (cores: readonly Core[]): number =>
  cores.reduce((most, core) => Math.max(most, core.l3KiB), 0);

const sum = <T>(items: readonly T[], valueOf: (item: T) => number): number =>
  items.reduce((total, item) => total + valueOf(item), 0);

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
  domain.filter((core, index) => used.has(core) && !used.has(domain[index - 1] ?? core)).length +
  (domain[0] !== undefined && used.has(domain[0]) ? 1 : 0);
