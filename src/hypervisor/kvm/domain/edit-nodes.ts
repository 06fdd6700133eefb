import {formatCpuList} from '../../../facts/kernel-lists.ts';
import {attributeOf, childNamed, childrenNamed, type XmlElement} from '../../../formats/xml/document.ts';
import type {AttributeWish, Wish} from '../../../formats/xml/reconcile.ts';
import type {GuestCell} from '../../../plan/plan.ts';
import {numaTuneOrder, parseCpuSet, parseSizeKiB, sameCpuSet} from './domain-values.ts';
import {type DomainEdit, type EditContext, nothing} from './edit-context.ts';
import {vcpuCount} from './edit-threads.ts';

/** libvirt refuses a `<memnode>` whose cell the guest does not have. */
export const editNumaTune = (context: EditContext): DomainEdit => {
  const {nodes} = context.plan.memory;
  if (nodes.length === 0) return nothing;
  const existing = childNamed(context.root, 'numatune');
  const present = childrenNamed(existing, 'memnode');
  const memnodes = placedCells(context).map(({cell, hostNodes}): Wish => ({
    name: 'memnode',
    existing: present.find((memnode) => Number(attributeOf(memnode, 'cellid')) === cell) ?? null,
    attributes: {cellid: sameNumber(cell), mode: 'strict', nodeset: nodeSet(hostNodes)},
  }));
  const kept = new Set(memnodes.map((memnode) => memnode.existing));
  const memory: Wish = {name: 'memory', attributes: {placement: null, mode: 'strict', nodeset: nodeSet(nodes)}};
  return {
    children: [
      {
        name: 'numatune',
        existing,
        children: [memory, ...memnodes],
        drops: present.filter((memnode) => !kept.has(memnode)),
        order: numaTuneOrder,
      },
    ],
    drops: [],
  };
};

const nodeSet = (nodes: readonly number[]): AttributeWish => ({
  value: formatCpuList(nodes),
  accepts: sameCpuSet(nodes),
});

/** Which host nodes the memory of each guest node comes from. */
const placedCells = (
  context: EditContext,
): readonly {readonly cell: number; readonly hostNodes: readonly number[]}[] => {
  const {cells, nodes} = context.plan.memory;
  return (
    cells?.map(({cell, hostNode}) => ({cell, hostNodes: [hostNode]})) ??
    cellsAfter(context).map((cell) => ({cell, hostNodes: nodes}))
  );
};

const presentCells = ({root}: EditContext): readonly XmlElement[] =>
  childrenNamed(childNamed(childNamed(root, 'cpu'), 'numa'), 'cell');

const cellsAfter = (context: EditContext): readonly number[] => {
  if (context.plan.guest.hasNumaCell) return [0];
  const cells = presentCells(context);
  return fits(context, cells) ? cells.map((cell, index) => Number(attributeOf(cell, 'id') ?? index)) : [];
};

/** Cells overrule `<memory>`, so cells that don't add up to it cannot stay. */
const fits = (context: EditContext, cells: readonly XmlElement[]): boolean => {
  if (cells.length > vcpuCount(context)) return false;
  const total = cells.reduce((sum, cell) => sum + (sizeOf(cell) ?? Number.NaN), 0);
  const cpus = cells.flatMap((cell) => [...(parseCpuSet(attributeOf(cell, 'cpus') ?? '') ?? [])]);
  return total === context.plan.memory.sizeKiB && sameCpuSet(range(vcpuCount(context)))(cpus.join(','));
};

/** `<numa>` below `<cpu>`: the planned cells, or one with all vCPUs and all memory where the plan asks for one. */
export const editNumaCells = (context: EditContext): DomainEdit => {
  const numa = childNamed(childNamed(context.root, 'cpu'), 'numa');
  const present = presentCells(context);
  const planned = plannedCells(context);
  if (planned.length === 0) {
    if (numa === null || fits(context, present)) return nothing;
    reportReplaced(context, numa, 'they are taken out');
    return {children: [], drops: [numa]};
  }
  const others = present.slice(planned.length);
  if (others.length > 0 && numa !== null)
    reportReplaced(
      context,
      numa,
      planned.length === 1 ? 'one cell with everything takes their place' : 'those of the plan take their place',
    );
  return {
    children: [
      {
        name: 'numa',
        existing: numa,
        children: planned.map((cell, index) => cellWish(cell, present[index] ?? null)),
        drops: others,
      },
    ],
    drops: [],
  };
};

type CellPlan = Pick<GuestCell, 'cell' | 'vcpus' | 'memoryKiB' | 'distances'>;

const plannedCells = (context: EditContext): readonly CellPlan[] => {
  const {guest, memory} = context.plan;
  if (memory.cells !== null) return memory.cells;
  return guest.hasNumaCell
    ? [{cell: 0, vcpus: range(vcpuCount(context)), memoryKiB: memory.sizeKiB, distances: null}]
    : [];
};

const reportReplaced = ({report}: EditContext, numa: XmlElement, outcome: string): void =>
  report('warning', 'guest-setting-replaced', {
    element: numa,
    message: `The guest's NUMA cells don't fit the planned vCPUs and memory, and libvirt takes the guest's size from them: ${outcome}.`,
    remedy: 'Set guest.numaCell and the sizes so that they fit, or write the cells again after applying.',
  });

const cellWish = ({cell, vcpus, memoryKiB, distances}: CellPlan, existing: XmlElement | null): Wish => {
  const size = existing !== null && sizeOf(existing) === memoryKiB ? {} : {memory: String(memoryKiB), unit: 'KiB'};
  return {
    name: 'cell',
    existing,
    attributes: {id: sameNumber(cell), cpus: {value: formatCpuList(vcpus), accepts: sameCpuSet(vcpus)}, ...size},
    ...(distances === null ? {} : {children: [distancesWish(distances, childNamed(existing, 'distances'))]}),
  };
};

const distancesWish = (distances: readonly number[], existing: XmlElement | null): Wish => {
  const present = childrenNamed(existing, 'sibling');
  const siblings = distances.map((distance, cell): Wish => ({
    name: 'sibling',
    existing: present.find((sibling) => Number(attributeOf(sibling, 'id')) === cell) ?? null,
    attributes: {id: sameNumber(cell), value: sameNumber(distance)},
  }));
  const kept = new Set(siblings.map((sibling) => sibling.existing));
  return {name: 'distances', existing, children: siblings, drops: present.filter((sibling) => !kept.has(sibling))};
};

const sameNumber = (wanted: number): AttributeWish => ({
  value: String(wanted),
  accepts: (text) => Number(text) === wanted,
});

const sizeOf = (cell: XmlElement): number | null =>
  parseSizeKiB(attributeOf(cell, 'memory') ?? '', attributeOf(cell, 'unit'));

const range = (count: number): readonly number[] => Array.from({length: count}, (_, index) => index);
