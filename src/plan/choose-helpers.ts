import {nearestNodes} from './choose-node.ts';
import type {PlanContext} from './context.ts';
import {firstThread} from './cores.ts';
import type {Core} from './cores.ts';
import type {PinningPlan} from './plan.ts';

type Room = {readonly all: readonly Core[]; readonly local: readonly Core[]; readonly used: ReadonlySet<number>; readonly node: number | null};

/** CPUs of QEMU's own threads: near the vCPUs, never on their cores. */
export const chooseHelpers = (context: PlanContext, room: Room): Pick<PinningPlan, 'emulator' | 'iothreads'> => {
  const free = freeCores(context, room);
  const {cpu} = context.profile;
  const iothreads = cpu.iothreads === 'auto' ? chooseIothread(context, free) : judgeIothreads(context, cpu.iothreads, room);
  const emulator = cpu.emulator === 'auto' ? chooseEmulator(context, free, room) : judgeGiven(context, 'cpu.emulator', cpu.emulator, room);
  judgeHost(context, room);
  return {emulator, iothreads: iothreads.map((cpus, index) => ({iothread: index + 1, cpus}))};
};

/** Cores without a vCPU: of the node first, the one with CPU 0 last in its node, then of the nearest nodes. */
const freeCores = (context: PlanContext, {all, used, node}: Room): readonly Core[] => {
  const order = node === null ? [] : nearestNodes(context.facts, node);
  const rank = (core: Core): number => (core.node === null || !order.includes(core.node) ? order.length : order.indexOf(core.node));
  return all
    .filter((core) => !core.threads.some((thread) => used.has(thread)))
    .sort((a, b) => rank(a) - rank(b) || Number(a.hasCpu0) - Number(b.hasCpu0) || firstThread(a) - firstThread(b));
};

const chooseIothread = (context: PlanContext, free: readonly Core[]): readonly (readonly number[])[] => {
  const core = free[0];
  if (core === undefined) return [];
  context.decide('cpu.iothreads', `I/O thread 1 on ${core.threads.join(', ')}`, 'the disk gets a thread of its own, on a core near the vCPUs that none of them uses');
  return [core.threads];
};

const chooseEmulator = (context: PlanContext, free: readonly Core[], {local, used, node}: Room): readonly number[] => {
  const [first, second] = free;
  const core = second !== undefined && second.node === first?.node ? second : first;
  if (core === undefined) return [];
  const shared = local.flatMap(({threads}) => threads).findLast((thread) => used.has(thread));
  if (node !== null && core.node !== node && shared !== undefined) {
    const cpus = [...core.threads, shared];
    context.decide('cpu.emulator', cpus.join(', '), `a core of another node, and one CPU of a vCPU: QEMU must reach node ${node} to allocate the guest's memory there`);
    return cpus;
  }
  context.decide('cpu.emulator', core.threads.join(', '), 'a core near the vCPUs that none of them uses, on the node of the guest memory');
  return core.threads;
};

const judgeGiven = (context: PlanContext, path: string, cpus: readonly number[], {all, used}: Room): readonly number[] => {
  const online = new Set(all.flatMap((core) => core.threads));
  const missing = cpus.filter((cpu) => !online.has(cpu));
  if (missing.length > 0) {
    context.report('blocker', 'cpu-pin-invalid', {
      subject: path,
      message: `CPU ${missing.join(', ')} does not exist on this machine or is offline.`,
      remedy: 'Name online host CPUs, or use auto; `vfio-pilot topology` shows them.',
    });
    return [];
  }
  const shared = cpus.filter((cpu) => used.has(cpu));
  if (shared.length > 0) {
    context.report('warning', 'cpu-pin-invalid', {
      subject: path,
      message: `CPU ${shared.join(', ')} is also a vCPU's: QEMU's own threads will interrupt the guest there.`,
      remedy: 'Name CPUs that no vCPU uses, or use auto.',
    });
  }
  context.decide(path, cpus.join(', '), 'you chose them');
  return cpus;
};

const judgeIothreads = (context: PlanContext, cpus: readonly number[], room: Room): readonly (readonly number[])[] =>
  judgeGiven(context, 'cpu.iothreads', cpus, room).map((cpu) => [cpu]);

const judgeHost = (context: PlanContext, {all, used}: Room): void => {
  if (used.size === 0 || all.some((core) => core.threads.every((thread) => !used.has(thread)))) return;
  context.report('blocker', 'cpu-no-host-cores', {
    subject: 'cpu.vcpus',
    message: 'The guest takes a thread of every core: nothing is left for the host, for QEMU itself and for its I/O.',
    remedy: 'Leave at least one whole core to the host: lower cpu.vcpus, or change cpu.pins.',
  });
};
