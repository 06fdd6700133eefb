import {formatCpuList} from '../../host/kernel-lists.ts';
import {numaTuneOrder} from './customary-order.ts';
import {parseCpuSet, parseSizeKiB, sameCpuSet} from './domain-values.ts';
import {nothing} from './edit-context.ts';
import type {Edit, EditContext} from './edit-context.ts';
import {vcpuCount} from './edit-threads.ts';
import type {Wish} from './reconcile.ts';
import {attributeOf, childNamed, childrenNamed} from './xml-element.ts';
import type {XmlElement} from './xml-element.ts';

/** libvirt refuses a `<memnode>` whose cell the guest does not have. */
export const editNumaTune = (context: EditContext): Edit => {
  const {nodes} = context.plan.memory;
  if (nodes.length === 0) return nothing;
  const existing = childNamed(context.root, 'numatune');
  const nodeset = {value: formatCpuList(nodes), accepts: sameCpuSet(nodes)};
  const present = childrenNamed(existing, 'memnode');
  const memnodes = cellsAfter(context).map((cell): Wish => ({
    name: 'memnode',
    existing: present.find((memnode) => Number(attributeOf(memnode, 'cellid')) === cell) ?? null,
    attributes: {cellid: {value: String(cell), accepts: (text) => Number(text) === cell}, mode: 'strict', nodeset},
  }));
  const kept = new Set(memnodes.map((memnode) => memnode.existing));
  const memory: Wish = {name: 'memory', attributes: {placement: null, mode: 'strict', nodeset}};
  return {
    children: [{name: 'numatune', existing, children: [memory, ...memnodes], drops: present.filter((memnode) => !kept.has(memnode)), order: numaTuneOrder}],
    drops: [],
  };
};

const presentCells = ({root}: EditContext): readonly XmlElement[] => childrenNamed(childNamed(childNamed(root, 'cpu'), 'numa'), 'cell');

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

/** `<numa>` below `<cpu>`: one cell with all vCPUs and all memory where the plan asks for it. */
export const editNumaCells = (context: EditContext): Edit => {
  const numa = childNamed(childNamed(context.root, 'cpu'), 'numa');
  const cells = presentCells(context);
  if (!context.plan.guest.hasNumaCell) {
    if (numa === null || fits(context, cells)) return nothing;
    reportReplaced(context, numa, 'they are taken out');
    return {children: [], drops: [numa]};
  }
  const [first = null, ...others] = cells;
  if (others.length > 0 && numa !== null) reportReplaced(context, numa, 'one cell with everything takes their place');
  return {children: [{name: 'numa', existing: numa, children: [cellWish(context, first)], drops: others}], drops: []};
};

const reportReplaced = ({report}: EditContext, numa: XmlElement, outcome: string): void =>
  report('warning', 'guest-setting-replaced', {
    element: numa,
    message: `The guest's NUMA cells don't fit the planned vCPUs and memory, and libvirt takes the guest's size from them: ${outcome}.`,
    remedy: 'Set guest.numaCell and the sizes in the profile so that they fit, or write the cells again after applying.',
  });

const cellWish = (context: EditContext, existing: XmlElement | null): Wish => {
  const {sizeKiB} = context.plan.memory;
  const cpus = range(vcpuCount(context));
  const size = existing !== null && sizeOf(existing) === sizeKiB ? {} : {memory: String(sizeKiB), unit: 'KiB'};
  return {
    name: 'cell',
    existing,
    attributes: {id: {value: '0', accepts: (text) => Number(text) === 0}, cpus: {value: formatCpuList(cpus), accepts: sameCpuSet(cpus)}, ...size},
  };
};

const sizeOf = (cell: XmlElement): number | null => parseSizeKiB(attributeOf(cell, 'memory') ?? '', attributeOf(cell, 'unit'));

const range = (count: number): readonly number[] => Array.from({length: count}, (_, index) => index);
