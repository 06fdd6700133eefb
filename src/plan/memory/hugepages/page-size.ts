import {kibPerGiB} from '../../../facts/memory.ts';
import type {PlanContext} from '../../context.ts';
import {hasNodeHugepages} from './node-pages.ts';

const sizeKiB = {'2MiB': 2048, '1GiB': kibPerGiB} as const;

/** Below this a handful of 1 GiB pages saves little, and each needs a contiguous gigabyte. */
const gigabytePagesFromMiB = 8192;

/** Page size in KiB, or `null` for ordinary memory. */
export const choosePageSize = (context: PlanContext): number | null => {
  const {memory} = context.profile;
  if (!context.can.hugepages) return null;
  if (memory.hugepages === 'none') {
    context.decide('memory.hugepages', 'none', `you chose it; ${describeTransparent(context)}`);
    return null;
  }
  const wanted = memory.hugepages === 'auto' ? proposePageSize(context) : memory.hugepages;
  if (!isOffered(context, wanted)) {
    context.report('blocker', 'memory-pages-unsupported', {
      subject: 'memory.hugepages',
      message:
        wanted === '1GiB'
          ? 'This CPU has no 1 GiB pages (flag pdpe1gb is missing).'
          : 'This kernel offers no 2 MiB pages.',
      remedy: wanted === '1GiB' ? 'Set memory.hugepages: 2MiB.' : 'Set memory.hugepages: none.',
    });
  }
  return sizeKiB[wanted];
};

/** QEMU asks for them (madvise) for the guest's memory; the card's DMA needs that memory to stay, not to be in large pages. */
const describeTransparent = ({facts}: PlanContext): string => {
  const setting = facts.memory.transparentHugepages;
  if (setting === 'never') return 'transparent huge pages are off here (never), so the guest has pages of 4 KiB';
  if (setting === null) return 'whether the kernel joins pages on its own is unknown';
  return `transparent huge pages are on here (${setting}), so the kernel gives pages of 2 MiB where it finds them, and nothing is promised`;
};

const isOffered = ({facts}: PlanContext, size: '2MiB' | '1GiB'): boolean => {
  if (size === '1GiB') return facts.cpu.flags?.includes('pdpe1gb') ?? true;
  return facts.memory.hugepageSizesKiB.length === 0 || facts.memory.hugepageSizesKiB.includes(2048);
};

const proposePageSize = (context: PlanContext): '2MiB' | '1GiB' => {
  const {facts, profile} = context;
  const hasFlag = facts.cpu.flags?.includes('pdpe1gb') ?? false;
  const isLarge = profile.memory.sizeMiB >= gigabytePagesFromMiB && profile.memory.sizeMiB % 1024 === 0;
  const isAtStart = context.can.takesPages || profile.memory.allocation === 'start';
  if (hasFlag && isLarge && !isAtStart && hasNodeHugepages(facts)) {
    context.decide(
      'memory.hugepages',
      '1 GiB pages',
      `the CPU has pdpe1gb, the kernel places them at boot, and ${profile.memory.sizeMiB / 1024} GiB divides evenly`,
    );
    return '1GiB';
  }
  context.decide(
    'memory.hugepages',
    '2 MiB pages',
    isAtStart
      ? 'a host that runs hardly ever has a free GiB in one piece'
      : !hasFlag
        ? 'the CPU has no 1 GiB pages (pdpe1gb)'
        : isLarge
          ? 'this kernel can not place 1 GiB pages on one node'
          : 'the guest is small or not a whole number of GiB',
  );
  return '2MiB';
};
