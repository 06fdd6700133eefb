import {mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import type {Finding} from '../../src/findings/finding.ts';
import {readCpu} from '../../src/host/cpu/cpu.ts';
import {readNodes} from '../../src/host/memory/numa.ts';
import {openSource} from '../../src/system/source.ts';
import {makeBigHost} from '../support/make-big-host.ts';

const root = mkdtempSync(join(tmpdir(), 'vfio-pilot-big-'));
beforeAll(() => makeBigHost(root, {cpus: 64, nodes: 2, functions: 300}));
afterAll(() => rmSync(root, {recursive: true, force: true}));

describe('makeBigHost', () => {
  it('says that the machine is invented', () => {
    expect(readFileSync(join(root, 'HOST.md'), 'utf8')).toContain('invented');
  });

  it('makes a tree that is read without a note, with SMT pairs, caches of 16 threads and the nodes asked for', () => {
    const notes: Finding[] = [];
    const source = openSource(root, null);
    const cpu = readCpu(source, (finding) => notes.push(finding));
    const nodes = readNodes(source, (finding) => notes.push(finding));

    expect(notes).toEqual([]);
    expect(cpu.online).toBe('0-63');
    expect(cpu.cpus[40]).toMatchObject({
      node: 0,
      siblings: [8, 40],
      l3: [8, 9, 10, 11, 12, 13, 14, 15, 40, 41, 42, 43, 44, 45, 46, 47],
    });
    expect(nodes.map(({cpus, distances}) => [cpus.length, distances])).toEqual([
      [32, [10, 32]],
      [32, [32, 10]],
    ]);
  });

  it('makes exactly the functions asked for, in several domains, each in a group that links back to it', () => {
    const names = readdirSync(join(root, 'sys/bus/pci/devices'));

    expect(names).toHaveLength(300);
    expect(new Set(names.map((name) => name.slice(0, 4))).size).toBe(4);
    for (const name of names) {
      const group =
        readlinkSync(join(root, 'sys/bus/pci/devices', name, 'iommu_group'))
          .split('/')
          .at(-1) ?? '';
      expect(readdirSync(join(root, 'sys/kernel/iommu_groups', group, 'devices'))).toContain(name);
    }
  });
});
