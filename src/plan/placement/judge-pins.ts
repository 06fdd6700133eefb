import {type Core, groupCores} from '../../facts/cores.ts';
import {formatCpuList} from '../../facts/kernel-lists.ts';
import {isDisplay} from '../../facts/pci.ts';
import type {PlanContext} from '../context.ts';
import {takenCpus} from '../memory/node-room.ts';
import {hasMemory, type OtherGuest} from '../other-guest.ts';
import type {CoreMap} from './cost.ts';
import {count} from '../../words/count.ts';

/**
 * Where a guest with pins of the user's lives: on the node that they are on, whatever the device's, as each access to
 * memory would cross otherwise; on several as cells, in the order of the vCPUs, unless the profile places the memory.
 */
export const nodesOfPins = (
  {facts, profile, can}: PlanContext,
  pins: readonly number[],
  cores: readonly Core[],
  home: number | null,
): readonly number[] => {
  const nodes = [...new Set(pins.map((pin) => cores.find((core) => core.threads.includes(pin))?.node ?? null))];
  const known = nodes.filter((node) => node !== null);
  const [first] = known;
  if (home === null || first === undefined) return home === null ? [] : [home];
  if (known.length === 1) return known;
  const mayHaveCells =
    can.cells && profile.memory.node === 'auto' && profile.guest.numaCell !== false && known.length === nodes.length;
  const haveMemory = known.every((id) => facts.nodes.some((node) => node.id === id && hasMemory(node)));
  return mayHaveCells && haveMemory ? known : [known.includes(home) ? home : first];
};

/** A guest socket is a range of vCPUs: packages can be shown only where the nodes have equal parts, one after the other. */
export const areEqualParts = (pins: readonly number[], cores: readonly Core[], nodes: readonly number[]): boolean => {
  const each = pins.length / nodes.length;
  return pins.every(
    (pin, vcpu) => cores.find((core) => core.threads.includes(pin))?.node === nodes[Math.floor(vcpu / each)],
  );
};

/** The machine without the cores of guests that may run at the same time; the same one where there are none. */
export const freeCoreMap = (machine: CoreMap, others: readonly OtherGuest[]): CoreMap => {
  const taken = takenCpus(others);
  return taken.size === 0
    ? machine
    : {...machine, cores: machine.cores.filter((core) => !core.threads.some((thread) => taken.has(thread)))};
};

/** QEMU's own threads keep away from other guests' cores too, unless a node that they have to reach has no other. */
export const helperCoreMap = (
  machine: CoreMap,
  free: CoreMap,
  nodes: readonly (number | null)[],
  used: ReadonlySet<number>,
): CoreMap => {
  const reaches = ({cores}: CoreMap, node: number | null): boolean => cores.some((core) => core.node === node);
  const hasRoom = free.cores.some((core) => !core.threads.some((thread) => used.has(thread)));
  return hasRoom && nodes.every((node) => reaches(free, node) || !reaches(machine, node)) ? free : machine;
};

export const judgeSharedCpus = (context: PlanContext, pins: readonly number[]): void => {
  const sharing = context.others
    .filter(({mayRunBeside}) => mayRunBeside)
    .map(({name, use}) => ({name, cpus: use.pinnedCpus.filter((cpu) => pins.includes(cpu))}))
    .filter(({cpus}) => cpus.length > 0);
  if (sharing.length === 0) return;
  context.report('warning', 'cpu-shared-with-guest', {
    subject: 'cpu.pins',
    message: `${sharing.map(({name, cpus}) => `CPUs ${formatCpuList(cpus)} are also pinned by the guest ${name}`).join(', and ')}: while both run, each has half of them.`,
    remedy:
      context.profile.cpu.pins === 'auto'
        ? 'Lower cpu.vcpus of one of them, so that each has cores of its own.'
        : 'Choose other CPUs, or cpu.pins: auto.',
  });
};

/** Which guests' CPUs were kept away from, for the reason of a placement; empty where there are none. */
export const describeAvoided = (context: PlanContext, pins: readonly number[]): string => {
  const avoided = context.others.filter(
    ({mayRunBeside, use}) =>
      mayRunBeside && use.pinnedCpus.length > 0 && !use.pinnedCpus.some((cpu) => pins.includes(cpu)),
  );
  return avoided.map(({name, use}) => `, ${formatCpuList(use.pinnedCpus)} stay with the guest ${name}`).join('');
};

/** What the user's pins cost although they are possible: more caches than needed, slow cores. */
const judgePinCosts = (
  context: PlanContext,
  pins: readonly number[],
  used: readonly Core[],
  all: readonly Core[],
): void => {
  judgeCaches(context, pins, used, all);
  judgeSlowCores(context, used, all);
};

const judgeCaches = (
  context: PlanContext,
  pins: readonly number[],
  used: readonly Core[],
  all: readonly Core[],
): void => {
  const nodes = new Set(used.map((core) => core.node));
  if (nodes.size !== 1 || !used.every((core) => core.hasL3)) return;
  const domains = new Set(used.map((core) => core.domain)).size;
  const needed = fewestDomains(
    all.filter((core) => nodes.has(core.node) && core.kind === used[0]?.kind),
    pins.length,
  );
  if (domains <= needed) return;
  context.report('warning', 'cpu-pin-spans-caches', {
    subject: 'cpu.pins',
    message: `The vCPUs are pinned across ${domains} level-3 caches where ${needed} would do: threads that share data fetch it from another cache.`,
    remedy: 'Choose CPUs that share a level-3 cache (`vfio-pilot topology` shows them), or cpu.pins: auto.',
  });
};

const fewestDomains = (cores: readonly Core[], threads: number): number => {
  const sizes = [...groupCores(cores, (core) => core.domain).values()].map((domain) =>
    domain.reduce((sum, core) => sum + core.threads.length, 0),
  );
  let [count, room] = [0, 0];
  for (const size of sizes.sort((a, b) => b - a)) {
    if (room >= threads) break;
    room += size;
    count += 1;
  }
  return count;
};

const judgeSlowCores = (context: PlanContext, used: readonly Core[], all: readonly Core[]): void => {
  const fast = all.filter((core) => core.kind === 'performance').length;
  if (fast === 0 || !used.every((core) => core.kind === 'efficiency')) return;
  context.report('note', 'cpu-pin-slow-cores', {
    subject: 'cpu.pins',
    message: `All vCPUs are pinned to efficiency cores, although this machine has ${count(fast, 'performance core')}: the guest is slower than it could be.`,
    remedy: 'Nothing to do if the performance cores are meant for the host; else choose them, or cpu.pins: auto.',
  });
};

/** The user's own pins are obeyed as far as they are possible, with what they cost. Returns them, or nothing when they can't be. */
export const judgePins = (
  context: PlanContext,
  pins: readonly number[],
  cores: readonly Core[],
  home: number | null,
): readonly number[] => {
  const coreOfCpu = new Map(cores.flatMap((core) => core.threads.map((thread) => [thread, core] as const)));
  const problem = impossible(context, pins, coreOfCpu);
  if (problem !== null) {
    context.report('blocker', 'cpu-pin-invalid', {
      subject: 'cpu.pins',
      message: problem,
      remedy: 'Set cpu.pins to one online host CPU for each vCPU, or to auto; `vfio-pilot topology` shows them.',
    });
    return [];
  }
  const used = pins.map((pin) => coreOfCpu.get(pin)).filter((core) => core !== undefined);
  judgeNodes(context, used, home, nodesOfPins(context, pins, cores, home));
  judgeKinds(context, used);
  judgePairs(context, pins, coreOfCpu);
  judgePinCosts(context, pins, used, cores);
  context.decide(
    'cpu.pins',
    pins.join(', '),
    used.some((core) => core.hasCpu0)
      ? 'you chose them; the core of CPU 0 is among them, where the host serves its timers and most of its interrupts'
      : 'you chose them',
  );
  return pins;
};

const impossible = (
  context: PlanContext,
  pins: readonly number[],
  coreOfCpu: ReadonlyMap<number, Core>,
): string | null => {
  const {vcpus} = context.profile.cpu;
  if (pins.length !== vcpus) return `cpu.pins names ${pins.length} CPUs, but the guest has ${vcpus} vCPUs.`;
  const missing = pins.filter((pin) => !coreOfCpu.has(pin));
  if (missing.length > 0) return `CPU ${missing.join(', ')} does not exist on this machine or is offline.`;
  const twice = pins.filter((pin, index) => pins.indexOf(pin) !== index);
  if (twice.length > 0) return `CPU ${[...new Set(twice)].join(', ')} is given to more than one vCPU.`;
  return null;
};

const judgeNodes = (
  context: PlanContext,
  used: readonly Core[],
  home: number | null,
  guestNodes: readonly number[],
): void => {
  const nodes = [...new Set(used.map((core) => core.node))].filter((node) => node !== null);
  const device = nodeOfDevice(context);
  const near = device === null ? null : home;
  const foreign = nodes.filter((node) => node !== near);
  if (home === null || foreign.length === 0 || (near === null && nodes.length === 1)) return;
  const share = near === null ? 'vCPUs are' : foreign.length < nodes.length ? 'Some vCPUs are' : 'All vCPUs are';
  const why =
    device === null
      ? 'what they share crosses the interconnect.'
      : `while the device is on node ${device}: what they exchange with it crosses the interconnect.`;
  context.report('warning', 'cpu-pin-off-node', {
    subject: 'cpu.pins',
    message: `${share} pinned to node ${foreign.join(', ')}${device === null ? ': ' : ' '}${why} ${whereMemoryGoes(guestNodes)}`,
    remedy: `Choose CPUs of ${near === null ? 'one node' : `node ${near}`}, or cpu.pins: auto.`,
  });
};

/** The device whose node the pins are compared with. */
export const nodeOfDevice = ({named}: PlanContext): number | null =>
  (named.find(isDisplay) ?? named[0])?.numaNode ?? null;

const whereMemoryGoes = (guestNodes: readonly number[]): string =>
  guestNodes.length > 1
    ? 'The guest is shown a node for each of its host nodes, with a share of the memory by its vCPUs.'
    : 'Its memory is on one node.';

const judgeKinds = (context: PlanContext, used: readonly Core[]): void => {
  if (new Set(used.map((core) => core.kind)).size < 2) return;
  context.report('warning', 'cpu-pin-mixes-kinds', {
    subject: 'cpu.pins',
    message:
      'Performance and efficiency cores are mixed in one guest, which can know only one kind: its scheduler will put work on the wrong ones.',
    remedy: 'Choose cores of one kind, or cpu.pins: auto.',
  });
};

const judgePairs = (context: PlanContext, pins: readonly number[], coreOfCpu: ReadonlyMap<number, Core>): void => {
  const counts = new Map<Core, number[]>();
  pins.forEach((pin, vcpu) => {
    const core = coreOfCpu.get(pin);
    if (core !== undefined) counts.set(core, [...(counts.get(core) ?? []), vcpu]);
  });
  const split = [...counts].filter(([core, vcpus]) => core.threads.length > 1 && !isWholeInOrder(core, vcpus));
  if (split.length === 0) return;
  context.report('warning', 'cpu-pin-splits-core', {
    subject: 'cpu.pins',
    message: `${split.length === 1 ? 'A core is' : `${split.length} cores are`} not used as vCPU pairs (2k and 2k+1 on the threads of one core), for example ${split[0]?.[0].threads.join('+')}: the guest will see one thread per core.`,
    remedy: 'List both threads of a core next to each other, or use cpu.pins: auto.',
  });
};

const isWholeInOrder = (core: Core, vcpus: readonly number[]): boolean => {
  const size = core.threads.length;
  const first = vcpus[0] ?? 0;
  return vcpus.length === size && first % size === 0 && vcpus.every((vcpu, index) => vcpu === first + index);
};
