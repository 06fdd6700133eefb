import type {PlanContext} from './context.ts';
import {hasNodeHugepages} from './node-hugepages.ts';

const sizeKiB = {'2MiB': 2048, '1GiB': 1048576} as const;

/** Below this a handful of 1 GiB pages saves little, and each needs a contiguous gigabyte. */
const gigabytePagesFromMiB = 8192;

/** Page size in KiB, or `null` for ordinary memory. */
export const choosePageSize = (context: PlanContext): number | null => {
  const {memory} = context.profile;
  if (memory.hugepages === 'none') return null;
  const wanted = memory.hugepages === 'auto' ? proposePageSize(context) : memory.hugepages;
  if (!isOffered(context, wanted)) {
    context.report('blocker', 'memory-pages-unsupported', {
      subject: 'memory.hugepages',
      message: wanted === '1GiB' ? 'This CPU has no 1 GiB pages (flag pdpe1gb is missing).' : 'This kernel offers no 2 MiB pages.',
      remedy: wanted === '1GiB' ? 'Set memory.hugepages: 2MiB.' : 'Set memory.hugepages: none.',
    });
  }
  return sizeKiB[wanted];
};

const isOffered = ({facts}: PlanContext, size: '2MiB' | '1GiB'): boolean => {
  if (size === '1GiB') return facts.cpu.flags?.includes('pdpe1gb') ?? true;
  return facts.memory.hugepageSizesKiB.length === 0 || facts.memory.hugepageSizesKiB.includes(2048);
};

const proposePageSize = (context: PlanContext): '2MiB' | '1GiB' => {
  const {facts, profile} = context;
  const hasFlag = facts.cpu.flags?.includes('pdpe1gb') ?? false;
  const isLarge = profile.memory.sizeMiB >= gigabytePagesFromMiB && profile.memory.sizeMiB % 1024 === 0;
  if (hasFlag && isLarge && hasNodeHugepages(facts)) {
    context.decide('memory.hugepages', '1 GiB pages', `the CPU has pdpe1gb, the kernel places them at boot, and ${profile.memory.sizeMiB / 1024} GiB divides evenly`);
    return '1GiB';
  }
  context.decide('memory.hugepages', '2 MiB pages', !hasFlag ? 'the CPU has no 1 GiB pages (pdpe1gb)' : isLarge ? 'this kernel can not place 1 GiB pages on one node' : 'the guest is small or not a whole number of GiB');
  return '2MiB';
};
