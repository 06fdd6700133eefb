import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {formatCpuList} from '../../src/facts/kernel-lists.ts';
import type {Finding} from '../../src/findings/finding.ts';
import {readCpu} from '../../src/host/cpu/cpu.ts';
import {readMemory} from '../../src/host/memory/memory.ts';
import {readNodes} from '../../src/host/memory/numa.ts';
import {openSource} from '../../src/system/source.ts';
import {machinesDirectory} from '../support/shared-data.ts';

type OracleNode = {
  readonly cpus: readonly number[];
  readonly memtotal_kB: number | null;
  readonly distance: readonly number[];
  readonly hugepages: Readonly<Record<string, {readonly nr_hugepages?: number; readonly free_hugepages?: number}>>;
};
type Kernel = {
  readonly online: readonly number[];
  readonly siblings: readonly (readonly number[])[];
  readonly l3: readonly (readonly number[])[];
  readonly nodes: Readonly<Record<string, OracleNode>>;
};

const machines = machinesDirectory();
const oracleDirectory = machines === null ? null : join(machines, 'oracle/cpu');
const oracles =
  oracleDirectory === null ? [] : readdirSync(oracleDirectory).map((file) => file.slice(0, -'.json'.length));

const sets = (lists: readonly (readonly number[])[]): readonly string[] =>
  [...new Set(lists.filter((list) => list.length > 0).map(formatCpuList))].sort();

const rootOf = (name: string): string => join(machines!, 'roots', name.replace('__', '/'));

const read = (root: string) => {
  const notes: Finding[] = [];
  const source = openSource(root, null);
  const note = (finding: Finding): void => void notes.push(finding);
  return {cpu: readCpu(source, note), nodes: readNodes(source, note), memory: readMemory(source, note), notes};
};

/** Without list and mask the oracle is silent: then the `cpuM` links of the node tell, listed here by hand. */
const linked = (root: string, id: string): readonly number[] | null => {
  const names = readdirSync(join(root, 'sys/devices/system/node', `node${id}`));
  if (names.includes('cpulist') || names.includes('cpumap')) return null;
  return names.filter((name) => /^cpu\d+$/.test(name)).map((name) => Number(name.slice(3)));
};

const expectedNodes = (root: string, kernel: Kernel) =>
  Object.entries(kernel.nodes)
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([id, node]) => ({
      id: Number(id),
      cpus: (linked(root, id) ?? node.cpus).filter((cpu) => kernel.online.includes(cpu)).sort((a, b) => a - b),
      memoryKiB: node.memtotal_kB,
      distances: node.distance.length === 0 ? null : node.distance,
      hugepages: Object.entries(node.hugepages)
        .map(([size, pool]) => ({
          sizeKiB: Number.parseInt(size, 10),
          total: pool.nr_hugepages,
          free: pool.free_hugepages,
        }))
        .sort((a, b) => a.sizeKiB - b.sizeKiB),
    }));

describe.skipIf(machines === null)('real machines (skipped where the shared data is not there)', () => {
  it('has an oracle for at least seventy of them', () => {
    expect(oracles.length).toBeGreaterThanOrEqual(70);
  });

  it.each(oracles)('reads the CPUs, cores, L3 caches and nodes of %s as the kernel lists them', (name) => {
    const {kernel} = JSON.parse(readFileSync(join(oracleDirectory!, `${name}.json`), 'utf8')) as {kernel: Kernel};
    const online = (list: readonly number[]): readonly number[] => list.filter((cpu) => kernel.online.includes(cpu));

    const {cpu, nodes} = read(rootOf(name));

    expect(cpu.online).toBe(formatCpuList(kernel.online));
    expect(cpu.cpus.filter((one) => one.online).map((one) => one.id)).toEqual(kernel.online);
    expect(sets(cpu.cpus.map((one) => one.siblings))).toEqual(sets(kernel.siblings));
    expect(sets(cpu.cpus.map((one) => one.l3 ?? []))).toEqual(sets(kernel.l3.map(online)));
    expect(
      nodes.map(({id, cpus, memoryKiB, distances, hugepages}) => ({id, cpus, memoryKiB, distances, hugepages})),
    ).toEqual(expectedNodes(rootOf(name), kernel));
  });

  it.each(oracles)('puts every online CPU of %s on the node that lists it', (name) => {
    const {cpu, nodes} = read(rootOf(name));

    for (const one of cpu.cpus.filter(({online}) => online)) {
      const owners = nodes.filter((node) => node.cpus.includes(one.id)).map((node) => node.id);
      expect(one.node).toBe(owners[0] ?? null);
    }
  });

  it('reads every tree without a crash, and tells of no CPU only where neither sysfs nor cpuinfo has one', () => {
    for (const name of treeNames()) {
      const root = rootOf(name);
      const {cpu, memory} = read(root);
      const hasCpus = existsSync(join(root, 'sys/devices/system/cpu')) || existsSync(join(root, 'proc/cpuinfo'));
      expect(cpu.cpus.length > 0, name).toBe(hasCpus);
      expect(memory.totalKiB !== null, name).toBe(existsSync(join(root, 'proc/meminfo')));
    }
  });

  it('knows which trees are at odds with themselves: one claims a CPU for two nodes, one has an empty cpuinfo', () => {
    const odd = treeNames().filter((name) => read(rootOf(name)).notes.length > 0);

    expect(odd).toEqual(['hwloc__fakeheterocpunuma', 'libvirt__hostcpu-rhelsa-3.19.0-mustang']);
  });

  it('tells the kinds of a hybrid processor by the perf drivers', () => {
    const {cpu} = read(rootOf('nri-plugins__2-socket-4-node-40-core'));

    expect(cpu.hybrid).toBe(true);
    expect(new Set(cpu.cpus.map((one) => one.kind))).toEqual(new Set(['performance', 'efficiency']));
  });
});

const treeNames = (): readonly string[] =>
  readdirSync(join(machines!, 'roots')).flatMap((set) =>
    readdirSync(join(machines!, 'roots', set), {withFileTypes: true})
      .filter((entry) => entry.isDirectory())
      .map((entry) => `${set}__${entry.name}`),
  );
