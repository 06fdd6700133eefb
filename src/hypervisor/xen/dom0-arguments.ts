import {coresOf} from '../../facts/cores.ts';
import type {Part} from '../../plan/arguments/part.ts';
import type {PlanContext} from '../../plan/context.ts';
import type {MemoryPlan, PinningPlan} from '../../plan/plan.ts';
import {xenOf} from './xen-facts.ts';

/** Arguments of Xen that size dom0. What somebody else has set in the files of the boot loader stays. */
export const dom0Arguments = (
  context: PlanContext,
  {pinning, memory}: {readonly pinning: PinningPlan; readonly memory: MemoryPlan},
): readonly Part[] =>
  xenOf(context.facts).info === null ? [] : [chooseMemory(context, memory), chooseCpus(context, pinning)];

const isSetElsewhere = (context: PlanContext, keys: readonly string[]): boolean => {
  const words = (context.facts.boot.hypervisorNext ?? []).flatMap((line) => line.split(/\s+/));
  const found = words.filter((word) => keys.includes(word.replace(/=.*$/, '')));
  if (found.length > 0)
    context.decide('hypervisorArguments', `${found.join(' ')} unchanged`, 'the boot loader’s files have it already');
  return found.length > 0;
};

/** Xen’s own heap, and what it needs for page tables of guests. */
const overheadMiB = 1024;

/** With `max:`, and so without ballooning: memory that dom0 has had is in pieces, and takes time to give back. */
const chooseMemory = (context: PlanContext, memory: MemoryPlan): Part => {
  const totalMiB = xenOf(context.facts).info?.totalMemoryMiB ?? null;
  if (totalMiB === null || isSetElsewhere(context, ['dom0_mem'])) return {};
  const othersMiB = context.others
    .filter(({mayRunBeside}) => mayRunBeside)
    .reduce((sum, {use}) => sum + use.memoryKiB / 1024, 0);
  const leftMiB = totalMiB - memory.sizeKiB / 1024 - othersMiB - overheadMiB;
  const sizeMiB = Math.floor(leftMiB / 64) * 64;
  if (sizeMiB < 1024) {
    context.report('blocker', 'memory-host-reserve', {
      subject: 'memory.size',
      message: `This machine has ${totalMiB} MiB; with ${memory.sizeKiB / 1024} MiB for the guest${othersMiB === 0 ? '' : `, ${Math.ceil(othersMiB)} MiB for other guests`} and ${overheadMiB} MiB for Xen itself less than 1024 MiB stay for dom0.`,
      remedy: 'Set memory.size lower, or set dom0_mem= in GRUB_CMDLINE_XEN_DEFAULT yourself.',
    });
    return {};
  }
  return {
    add: [
      {
        text: `dom0_mem=${sizeMiB}M,max:${sizeMiB}M`,
        because: `what this guest${othersMiB === 0 ? '' : ', the other guests'} and Xen itself (${overheadMiB} MiB) leave of ${totalMiB} MiB; without it dom0 gets all memory at boot, and has to give it back piece by piece when a guest starts`,
      },
    ],
    owned: ['dom0_mem'],
  };
};

/** `dom0_vcpus_pin` puts vCPU n of dom0 on CPU n (Xen: xen-command-line), so it serves where dom0 has the first CPUs. */
const chooseCpus = (context: PlanContext, pinning: PinningPlan): Part => {
  const keys = ['dom0_max_vcpus', 'dom0_vcpus_pin'];
  if (context.profile.cpu.isolation === 'none' || isSetElsewhere(context, keys)) return {};
  const pins = new Set(pinning.vcpus.flatMap(({cpus}) => cpus));
  const free = coresOf(context.facts)
    .filter(({threads}) => !threads.some((thread) => pins.has(thread)))
    .flatMap(({threads}) => threads);
  let first = 0;
  while (free.includes(first)) first += 1;
  if (pins.size === 0 || free.length === 0) return {};
  const isPinned = first >= 2 || first === free.length;
  const count = isPinned ? first : free.length;
  return {
    add: [
      {
        text: `dom0_max_vcpus=${count}`,
        because: isPinned
          ? `the guest’s cores leave CPUs 0 to ${first - 1} for dom0`
          : `the guest leaves ${free.length} CPUs; dom0 needs no more virtual ones`,
      },
      ...(isPinned
        ? [{text: 'dom0_vcpus_pin', because: 'dom0 then runs on its own CPUs only, and never on the guest’s'}]
        : []),
    ],
    owned: keys,
  };
};
