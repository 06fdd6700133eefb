import type {Core} from '../../facts/cores.ts';
import {formatCpuList} from '../../facts/kernel-lists.ts';
import {type PlanContext, silently} from '../context.ts';
import {chooseMemoryNode} from '../memory/choose-memory-node.ts';
import type {PinningPlan} from '../plan.ts';
import {chooseHelpers} from './choose-helpers.ts';
import type {Home} from './choose-node.ts';
import type {CoreMap} from './cost.ts';
import {demandOf} from './demand.ts';
import {describeCores, explainPlacement, noteSlowCores, reportTooFew} from './explain-placement.ts';
import {
  areEqualParts,
  describeAvoided,
  freeCoreMap,
  helperCoreMap,
  judgePins,
  judgeSharedCpus,
  nodesOfPins,
} from './judge-pins.ts';
import {coreMapOf} from './core-map.ts';
import {choosePlacement, type ChosenPlacement, type Demand, pickHelpers, prefersCache} from './place.ts';

/**
 * The topology that the guest sees must be true: threads only when every such group really is one core; for a guest on several
 * nodes (`packages`: the owner of each) a socket is a host package and a die one of its nodes.
 */
const guestTopology = (
  pins: readonly number[],
  cores: readonly Core[],
  packages: readonly (number | null)[],
): PinningPlan['topology'] => {
  const coreOfCpu = new Map(cores.flatMap((core) => core.threads.map((thread) => [thread, core] as const)));
  const sizes = [...new Set(cores.map((core) => core.threads.length))].sort((a, b) => b - a);
  const threads = sizes.flatMap((size) => divisorsOf(size)).find((size) => isSameCores(pins, size, coreOfCpu)) ?? 1;
  const {sockets, dies} = groupDies(packages);
  return {sockets, dies, cores: Math.max(1, pins.length / threads / sockets / dies), threads};
};

const divisorsOf = (size: number): readonly number[] => Array.from({length: size}, (_, index) => size - index);

/** Each group of `size` vCPUs on one core of its own. */
const isSameCores = (pins: readonly number[], size: number, coreOfCpu: ReadonlyMap<number, Core>): boolean => {
  if (pins.length === 0 || pins.length % size !== 0) return false;
  const seen = new Set<Core>();
  for (let first = 0; first < pins.length; first += size) {
    const core = coreOfCpu.get(pins[first] ?? -1);
    if (
      core === undefined ||
      seen.has(core) ||
      !pins.slice(first, first + size).every((cpu) => core.threads.includes(cpu))
    )
      return false;
    seen.add(core);
  }
  return true;
};

const groupDies = (packages: readonly (number | null)[]): {readonly sockets: number; readonly dies: number} => {
  const nodes = Math.max(1, packages.length);
  const owners = [...new Set(packages)];
  const isEven =
    !owners.includes(null) &&
    owners.every((owner) => packages.filter((one) => one === owner).length * owners.length === nodes);
  return isEven && owners.length > 0
    ? {sockets: owners.length, dies: nodes / owners.length}
    : {sockets: nodes, dies: 1};
};

/** `guestNodes`: where vCPUs and memory are to be, more than one only when the guest is spread over them. */
export type ChosenPinning = {readonly pinning: PinningPlan; readonly guestNodes: readonly number[]};

export const choosePinning = (context: PlanContext, where: Home): ChosenPinning => {
  const machine = coreMapOf(context.facts, where, {prefersCache: prefersCache(context.named)});
  const {pins: wanted} = context.profile.cpu;
  const free = freeCoreMap(machine, context.others);
  const placed = wanted === 'auto' ? placeVcpus(context, machine, free, where) : null;
  const pins = wanted === 'auto' ? pinsOf(placed) : judgePins(context, wanted, machine.cores, where.home);
  const nodes =
    placed === null
      ? nodesOfPins(context, pins, machine.cores, where.home)
      : placed.nodes.filter((node) => node !== null);
  judgeSharedCpus(context, pins);
  const reached = withMemoryNode(context, machine, nodes);
  const used = new Set(pins);
  const pinning: PinningPlan = {
    vcpus: pins.map((cpu, vcpu) => ({vcpu, cpus: [cpu]})),
    ...chooseHelpers(context, machine, {
      used,
      nodes: reached,
      picked: pickHelpers(helperCoreMap(machine, free, reached, used), used, reached),
    }),
    hostNodes: nodesOf(pins, machine.cores, where.home),
    topology: guestTopology(pins, machine.cores, packagesOf(pins, machine.cores, nodes)),
  };
  return {pinning, guestNodes: nodes};
};

const packagesOf = (
  pins: readonly number[],
  cores: readonly Core[],
  nodes: readonly number[],
): readonly (number | null)[] => {
  if (nodes.length < 2 || !areEqualParts(pins, cores, nodes)) return [];
  return nodes.map(
    (node) =>
      cores.find((core) => core.node === node && pins.some((pin) => core.threads.includes(pin)))?.package ?? null,
  );
};

/** Where QEMU's own threads have to run: next to the vCPUs, and on the node of the memory, if that is another with CPUs. */
const withMemoryNode = (
  context: PlanContext,
  machine: CoreMap,
  nodes: readonly number[],
): readonly (number | null)[] => {
  const own = nodes.length > 0 ? nodes : [null];
  const memory = nodes.length > 1 ? null : chooseMemoryNode(silently(context), nodes[0] ?? null);
  const isFurther = memory !== null && !nodes.includes(memory) && machine.cores.some((core) => core.node === memory);
  return isFurther ? [...own, memory] : own;
};

const pinsOf = (placed: ChosenPlacement | null): readonly number[] =>
  placed === null ? [] : placed.cores.flatMap((core) => core.threads.slice(0, placed.threads));

/** Where memory is what does not fit, the CPUs are placed without it, and the memory's own judge says so. */
const placeVcpus = (context: PlanContext, machine: CoreMap, free: CoreMap, where: Home): ChosenPlacement | null => {
  const demand = demandOf(context, where);
  const machines = free === machine ? [machine] : [free, machine];
  const placed = [demand, withoutMemory(demand)].reduce<ChosenPlacement | null>(
    (found, one) => found ?? firstPlacement(machines, one),
    null,
  );
  if (placed === null) {
    reportTooFew(context, machine, demand, where);
    return null;
  }
  noteIdleThreads(context, placed);
  noteSlowCores(context, machine, demand, placed);
  context.decide(
    'cpu.pins',
    describeCores(placed),
    `${explainPlacement(context, machine, placed)}${describeAvoided(context, pinsOf(placed))}`,
  );
  explainNodes(context, machine, placed, where);
  return placed;
};

/** Cores that no other guest is pinned to, as long as there are enough of them. */
const firstPlacement = (machines: readonly CoreMap[], demand: Demand): ChosenPlacement | null => {
  for (const machine of machines) {
    const placed = choosePlacement(machine, demand);
    if (placed !== null) return placed;
  }
  return null;
};

const withoutMemory = (demand: ReturnType<typeof demandOf>): Demand => ({
  ...demand,
  isOpen: (node) => demand.isAllowed(node),
});

const noteIdleThreads = (context: PlanContext, {cores, threads}: ChosenPlacement): void => {
  const largest = Math.max(...cores.map((core) => core.threads.length));
  if (largest === threads) return;
  const {vcpus} = context.profile.cpu;
  const whole = Math.ceil(vcpus / largest) * largest;
  context.report('note', 'cpu-pin-splits-core', {
    subject: 'cpu.vcpus',
    message: `${vcpus} vCPUs do not fill whole cores of ${largest} threads: ${threads === 1 ? 'each vCPU gets a core of its own' : `${threads} vCPUs share a core`}, and the other sibling threads stay idle.`,
    remedy: `Take ${whole === vcpus ? vcpus + largest : whole} vCPUs to use whole cores.`,
  });
};

/** Only where the guest is not, or not only, on the node that the device asks for. */
const explainNodes = (context: PlanContext, machine: CoreMap, {nodes, cores}: ChosenPlacement, {home}: Home): void => {
  if (home === null || (nodes.length === 1 && nodes[0] === home)) return;
  const local = machine.cores.filter((core) => core.node === home).length;
  const distances = nodes
    .filter((node) => node !== home)
    .map((node) => `${node} at distance ${10 + machine.distanceOf(node)}`);
  context.decide(
    'cpu.node',
    nodes.length === 1
      ? `node ${nodes.join()}`
      : `nodes ${formatCpuList(nodes.filter((node) => node !== null))}, ${cores.length / nodes.length} cores and an equal share of the memory on each`,
    `node ${home} has ${local} cores and too little room for ${context.profile.cpu.vcpus} vCPUs with ${context.profile.memory.sizeMiB} MiB; nearest with room: node ${distances.join(', node ')}`,
  );
};

const nodesOf = (pins: readonly number[], cores: readonly Core[], fallback: number | null): readonly number[] => {
  const used = new Set(pins);
  const nodes = new Set(
    cores.filter((core) => core.threads.some((thread) => used.has(thread))).map((core) => core.node),
  );
  const known = [...nodes].filter((node) => node !== null).sort((a, b) => a - b);
  return known.length > 0 ? known : fallback === null ? [] : [fallback];
};
