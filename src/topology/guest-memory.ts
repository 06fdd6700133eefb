import type {MemoryPlan} from '../plan/plan.ts';
import {formatKiB} from './map-memory.ts';

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
  return isHome && memory.cells === undefined ? {cell: null, kiB: memory.sizeKiB / Math.max(1, memory.nodes.length), pageKiB} : null;
};

/** `guest cell 1: 12 GiB in 6144 pages of 2 MiB` */
export const describeShare = ({cell, kiB, pageKiB}: GuestShare): string => {
  const name = cell === null ? 'guest' : `guest cell ${cell}:`;
  const pages = pageKiB === null ? 0 : Math.round(kiB / pageKiB);
  return `${name} ${formatKiB(kiB)}${pageKiB === null ? '' : ` in ${pages} page${pages === 1 ? '' : 's'} of ${formatKiB(pageKiB)}`}`;
};
