import type {HugepagePool} from '../host/facts.ts';
import {segment, type MapLine} from './map-line.ts';

const barWidth = 10;

/** `23.6 GiB`, `512 MiB`, `64 KiB`: up to one decimal, none from 100 on. */
export const formatKiB = (kiB: number): string => {
  const [value, unit] = kiB >= 1024 * 1024 ? [kiB / 1024 / 1024, 'GiB'] : kiB >= 1024 ? [kiB / 1024, 'MiB'] : [kiB, 'KiB'];
  return `${value >= 100 ? Math.round(value) : Number(value.toFixed(1))} ${unit}`;
};

/** Full is what is in use; a share that is not nothing is never drawn as nothing, nor one that is not all as all. */
const drawBar = (used: number, total: number): string => {
  const exact = total === 0 ? 0 : (used / total) * barWidth;
  const full = used <= 0 ? 0 : used >= total ? barWidth : Math.min(barWidth - 1, Math.max(1, Math.round(exact)));
  return `${'█'.repeat(full)}${'░'.repeat(barWidth - full)}`;
};

/** `23.6 GiB █████░░░░░ 11 GiB free` */
export const memoryWords = (totalKiB: number | null, freeKiB: number | null): readonly MapLine[] => {
  if (totalKiB === null) return [[segment('memory unknown', 'muted')]];
  if (freeKiB === null || totalKiB === 0) return [[segment(totalKiB === 0 ? 'no memory' : formatKiB(totalKiB), 'memory')]];
  return [[segment(`${formatKiB(totalKiB)} ${drawBar(totalKiB - freeKiB, totalKiB)} ${formatKiB(freeKiB)} free`, 'memory')]];
};

/** `6144 × 2 MiB …` of each pool that holds pages. */
export const hugepageWords = (pools: readonly HugepagePool[]): readonly MapLine[] =>
  pools
    .filter(({total}) => total > 0)
    .map(({sizeKiB, total, free}) => [segment(`${total} pages of ${formatKiB(sizeKiB)} ${drawBar(total - free, total)} ${free} free`, 'hugepages')]);
