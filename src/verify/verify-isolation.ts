import {formatCpuList} from '../host/kernel-lists.ts';
import type {HostFacts} from '../host/facts.ts';
import type {Plan} from '../plan/plan.ts';
import type {PromiseResult} from './promise.ts';

/** What the kernel made of isolcpus=; a hook does its work only while the guest runs, and its file is verified as one. */
export const verifyIsolation = (facts: HostFacts, {isolation}: Plan): readonly PromiseResult[] => {
  if (isolation.method !== 'boot') return [];
  const {isolatedCpus} = facts.isolation;
  const isKept = isolatedCpus === null ? null : isolation.cpus.every((cpu) => isolatedCpus.includes(cpu));
  return [{
    id: 'isolation',
    status: isKept === null ? 'unknown' : isKept ? 'kept' : 'broken',
    promise: `CPUs ${formatCpuList(isolation.cpus)} are taken from the host's scheduler.`,
    fact: isolatedCpus === null ? '/sys/devices/system/cpu/isolated is not readable.' : `The kernel isolates ${isolatedCpus.length === 0 ? 'none' : formatCpuList(isolatedCpus)}.`,
    remedy: isKept === false ? 'See whether isolcpus= is in /proc/cmdline, and whether the kernel log complains about it.' : null,
  }];
};
