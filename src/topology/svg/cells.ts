import type {CpuRole, RoleOf} from '../cpu-roles.ts';
import type {CoreCpus} from '../domains.ts';
import {coreRole} from '../map-cells.ts';
import {type Block, type Ink, move, rect, type Shape, text} from './shapes.ts';

/** How many boxes of one width stand in a row, so that the rows are as even as they can be. */
const evenRow = (count: number, width: number, box: number, gap: number): number => {
  const most = Math.max(1, Math.floor((width + gap) / (box + gap)));
  return Math.max(1, Math.ceil(count / Math.max(1, Math.ceil(count / most))));
};

/** In rows that are not wider than `width`, and about as long as each other. */
export const flow = (blocks: readonly Block[], width: number, gap: number): Block => {
  const limit = rowLimit(blocks, width, gap);
  const height = Math.max(0, ...blocks.map((block) => block.height));
  const shapes: Shape[] = [];
  let [x, y] = [0, 0];
  for (const block of blocks) {
    if (x > 0 && x + block.width > limit) [x, y] = [0, y + height + gap];
    shapes.push(...move(block, x, y));
    x += block.width + gap;
  }
  return {width: Math.max(width, widestOf(blocks)), height: y + height, shapes};
};

const rowLimit = (blocks: readonly Block[], width: number, gap: number): number => {
  const widest = widestOf(blocks);
  if (blocks.every((block) => block.width === widest))
    return evenRow(blocks.length, width, widest, gap) * (widest + gap) - gap;
  const total = blocks.reduce((sum, block) => sum + block.width + gap, 0);
  return Math.min(width, total / Math.ceil(total / (width + gap)) + widest);
};

const widestOf = (blocks: readonly Block[]): number => Math.max(0, ...blocks.map((block) => block.width));

/**
 * In columns of one width; cells of one row get the same height, so `draw` gets the least height that it must fill.
 * Wider than `width` where something does not fit its column.
 */
export const columnsOf = <T>(
  items: readonly T[],
  columns: number,
  width: number,
  gap: number,
  draw: (item: T, width: number, least: number) => Block,
): Block => {
  const each = Math.floor((width - gap * (columns - 1)) / columns);
  const shapes: Shape[] = [];
  let [y, overflow] = [0, 0];
  for (let start = 0; start < items.length; start += columns) {
    const row = items.slice(start, start + columns);
    const blocks = row.map((item) => draw(item, each, 0));
    const height = Math.max(...blocks.map((block) => block.height));
    overflow = Math.max(overflow, widestOf(blocks) - each);
    row.forEach((item, index) => shapes.push(...move(draw(item, each, height), index * (each + gap), y)));
    y += height + gap;
  }
  return {width: width + overflow, height: Math.max(0, y - gap), shapes};
};

/** Every thread with its number up to this many CPUs, then a square for each core. */
export const mostNumbered = 128;

const thread = {narrowest: 28, widest: 40, height: 30};
const inset = 2;
const gap = 4;
const square = 20;

const inkOf: Readonly<Record<CpuRole['role'], Ink>> = {
  host: 'muted',
  vcpu: 'on-vcpu',
  emulator: 'on-emulator',
  iothread: 'on-iothread',
};

/** Cores in even rows; threads as wide as a row lets them be. */
export const numberedCores = (cores: readonly CoreCpus[], width: number, roleOf: RoleOf): Block => {
  const threads = Math.max(1, ...cores.map((core) => core.length));
  const perRow = evenRow(cores.length, width, coreWidth(threads, thread.narrowest), gap);
  const room = (width + gap) / perRow - gap;
  const wide = Math.max(thread.narrowest, Math.min(thread.widest, Math.floor((room - inset) / threads - inset)));
  return flow(
    cores.map((core) => numberedCore(core, roleOf, wide)),
    width,
    gap,
  );
};

const coreWidth = (threads: number, width: number): number => threads * (width + inset) + inset;

/** Threads side by side, each with its number and what it does. */
const numberedCore = (core: CoreCpus, roleOf: RoleOf, width: number): Block => {
  const box = {width: coreWidth(core.length, width), height: thread.height + 2 * inset};
  const threads = core.flatMap(({id}, index) =>
    move(numberedThread(id, roleOf(id), width), inset + index * (width + inset), inset),
  );
  return {...box, shapes: [rect(0, 0, box.width, box.height, 'node'), ...threads]};
};

const numberedThread = (cpu: number, {role, label}: CpuRole, width: number): Block => ({
  width,
  height: thread.height,
  shapes: [
    rect(0, 0, width, thread.height, role, {radius: 3, title: describeThread(cpu, label)}),
    text(width / 2, 11, String(cpu), width, {ink: inkOf[role], size: 'small', isCentred: true}),
    text(width / 2, 24, label, width, {
      ink: inkOf[role],
      size: label.length > 3 ? 'small' : 'normal',
      isBold: role !== 'host',
      isCentred: true,
    }),
  ],
});

export const letteredCores = (cores: readonly CoreCpus[], width: number, roleOf: RoleOf): Block =>
  flow(
    cores.map((core) => letteredCore(core, roleOf)),
    width,
    gap,
  );

/** One letter, small where not every thread has the role. */
const letteredCore = (core: CoreCpus, roleOf: RoleOf): Block => {
  const {role, letter} = coreRole(core, roleOf);
  return {
    width: square,
    height: square,
    shapes: [
      rect(0, 0, square, square, role, {
        radius: 3,
        title: core.map(({id}) => describeThread(id, roleOf(id).label)).join(', '),
      }),
      text(square / 2, 14, letter, square, {ink: inkOf[role], isBold: role !== 'host', isCentred: true}),
    ],
  };
};

const describeThread = (cpu: number, label: string): string => `CPU ${cpu}: ${label === '·' ? 'host' : label}`;
