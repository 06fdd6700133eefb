import type {PlanContext} from './context.ts';
import type {Core} from './cores.ts';
import {isDisplay} from './describe-function.ts';
import {judgePinCosts} from './judge-pin-costs.ts';
import {nodesOfPins} from './pinned-nodes.ts';

/** The user's own pins are obeyed as far as they are possible, with what they cost. Returns them, or nothing when they can't be. */
export const judgePins = (context: PlanContext, pins: readonly number[], cores: readonly Core[], home: number | null): readonly number[] => {
  const coreOfCpu = new Map(cores.flatMap((core) => core.threads.map((thread) => [thread, core] as const)));
  const problem = impossible(context, pins, coreOfCpu);
  if (problem !== null) {
    context.report('blocker', 'cpu-pin-invalid', {subject: 'cpu.pins', message: problem, remedy: 'Set cpu.pins to one online host CPU for each vCPU, or to auto; `vfio-pilot topology` shows them.'});
    return [];
  }
  const used = pins.map((pin) => coreOfCpu.get(pin)).filter((core) => core !== undefined);
  judgeNodes(context, used, home, nodesOfPins(context, pins, cores, home));
  judgeKinds(context, used);
  judgePairs(context, pins, coreOfCpu);
  judgePinCosts(context, pins, used, cores);
  context.decide('cpu.pins', pins.join(', '), used.some((core) => core.hasCpu0) ? 'you chose them; the core of CPU 0 is among them, where the host serves its timers and most of its interrupts' : 'you chose them');
  return pins;
};

const impossible = (context: PlanContext, pins: readonly number[], coreOfCpu: ReadonlyMap<number, Core>): string | null => {
  const {vcpus} = context.profile.cpu;
  if (pins.length !== vcpus) return `cpu.pins names ${pins.length} CPUs, but the guest has ${vcpus} vCPUs.`;
  const missing = pins.filter((pin) => !coreOfCpu.has(pin));
  if (missing.length > 0) return `CPU ${missing.join(', ')} does not exist on this machine or is offline.`;
  const twice = pins.filter((pin, index) => pins.indexOf(pin) !== index);
  if (twice.length > 0) return `CPU ${[...new Set(twice)].join(', ')} is given to more than one vCPU.`;
  return null;
};

const judgeNodes = (context: PlanContext, used: readonly Core[], home: number | null, guestNodes: readonly number[]): void => {
  const nodes = [...new Set(used.map((core) => core.node))].filter((node) => node !== null);
  const device = nodeOfDevice(context);
  const near = device === null ? null : home;
  const foreign = nodes.filter((node) => node !== near);
  if (home === null || foreign.length === 0 || (near === null && nodes.length === 1)) return;
  const share = near === null ? 'vCPUs are' : foreign.length < nodes.length ? 'Some vCPUs are' : 'All vCPUs are';
  const why = device === null ? 'what they share crosses the interconnect.' : `while the device is on node ${device}: what they exchange with it crosses the interconnect.`;
  context.report('warning', 'cpu-pin-off-node', {
    subject: 'cpu.pins',
    message: `${share} pinned to node ${foreign.join(', ')}${device === null ? ': ' : ' '}${why} ${whereMemoryGoes(guestNodes)}`,
    remedy: `Choose CPUs of ${near === null ? 'one node' : `node ${near}`}, or cpu.pins: auto.`,
  });
};

const nodeOfDevice = ({facts, profile}: PlanContext): number | null => {
  const chosen = facts.pci.filter((device) => profile.devices.some(({address}) => address === device.address));
  return (chosen.find(isDisplay) ?? chosen[0])?.numaNode ?? null;
};

const whereMemoryGoes = (guestNodes: readonly number[]): string =>
  guestNodes.length > 1
    ? 'The guest is shown a node for each of its host nodes, with a share of the memory by its vCPUs.'
    : 'Its memory is on one node.';

const judgeKinds = (context: PlanContext, used: readonly Core[]): void => {
  if (new Set(used.map((core) => core.kind)).size < 2) return;
  context.report('warning', 'cpu-pin-mixes-kinds', {
    subject: 'cpu.pins',
    message: 'Performance and efficiency cores are mixed in one guest, which can only be told one kind: its scheduler will put work on the wrong ones.',
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
    message: `${split.length === 1 ? 'A core is' : `${split.length} cores are`} not used as vCPU pairs (2k and 2k+1 on the threads of one core), for example ${split[0]?.[0].threads.join('+')}: the guest is told one thread per core.`,
    remedy: 'List both threads of a core next to each other, or use cpu.pins: auto.',
  });
};

const isWholeInOrder = (core: Core, vcpus: readonly number[]): boolean => {
  const size = core.threads.length;
  const first = vcpus[0] ?? 0;
  return vcpus.length === size && first % size === 0 && vcpus.every((vcpu, index) => vcpu === first + index);
};
