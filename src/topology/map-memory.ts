import {kibPerGiB} from '../facts/memory.ts';
import type {MemoryPlan} from '../plan/plan.ts';
import {type Line, segment} from '../words/lines.ts';
import type {Section} from './sections.ts';

/** What a plan takes of one node's memory. */
export type GuestShare = {
  /** Number of the guest's own node; `null` for a guest that has but one. */
  readonly cell: number | null;
  readonly kiB: number;
  /** `null`: ordinary memory. */
  readonly pageKiB: number | null;
};

/** `node`: `null` for a machine without nodes. Nothing where no plan is, or where the guest has no memory. */
export const guestShareOf = (memory: MemoryPlan | null, node: number | null): GuestShare | null => {
  if (memory === null) return null;
  const pageKiB = memory.hugepages?.sizeKiB ?? null;
  const cell = memory.cells?.find(({hostNode}) => hostNode === node);
  if (cell !== undefined) return {cell: cell.cell, kiB: cell.memoryKiB, pageKiB};
  const isHome = node === null ? memory.nodes.length === 0 : memory.nodes.includes(node);
  return isHome && memory.cells === null
    ? {cell: null, kiB: memory.sizeKiB / Math.max(1, memory.nodes.length), pageKiB}
    : null;
};

/** `guest cell 1: 12 GiB in 6144 pages of 2 MiB` */
export const describeShare = ({cell, kiB, pageKiB}: GuestShare): string => {
  const name = cell === null ? 'guest' : `guest cell ${cell}:`;
  const pages = pageKiB === null ? 0 : Math.round(kiB / pageKiB);
  return `${name} ${formatKiB(kiB)}${pageKiB === null ? '' : ` in ${pages} page${pages === 1 ? '' : 's'} of ${formatKiB(pageKiB)}`}`;
};

const barWidth = 10;

const drawBar = (used: number, total: number): string => {
  const full = fullPart(used, total, barWidth);
  return `${'█'.repeat(full)}${'░'.repeat(barWidth - full)}`;
};

/** `23.6 GiB █████░░░░░ 11 GiB free` */
export const memoryWords = ({totalKiB, freeKiB}: Section): readonly Line[] => {
  if (totalKiB === null) return [[segment('memory unknown', 'muted')]];
  if (freeKiB === null || totalKiB === 0)
    return [[segment(totalKiB === 0 ? 'no memory' : formatKiB(totalKiB), 'memory')]];
  return [
    [segment(`${formatKiB(totalKiB)} ${drawBar(totalKiB - freeKiB, totalKiB)} ${formatKiB(freeKiB)} free`, 'memory')],
  ];
};

/** `6144 pages of 2 MiB …` of each pool that holds pages. */
export const hugepageWords = ({node}: Section): readonly Line[] =>
  (node?.hugepages ?? [])
    .filter(({total}) => total > 0)
    .map(({sizeKiB, total, free}) => [
      segment(`${total} pages of ${formatKiB(sizeKiB)} ${drawBar(total - free, total)} ${free} free`, 'hugepages'),
    ]);

/** `guest 12 GiB in 6144 pages of 2 MiB █████░░░░░`, a share of the node's memory. */
export const shareWords = ({totalKiB}: Section, share: GuestShare | null): readonly Line[] =>
  share === null
    ? []
    : [[segment(`${describeShare(share)}${totalKiB === null ? '' : ` ${drawBar(share.kiB, totalKiB)}`}`, 'hugepages')]];

/** `23.6 GiB`, `512 MiB`, `64 KiB`: up to one decimal, none from 100 on. */
export const formatKiB = (kiB: number): string => {
  const [value, unit] = kiB >= kibPerGiB ? [kiB / kibPerGiB, 'GiB'] : kiB >= 1024 ? [kiB / 1024, 'MiB'] : [kiB, 'KiB'];
  return `${value >= 100 ? Math.round(value) : Number(value.toFixed(1))} ${unit}`;
};

/** Units of a bar that are full: a share that is not nothing is never drawn as nothing, nor one that is not all as all. */
export const fullPart = (used: number, total: number, width: number): number => {
  const exact = total === 0 ? 0 : (used / total) * width;
  return used <= 0 ? 0 : used >= total ? width : Math.min(width - 1, Math.max(1, Math.round(exact)));
};
