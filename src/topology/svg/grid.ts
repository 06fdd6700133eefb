import {move, type Block, type Shape} from './shapes.ts';

/** How many boxes of one width stand in a row, so that the rows are as even as they can be. */
export const evenRow = (count: number, width: number, box: number, gap: number): number => {
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
  if (blocks.every((block) => block.width === widest)) return evenRow(blocks.length, width, widest, gap) * (widest + gap) - gap;
  const total = blocks.reduce((sum, block) => sum + block.width + gap, 0);
  return Math.min(width, total / Math.ceil(total / (width + gap)) + widest);
};

const widestOf = (blocks: readonly Block[]): number => Math.max(0, ...blocks.map((block) => block.width));

/**
 * In columns of one width; what stands in one row gets the same height, so `draw` is told the least that it must have.
 * Wider than `width` where something does not fit its column.
 */
export const columnsOf = <T>(items: readonly T[], columns: number, width: number, gap: number, draw: (item: T, width: number, least: number) => Block): Block => {
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
