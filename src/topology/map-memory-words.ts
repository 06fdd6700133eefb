import {describeShare, type GuestShare} from './guest-memory.ts';
import {segment, type MapLine} from './map-line.ts';
import {formatKiB, fullPart} from './map-memory.ts';
import type {Section} from './sections.ts';

const barWidth = 10;

const drawBar = (used: number, total: number): string => {
  const full = fullPart(used, total, barWidth);
  return `${'█'.repeat(full)}${'░'.repeat(barWidth - full)}`;
};

/** `23.6 GiB █████░░░░░ 11 GiB free` */
export const memoryWords = ({totalKiB, freeKiB}: Section): readonly MapLine[] => {
  if (totalKiB === null) return [[segment('memory unknown', 'muted')]];
  if (freeKiB === null || totalKiB === 0) return [[segment(totalKiB === 0 ? 'no memory' : formatKiB(totalKiB), 'memory')]];
  return [[segment(`${formatKiB(totalKiB)} ${drawBar(totalKiB - freeKiB, totalKiB)} ${formatKiB(freeKiB)} free`, 'memory')]];
};

/** `6144 pages of 2 MiB …` of each pool that holds pages. */
export const hugepageWords = ({node}: Section): readonly MapLine[] =>
  (node?.hugepages ?? [])
    .filter(({total}) => total > 0)
    .map(({sizeKiB, total, free}) => [segment(`${total} pages of ${formatKiB(sizeKiB)} ${drawBar(total - free, total)} ${free} free`, 'hugepages')]);

/** `guest 12 GiB in 6144 pages of 2 MiB █████░░░░░`, a share of the node's memory. */
export const shareWords = ({totalKiB}: Section, share: GuestShare | null): readonly MapLine[] =>
  share === null ? [] : [[segment(`${describeShare(share)}${totalKiB === null ? '' : ` ${drawBar(share.kiB, totalKiB)}`}`, 'hugepages')]];
