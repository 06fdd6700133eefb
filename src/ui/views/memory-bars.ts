import {formatCpuList} from '../../facts/kernel-lists.ts';
import type {HugepagePool, NumaNode} from '../../facts/memory.ts';
import type {MemoryPlan} from '../../plan/plan.ts';
import {formatKiB, guestShareOf} from '../../topology/map-memory.ts';
import {line, type Line, plainText, segment, wrapText} from '../../words/lines.ts';
import type {Tone} from '../../words/palette.ts';
import {displayWidth} from '../../words/width.ts';

type MemoryPart = {readonly name: string; readonly glyph: string; readonly tone: Tone; readonly kiB: number};

/** Of one node: the guest, what is left to the host, what other guests or hugepages have, the rest. */
const memoryParts = (node: NumaNode, plan: MemoryPlan): readonly MemoryPart[] => {
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
    {name: locked >= pools ? 'other guests' : 'other hugepages', glyph: '▒', tone: 'warning', kiB: others},
    {name: 'free', glyph: '░', tone: 'memory', kiB: Math.max(0, total - guest - reserve - others)},
  ];
};

/** Pages of the guest's own size become the guest's; only what is beyond that is somebody else's. */
const foreignPagesKiB = (pools: readonly HugepagePool[], plan: MemoryPlan, guestKiB: number): number =>
  pools.reduce((sum, pool) => {
    const kiB = pool.total * pool.sizeKiB;
    return sum + (pool.sizeKiB === plan.hugepages?.sizeKiB ? Math.max(0, kiB - guestKiB) : kiB);
  }, 0);

/** Nodes of which the guest has nothing are drawn up to this many nodes in all, then only counted. */
const mostDrawn = 4;

export const memoryBars = (
  nodes: readonly NumaNode[],
  totalKiB: number | null,
  plan: MemoryPlan,
  columns: number,
): readonly Line[] => {
  const known =
    nodes.length > 0 ? nodes : [{id: 0, cpus: [], memoryKiB: totalKiB, freeKiB: null, distances: null, hugepages: []}];
  const placed = plan.nodes.length > 0 ? plan : {...plan, nodes: known.map((node) => node.id)};
  const drawn =
    known.length <= mostDrawn
      ? known
      : known.filter((node) => guestShareOf(placed, node.id) !== null || node.hugepages.some((pool) => pool.total > 0));
  const others = known.filter((node) => !drawn.includes(node));
  return [...drawn.flatMap((node) => nodeLines(node, placed, columns)), ...otherLines(others, columns)];
};

const nodeLines = (node: NumaNode, plan: MemoryPlan, columns: number): readonly Line[] => {
  if (node.memoryKiB === null || node.memoryKiB === 0)
    return [line(`node ${node.id}  ${node.memoryKiB === 0 ? 'no memory' : 'memory unknown'}`, 'muted')];
  const parts = memoryParts(node, plan);
  const free = node.freeKiB === null ? '' : `, ${formatKiB(node.freeKiB)} free now`;
  const pools = node.hugepages
    .filter((pool) => pool.total > 0)
    .map((pool) => `${pool.total} pages of ${formatKiB(pool.sizeKiB)} (${pool.free} free)`);
  const [first = [], ...rest] = wrapText(
    `node ${node.id}  ${formatKiB(node.memoryKiB)}${free}${pools.length > 0 ? `; now ${pools.join(', ')}` : ''}`,
    columns,
    'plain',
    2,
  );
  const name = `node ${node.id}`;
  return [
    [segment(name, 'title'), segment(plainText(first).slice(name.length))],
    ...rest,
    [segment('  '), ...bar(parts, node.memoryKiB, Math.max(10, Math.min(72, columns - 4)))],
    ...legend(parts, columns),
  ];
};

const bar = (parts: readonly MemoryPart[], total: number, columns: number): Line => {
  let used = 0;
  return parts.map((part, index) => {
    const width =
      index === parts.length - 1
        ? columns - used
        : Math.min(columns - used, part.kiB > 0 ? Math.max(1, Math.round((part.kiB / total) * columns)) : 0);
    used += width;
    return {text: part.glyph.repeat(Math.max(0, width)), tone: part.tone};
  });
};

/** Each glyph stays with its words. */
const legend = (parts: readonly MemoryPart[], columns: number): readonly Line[] => {
  const rows: Line[] = [];
  for (const part of parts.filter(({kiB}) => kiB > 0)) {
    const word = [segment(`  ${part.glyph} `, part.tone), segment(`${part.name} ${formatKiB(part.kiB)}`)];
    const row = rows.at(-1);
    if (row !== undefined && displayWidth(plainText([...row, ...word])) <= columns)
      rows[rows.length - 1] = [...row, ...word];
    else rows.push(word);
  }
  return rows;
};

const otherLines = (nodes: readonly NumaNode[], columns: number): readonly Line[] => {
  if (nodes.length === 0) return [];
  const total = nodes.reduce((sum, node) => sum + (node.memoryKiB ?? 0), 0);
  return wrapText(
    `${nodes.length} more node${nodes.length === 1 ? '' : 's'}: ${formatCpuList(nodes.map((node) => node.id))}${total === 0 ? '' : ` (${formatKiB(total)})`}, not used by the guest`,
    columns,
    'muted',
    2,
  );
};
