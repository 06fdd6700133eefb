import type {PlanContext} from './context.ts';
import type {Core} from './cores.ts';
import type {Helpers} from './pick-helpers.ts';
import type {Machine} from './placement-cost.ts';
import type {PinningPlan} from './plan.ts';

type Room = {readonly all: readonly Core[]; readonly used: ReadonlySet<number>};

/** CPUs of QEMU's own threads: near the vCPUs, never on their cores. */
export const chooseHelpers = (
  context: PlanContext,
  machine: Machine,
  {used, nodes, picked}: Guest & {readonly picked: Helpers},
): Pick<PinningPlan, 'emulator' | 'iothreads'> => {
  const room = {all: machine.cores, used};
  const {cpu} = context.profile;
  const iothreads = cpu.iothreads === 'auto' ? picked.iothreads : judgeIothreads(context, cpu.iothreads, room);
  if (cpu.iothreads === 'auto') explainIothreads(context, iothreads);
  const emulator = cpu.emulator === 'auto' ? picked.emulator : judgeGiven(context, 'cpu.emulator', cpu.emulator, room);
  if (cpu.emulator === 'auto') explainEmulator(context, machine, emulator, {used, nodes});
  judgeHost(context, room);
  return {emulator, iothreads: iothreads.map((cpus, index) => ({iothread: index + 1, cpus}))};
};

const explainIothreads = (context: PlanContext, [cpus]: readonly (readonly number[])[]): void => {
  if (cpus === undefined) return;
  context.decide('cpu.iothreads', `I/O thread 1 on ${cpus.join(', ')}`, 'the disk gets a thread of its own, on a core near the vCPUs that none of them uses');
};

type Guest = {readonly used: ReadonlySet<number>; readonly nodes: readonly (number | null)[]};

const explainEmulator = (context: PlanContext, machine: Machine, emulator: readonly number[], {used, nodes}: Guest): void => {
  if (emulator.length === 0) return;
  const isShared = emulator.some((cpu) => used.has(cpu));
  const isNear = nodes.every((node) => machine.cores.some((core) => core.node === node && core.threads.some((thread) => emulator.includes(thread))));
  const because = isShared ? `a core that no vCPU uses, and one CPU of a vCPU: QEMU must reach node ${nodes.join(', ')} to allocate the guest's memory there`
    : !isNear ? 'the nearest core that no vCPU uses; the guest takes all cores of its node'
    : nodes.length > 1 ? 'a core that no vCPU uses on each node of the guest, where QEMU allocates its memory'
    : 'a core near the vCPUs that none of them uses, on the node of the guest memory';
  context.decide('cpu.emulator', emulator.join(', '), because);
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
