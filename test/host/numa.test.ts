import {describe, expect, it} from 'vitest';
import type {Finding} from '../../src/findings/finding.ts';
import {readCpu} from '../../src/host/cpu/cpu.ts';
import {parseDistances, readNodes} from '../../src/host/memory/numa.ts';
import {openSource} from '../../src/system/source.ts';
import {writeTree} from '../support/write-tree.ts';

const node = '/sys/devices/system/node';
const online = '/sys/devices/system/cpu/online';

/** The trees here are invented, each for one nasty case. */
const read = (files: Readonly<Record<string, string>>) => {
  const notes: Finding[] = [];
  const source = openSource(writeTree(files), null);
  return {nodes: readNodes(source, (finding) => notes.push(finding)), cpu: readCpu(source, () => undefined), notes};
};

describe('readNodes on invented trees', () => {
  it('keeps node numbers with holes and sorts them as numbers', () => {
    const {nodes} = read({
      [online]: '0-2\n',
      [`${node}/node0/cpulist`]: '0\n',
      [`${node}/node33/cpulist`]: '1\n',
      [`${node}/node4/cpulist`]: '2\n',
      [`${node}/has_cpu`]: '0\n',
    });

    expect(nodes.map(({id, cpus}) => [id, cpus])).toEqual([
      [0, [0]],
      [4, [2]],
      [33, [1]],
    ]);
  });

  it('keeps offline and impossible CPUs out, and a CPU that no node lists has none', () => {
    const {nodes, cpu} = read({[online]: '0-1,5\n', [`${node}/node0/cpulist`]: '0-1,3,8-511\n'});

    expect(nodes[0]?.cpus).toEqual([0, 1]);
    expect(cpu.cpus.map((one) => [one.id, one.node])).toEqual([
      [0, 0],
      [1, 0],
      [5, null],
    ]);
  });

  it('gives a CPU that two nodes claim to the lower one, with a note', () => {
    const {nodes, cpu, notes} = read({
      [online]: '0-3\n',
      [`${node}/node0/cpulist`]: '0-2\n',
      [`${node}/node1/cpulist`]: '2-3\n',
    });

    expect(nodes.map(({cpus}) => cpus)).toEqual([
      [0, 1, 2],
      [2, 3],
    ]);
    expect(cpu.cpus.map((one) => one.node)).toEqual([0, 0, 0, 1]);
    expect(notes).toMatchObject([{code: 'host-file-malformed', subject: node}]);
    expect(notes[0]?.message).toContain('CPU 2 ');
  });

  it('reads membership from masks, and from links where there is neither list nor mask', () => {
    const {nodes} = read({
      [online]: '0-3\n',
      [`${node}/node0/cpumap`]: '00000000,00000005\n',
      [`${node}/node1/cpu1/`]: '',
      [`${node}/node1/cpu3/`]: '',
      [`${node}/node1/cpufreq/`]: '',
    });

    expect(nodes.map(({cpus}) => cpus)).toEqual([
      [0, 2],
      [1, 3],
    ]);
  });

  it('takes an empty list for a node without CPUs, and links next to it for nothing', () => {
    expect(
      read({[online]: '0\n', [`${node}/node4/cpulist`]: '\n', [`${node}/node4/cpu0/`]: ''}).nodes[0]?.cpus,
    ).toEqual([]);
  });

  it('has null for memory and distances that are not told, and 0 for a node that has none', () => {
    const {nodes, notes} = read({
      [`${node}/node0/cpulist`]: '\n',
      [`${node}/node1/meminfo`]: 'Node 1 MemTotal:              0 kB\nNode 1 MemFree:               0 kB\n',
    });

    expect(nodes[0]).toMatchObject({memoryKiB: null, freeKiB: null, distances: null, hugepages: []});
    expect(nodes[1]).toMatchObject({memoryKiB: 0, freeKiB: 0});
    expect(notes).toEqual([]);
  });

  it('notes a meminfo that ends before the total', () => {
    const {nodes, notes} = read({[`${node}/node0/meminfo`]: 'Node 0 MemTo'});

    expect(nodes[0]?.memoryKiB).toBeNull();
    expect(notes).toMatchObject([{subject: `${node}/node0/meminfo`}]);
  });

  it('picks the columns of the nodes that are there when a row has one for each possible node', () => {
    const {nodes} = read({
      [`${node}/online`]: '1\n',
      [`${node}/possible`]: '0-1\n',
      [`${node}/node1/distance`]: '21 10\n',
    });

    expect(nodes[0]?.distances).toEqual([10]);
  });

  it.each(['10 21 31\n', '', 'ten\n'])('notes a distance row %j that fits no list of nodes', (row) => {
    const {nodes, notes} = read({[`${node}/node0/distance`]: row, [`${node}/node1/distance`]: '21 10\n'});

    expect(nodes.map(({distances}) => distances)).toEqual([null, [21, 10]]);
    expect(notes).toMatchObject([{subject: `${node}/node0/distance`}]);
  });

  it('reads hugepages of any size, smallest first, and leaves out a pool that makes no sense', () => {
    const pool = (size: string, total: string) => ({
      [`${node}/node0/hugepages/hugepages-${size}kB/nr_hugepages`]: total,
      [`${node}/node0/hugepages/hugepages-${size}kB/free_hugepages`]: '1\n',
    });
    const {nodes, notes} = read({
      ...pool('16777216', '2\n'),
      ...pool('64', '3\n'),
      ...pool('2048', 'lots\n'),
      ...pool('evil', '1\n'),
    });

    expect(nodes[0]?.hugepages).toEqual([
      {sizeKiB: 64, total: 3, free: 1},
      {sizeKiB: 16777216, total: 2, free: 1},
    ]);
    expect(notes).toHaveLength(1);
  });
});

describe('parseDistances', () => {
  it.each([
    ['10 21\n', [10, 21]],
    ['10', [10]],
    ['', null],
    ['10 -1', null],
  ])('reads %j as %j', (text, expected) => {
    expect(parseDistances(text)).toEqual(expected);
  });
});
