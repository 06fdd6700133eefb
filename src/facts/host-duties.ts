import type {HostFacts} from './host-facts.ts';
import {parseCpuList} from './kernel-lists.ts';

/**
 * CPUs that the host needs for what cannot be moved: CPU 0, those that the running kernel sends interrupts to
 * (`irqaffinity=`), and where CPUs are isolated, all others. Counters of /proc/interrupts are not asked: they change from
 * hour to hour, and the guest's place with them.
 */
export const hostDuties = ({cpu, isolation, boot}: HostFacts): ReadonlySet<number> => {
  const online = cpu.cpus.filter((one) => one.online).map((one) => one.id);
  const isolated = isolation.isolatedCpus ?? [];
  const served = interruptCpus(boot.commandLine).filter((id) => online.includes(id));
  return new Set([
    0,
    ...(served.length < online.length ? served : []),
    ...(isolated.length === 0 ? [] : online.filter((id) => !isolated.includes(id))),
  ]);
};

/** The last one counts, as for the kernel. */
const interruptCpus = (commandLine: string | null): readonly number[] => {
  const value = (commandLine ?? '').split(/\s+/).findLast((word) => word.startsWith('irqaffinity='));
  return value === undefined ? [] : (parseCpuList(value.slice('irqaffinity='.length)) ?? []);
};
