import type {HugepagePool, NumaNode} from '../../host/facts.ts';
import type {MemoryPlan} from '../../plan/plan.ts';
import {guestShareOf} from '../../topology/guest-memory.ts';
import {formatKiB} from '../../topology/map-memory.ts';
import type {Tone} from '../lines.ts';

export type MemoryPart = {readonly name: string; readonly glyph: string; readonly tone: Tone; readonly kiB: number};

/** Of one node: the guest, what is kept for the host, what other guests or owners of huge pages have, the rest. */
export const memoryParts = (node: NumaNode, plan: MemoryPlan): readonly MemoryPart[] => {
  const total = node.memoryKiB ?? 0;
  const share = guestShareOf(plan, node.id);
  const guest = Math.min(total, share?.kiB ?? 0);
  const reserve = share === null ? 0 : Math.min(total - guest, plan.hostReserveKiB);
  const locked = plan.othersKiB?.[node.id] ?? 0;
  const pools = foreignPagesKiB(node.hugepages, plan, guest);
  const others = Math.min(total - guest - reserve, Math.max(locked, pools));
  const cell = share?.cell ?? null;
  const pages = plan.hugepages === null ? '' : ` (${formatKiB(plan.hugepages.sizeKiB)} pages)`;
  return [
    {name: `guest${cell === null ? '' : ` cell ${cell}`}${pages}`, glyph: '█', tone: 'hugepages', kiB: guest},
    {name: 'for the host', glyph: '▓', tone: 'host', kiB: reserve},
    {name: locked >= pools ? 'other guests' : 'other huge pages', glyph: '▒', tone: 'warning', kiB: others},
    {name: 'free', glyph: '░', tone: 'memory', kiB: Math.max(0, total - guest - reserve - others)},
  ];
};

/** Pages of the guest's own size become the guest's; only what is beyond that is somebody else's. */
const foreignPagesKiB = (pools: readonly HugepagePool[], plan: MemoryPlan, guestKiB: number): number =>
  pools.reduce((sum, pool) => {
    const kiB = pool.total * pool.sizeKiB;
    return sum + (pool.sizeKiB === plan.hugepages?.sizeKiB ? Math.max(0, kiB - guestKiB) : kiB);
  }, 0);
