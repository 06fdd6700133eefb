import type {HugepagePool, NumaNode} from '../../host/facts.ts';
import type {MemoryPlan} from '../../plan/plan.ts';
import {line, segment} from '../lines.ts';
import type {Line, Segment} from '../lines.ts';

type MemoryPart = {readonly name: string; readonly glyph: string; readonly tone: Segment['tone']; readonly kiB: number};

const gib = (kiB: number): string => `${(kiB / 1048576).toFixed(1).replace(/\.0$/, '')} GiB`;
const pageName = (sizeKiB: number): string => (sizeKiB >= 1048576 ? `${sizeKiB / 1048576} GiB` : `${sizeKiB / 1024} MiB`);

/** Of one node: the guest, what is kept for the host, huge pages of other owners, the rest. */
const memoryParts = (node: NumaNode, plan: MemoryPlan): readonly MemoryPart[] => {
  const isHome = plan.nodes.includes(node.id);
  const total = node.memoryKiB ?? 0;
  const guest = isHome ? Math.min(total, plan.sizeKiB / Math.max(1, plan.nodes.length)) : 0;
  const reserve = isHome ? Math.min(total - guest, plan.hostReserveKiB) : 0;
  const pools = Math.min(total - guest - reserve, foreignPagesKiB(node.hugepages, plan, guest));
  return [
    {name: plan.hugepages === null ? 'guest' : `guest (${pageName(plan.hugepages.sizeKiB)} pages)`, glyph: '█', tone: 'hugepages', kiB: guest},
    {name: 'for the host', glyph: '▓', tone: 'host', kiB: reserve},
    {name: 'other huge pages', glyph: '▒', tone: 'warning', kiB: pools},
    {name: 'free', glyph: '░', tone: 'memory', kiB: Math.max(0, total - guest - reserve - pools)},
  ];
};

/** Pages of the guest's own size become the guest's; only what is beyond that is somebody else's. */
const foreignPagesKiB = (pools: readonly HugepagePool[], plan: MemoryPlan, guestKiB: number): number =>
  pools.reduce((sum, pool) => {
    const kiB = pool.total * pool.sizeKiB;
    return sum + (pool.sizeKiB === plan.hugepages?.sizeKiB ? Math.max(0, kiB - guestKiB) : kiB);
  }, 0);

const bar = (parts: readonly MemoryPart[], total: number, columns: number): Line => {
  let used = 0;
  return parts.map((part, index) => {
    const width = index === parts.length - 1 ? columns - used : Math.min(columns - used, part.kiB > 0 ? Math.max(1, Math.round((part.kiB / total) * columns)) : 0);
    used += width;
    return {text: part.glyph.repeat(Math.max(0, width)), tone: part.tone};
  });
};

const nodeLines = (node: NumaNode, plan: MemoryPlan, columns: number): readonly Line[] => {
  if (node.memoryKiB === null || node.memoryKiB === 0) return [line(`node ${node.id}  ${node.memoryKiB === 0 ? 'no memory of its own' : 'memory not known'}`, 'muted')];
  const parts = memoryParts(node, plan);
  const free = node.freeKiB === null ? '' : `, ${gib(node.freeKiB)} free now`;
  const pools = node.hugepages.filter((pool) => pool.total > 0).map((pool) => `${pool.total} pages of ${pageName(pool.sizeKiB)} (${pool.free} free)`);
  return [
    [segment(`node ${node.id}`, 'title'), segment(`  ${gib(node.memoryKiB)}${free}${pools.length > 0 ? `; now ${pools.join(', ')}` : ''}`)],
    [segment('  '), ...bar(parts, node.memoryKiB, Math.max(10, Math.min(72, columns - 4)))],
    [segment('  '), ...parts.filter((part) => part.kiB > 0).flatMap((part) => [segment(`${part.glyph} `, part.tone), segment(`${part.name} ${gib(part.kiB)}  `)])],
  ];
};

export const memoryBars = (nodes: readonly NumaNode[], totalKiB: number | null, plan: MemoryPlan, columns: number): readonly Line[] => {
  const known = nodes.length > 0 ? nodes : [{id: 0, cpus: [], memoryKiB: totalKiB, freeKiB: null, distances: null, hugepages: []}];
  const placed = plan.nodes.length > 0 ? plan : {...plan, nodes: known.map((node) => node.id)};
  return known.flatMap((node) => nodeLines(node, placed, columns));
};
