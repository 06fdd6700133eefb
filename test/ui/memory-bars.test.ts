import {describe, expect, it} from 'vitest';
import type {NumaNode} from '../../src/facts/memory.ts';
import type {MemoryPlan} from '../../src/plan/plan.ts';
import {memoryBars} from '../../src/ui/views/memory-bars.ts';
import {plainText} from '../../src/words/lines.ts';
import {displayWidth} from '../../src/words/width.ts';

const gib = 1048576;
const node = (id: number, more: Partial<NumaNode> = {}): NumaNode => ({
  id,
  cpus: [id],
  memoryKiB: 32 * gib,
  freeKiB: 30 * gib,
  distances: null,
  hugepages: [],
  ...more,
});
const nodes = (count: number): readonly NumaNode[] => Array.from({length: count}, (_, id) => node(id));
const plan = (more: Partial<MemoryPlan> = {}): MemoryPlan => ({
  sizeKiB: 16 * gib,
  hugepages: null,
  nodes: [0],
  hostReserveKiB: 4 * gib,
  othersKiB: null,
  cells: null,
  ...more,
});
const rows = (of: readonly NumaNode[], memory: MemoryPlan, columns = 80): readonly string[] =>
  memoryBars(of, 64 * gib, memory, columns).map((line) => plainText(line).trimEnd());

describe('the memory bars of the wizard', () => {
  it('show guest, reserve and the rest of the node, each with its size', () => {
    expect(rows(nodes(1), plan())).toEqual([
      'node 0  32 GiB, 30 GiB free now',
      `  ${'█'.repeat(36)}${'▓'.repeat(9)}${'░'.repeat(27)}`,
      '  █ guest 16 GiB  ▓ for the host 4 GiB  ░ free 12 GiB',
    ]);
  });

  it('show what other guests have, and huge pages of nobody that is known', () => {
    expect(rows(nodes(1), plan({othersKiB: {0: 8 * gib}})).at(-1)).toBe(
      '  █ guest 16 GiB  ▓ for the host 4 GiB  ▒ other guests 8 GiB  ░ free 4 GiB',
    );
    expect(rows([node(0, {hugepages: [{sizeKiB: gib, total: 2, free: 2}]})], plan()).at(-1)).toContain(
      '▒ other hugepages 2 GiB',
    );
  });

  it('show each cell of a guest that is spread, with its own size, and count the other nodes', () => {
    const cells = [
      {cell: 0, hostNode: 2},
      {cell: 1, hostNode: 5},
    ].map((one, index) => ({...one, vcpus: [], memoryKiB: (index + 1) * 4 * gib, distances: null}));
    const hugepages = {sizeKiB: gib, perNode: {2: 4, 5: 8}, method: 'argument', mount: null, reserved: null} as const;

    const text = rows(nodes(16), plan({nodes: [2, 5], cells, hugepages})).join('\n');

    expect(text).toContain('█ guest cell 0 (1 GiB pages) 4 GiB');
    expect(text).toContain('█ guest cell 1 (1 GiB pages) 8 GiB');
    expect(text.match(/^node \d+/gm)).toEqual(['node 2', 'node 5']);
    expect(text).toContain('14 more nodes: 0-1,3-4,6-15 (448 GiB), not used by the guest');
  });

  it('are never wider than the terminal, even with pools of several sizes', () => {
    const pools = [64, 2048, 32768, 1048576].map((sizeKiB) => ({sizeKiB, total: 12345, free: 54}));
    for (const columns of [40, 60, 80]) {
      for (const row of rows([node(0, {hugepages: pools}), node(255)], plan(), columns))
        expect(displayWidth(row)).toBeLessThanOrEqual(columns);
    }
  });

  it('say so where a node has no memory, or nobody tells', () => {
    expect(rows([node(0), node(1, {memoryKiB: 0}), node(2, {memoryKiB: null})], plan()).slice(3)).toEqual([
      'node 1  no memory',
      'node 2  memory unknown',
    ]);
  });
});
