import {formatCpuList} from '../host/kernel-lists.ts';
import type {PlanContext} from './context.ts';
import {takenCpus} from './other-guests.ts';
import type {OtherGuest} from './other-guests.ts';
import type {Machine} from './placement-cost.ts';

/** The machine without the cores of guests that may run at the same time; the same one where there are none. */
export const freeMachine = (machine: Machine, others: readonly OtherGuest[]): Machine => {
  const taken = takenCpus(others);
  return taken.size === 0 ? machine : {...machine, cores: machine.cores.filter((core) => !core.threads.some((thread) => taken.has(thread)))};
};

/** QEMU's own threads keep away from other guests' cores too, unless a node that they have to reach has no other. */
export const helperMachine = (machine: Machine, free: Machine, nodes: readonly (number | null)[], used: ReadonlySet<number>): Machine => {
  const reaches = ({cores}: Machine, node: number | null): boolean => cores.some((core) => core.node === node);
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
    remedy: context.profile.cpu.pins === 'auto' ? 'Lower cpu.vcpus of one of them, so that each has cores of its own.' : 'Choose other CPUs, or cpu.pins: auto.',
  });
};

/** Which guests' CPUs were kept away from, for the reason of a placement; empty where there are none. */
export const describeAvoided = (context: PlanContext, pins: readonly number[]): string => {
  const avoided = context.others.filter(({mayRunBeside, use}) => mayRunBeside && use.pinnedCpus.length > 0 && !use.pinnedCpus.some((cpu) => pins.includes(cpu)));
  return avoided.map(({name, use}) => `, ${formatCpuList(use.pinnedCpus)} stay with the guest ${name}`).join('');
};
