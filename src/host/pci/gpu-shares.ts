import type {GpuShare, GpuShares, SchedPriority} from '../../facts/pci.ts';
import type {Source} from '../../system/source.ts';

/**
 * xe's `sriov_admin` of a physical function (kernel: Documentation/ABI/testing/sysfs-driver-intel-xe-sriov), which has a
 * folder for each virtual function that there can be.
 */
export const readGpuShares = (source: Source, folder: string, total: number): GpuShares | null => {
  const names = new Set(source.list(folder));
  if (!names.has('pf')) return null;
  const virtual: GpuShare[] = [];
  for (let number = 1; number <= total && names.has(`vf${number}`); number += 1)
    virtual.push(readShare(source, `${folder}/vf${number}/profile`));
  return {physical: readShare(source, `${folder}/pf/profile`), virtual};
};

const readShare = (source: Source, folder: string): GpuShare => {
  const text = (name: string): string => source.text(`${folder}/${name}`)?.trim() ?? '';
  return {
    execQuantumMs: parseNumber(text('exec_quantum_ms')),
    preemptTimeoutUs: parseNumber(text('preempt_timeout_us')),
    schedPriority: parsePriority(text('sched_priority')),
    vramQuotaBytes: parseNumber(text('vram_quota')),
  };
};

/** Bytes of video memory have more digits than a count, and are whole in a double below 2^53. */
const parseNumber = (text: string): number | null => (/^\d{1,15}$/.test(text) ? Number(text) : null);

/** `[low] normal high`: what it has, among what it could have. */
const parsePriority = (text: string): SchedPriority | null => {
  const [, word] = /\[(low|normal|high)\]/.exec(text) ?? [];
  return word === 'low' || word === 'normal' || word === 'high' ? word : null;
};
