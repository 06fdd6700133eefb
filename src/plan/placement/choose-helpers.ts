import type {Core} from '../../facts/cores.ts';
import type {IoThreadUse} from '../../facts/io-threads.ts';
import type {PlanContext} from '../context.ts';
import {newDiskBus} from '../new-disk-bus.ts';
import type {PinningPlan} from '../plan.ts';
import type {CoreMap} from './cost.ts';
import type {Helpers} from './place.ts';

type Room = {readonly all: readonly Core[]; readonly used: ReadonlySet<number>};

/** CPUs of QEMU's own threads: near the vCPUs, never on their cores. */
export const chooseHelpers = (
  context: PlanContext,
  machine: CoreMap,
  {used, nodes, picked}: Guest & {readonly picked: Helpers},
): Pick<PinningPlan, 'emulator' | 'iothreads'> => {
  const room = {all: machine.cores, used};
  const {can, profile} = context;
  const wanted = profile.cpu.emulator;
  const iothreads = can.ioThreads ? chooseIothreads(context, picked, room) : [];
  if (!can.emulatorPins) return {emulator: [], iothreads};
  const emulator = wanted === 'auto' ? picked.emulator : judgeGiven(context, 'cpu.emulator', wanted, room);
  if (wanted === 'auto') explainEmulator(context, machine, emulator, {used, nodes});
  judgeHost(context, room);
  return {emulator, iothreads};
};

/** The numbers are those that the guest's disks use, or those of the threads that they get. */
const chooseIothreads = (context: PlanContext, picked: Helpers, room: Room): PinningPlan['iothreads'] => {
  const wanted = context.profile.cpu.iothreads;
  const own = context.existing?.use.ioThreads ?? null;
  const isServed = own === null ? newDiskBus(context.profile.guest) === 'virtio' : own.used.length > 0 || own.mayTake;
  if (!isServed) return refuseIothreads(context, wanted);
  const sets = wanted === 'auto' ? picked.iothreads : judgeIothreads(context, wanted, room);
  const used = own?.used ?? [];
  const threads = numberThreads(own, Math.max(used.length, sets.length));
  const pins = threads.flatMap((iothread, index) => {
    const cpus = sets[index % sets.length];
    return cpus === undefined ? [] : [{iothread, cpus}];
  });
  if (wanted === 'auto') explainIothreads(context, pins, used);
  return pins;
};

/** First those in use, then those that are there, then new ones. */
const numberThreads = (own: IoThreadUse | null, count: number): readonly number[] => {
  const known = own === null ? [] : [...own.used, ...own.defined.filter((id) => !own.used.includes(id))];
  const fresh = Array.from({length: count + known.length}, (_, index) => index + 1).filter((id) => !known.includes(id));
  return [...known, ...fresh].slice(0, count);
};

const refuseIothreads = (context: PlanContext, wanted: 'auto' | readonly number[]): readonly [] => {
  const why = 'an I/O thread serves virtio disks and virtio-scsi only, and the guest has neither';
  if (wanted === 'auto') context.decide('cpu.iothreads', 'none', why);
  else if (wanted.length > 0) {
    context.report('note', 'guest-option-unsupported', {
      subject: 'cpu.iothreads',
      message: 'The guest has no virtio disk and no virtio-scsi controller, so no I/O thread is made for it.',
      remedy: `Leave cpu.iothreads out, or ${context.existing === null ? 'set guest.diskBus: virtio' : 'give the disk the bus virtio with `virsh edit`'}.`,
    });
  }
  return [];
};

const explainIothreads = (context: PlanContext, pins: PinningPlan['iothreads'], used: readonly number[]): void => {
  const [first] = pins;
  if (first === undefined) return;
  const isOne = pins.length === 1;
  context.decide(
    'cpu.iothreads',
    `I/O thread${isOne ? '' : 's'} ${pins.map(({iothread}) => iothread).join(', ')} on ${first.cpus.join(', ')}`,
    used.length > 0
      ? `the guest's disks run in ${isOne ? 'it' : 'them'} already; the core is near the vCPUs, and none of them uses it`
      : 'the disk gets a thread of its own, on a core near the vCPUs that none of them uses',
  );
};

type Guest = {readonly used: ReadonlySet<number>; readonly nodes: readonly (number | null)[]};

const explainEmulator = (
  context: PlanContext,
  machine: CoreMap,
  emulator: readonly number[],
  {used, nodes}: Guest,
): void => {
  if (emulator.length === 0) return;
  const isShared = emulator.some((cpu) => used.has(cpu));
  const isNear = nodes.every((node) =>
    machine.cores.some((core) => core.node === node && core.threads.some((thread) => emulator.includes(thread))),
  );
  const because = isShared
    ? `a core that no vCPU uses, and one CPU of a vCPU: QEMU must reach node ${nodes.join(', ')} to allocate the guest's memory there`
    : !isNear
      ? 'the nearest core that no vCPU uses; the guest takes all cores of its node'
      : nodes.length > 1
        ? 'a core that no vCPU uses on each node of the guest, where QEMU allocates its memory'
        : 'a core near the vCPUs that none of them uses, on the node of the guest memory';
  context.decide('cpu.emulator', emulator.join(', '), because);
};

const judgeGiven = (
  context: PlanContext,
  path: string,
  cpus: readonly number[],
  {all, used}: Room,
): readonly number[] => {
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
