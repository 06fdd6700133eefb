import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {
  parseAssignable,
  parsePools,
  parseVcpuList,
  parseXenpmTopology,
  parseXlInfo,
} from '../../../src/host/xen/xl-outputs.ts';

const output = (name: string): string => readFileSync(join(import.meta.dirname, 'outputs', name), 'utf8');
const info = output('xl-info-n.txt');

describe('what a real Xen 4.17 with two nodes says', () => {
  it('of its CPUs, nodes, memory and devices', () => {
    expect(parseXlInfo(info)).toMatchObject({
      virtCaps: ['pv', 'hvm', 'hvm_directio', 'pv_directio', 'hap', 'gnttab-v1', 'gnttab-v2'],
      totalMemoryMiB: 3583,
      freeMemoryMiB: 2262,
      cpus: [
        {id: 0, core: 0, socket: 0, node: 0},
        {id: 1, core: 1, socket: 0, node: 0},
        {id: 2, core: 0, socket: 1, node: 1},
        {id: 3, core: 1, socket: 1, node: 1},
      ],
      nodes: [
        {id: 0, spanMiB: 1792, freeMiB: 1677, distances: [10, 21]},
        {id: 1, spanMiB: 3840, freeMiB: 585, distances: [21, 10]},
      ],
      deviceNodes: {'0000:41:00.0': 1, '0000:40:00.0': 1},
    });
    expect(parseXlInfo(info)?.commandLine).toMatch(/^com1=115200,8n1 .* spec-ctrl=no$/);
  });

  it('is the same in xenpm, also from a console that ends lines in \\r\\r\\n', () => {
    const cpus = parseXlInfo(info)?.cpus;
    expect(parseXenpmTopology(output('xenpm-get-cpu-topology.txt'))).toEqual(cpus);
    expect(parseXlInfo(info.replaceAll('\n', '\r\r\n'))?.cpus).toEqual(cpus);
  });

  it('of running vCPUs', () => {
    expect(parseVcpuList(output('xl-vcpu-list.txt'))).toEqual([
      {domain: 'Domain-0', domainId: 0, vcpu: 0, cpu: 0, hard: 'all', soft: 'all'},
      {domain: 'Domain-0', domainId: 0, vcpu: 1, cpu: 2, hard: 'all', soft: 'all'},
    ]);
  });

  it('of devices that are free for guests, each with a blank behind it', () => {
    expect(parseAssignable(output('xl-pci-assignable-list.txt'))).toEqual(['0000:41:00.0']);
    expect(parseAssignable('')).toEqual([]);
  });
});

describe('half an output', () => {
  it.each([
    ['a missing row', info.replace('  3:       1        1        1\n', '')],
    ['no topology', info.replace('cpu_topology           :', 'cpu_topology?')],
    ['a node too few', info.replace(/^ {3}1: .*\n/m, '')],
    ['no capabilities', info.replace(/^virt_caps.*\n/m, '')],
    ['another text', 'ERROR: Could not obtain handle on privileged command interface\n'],
  ])('of xl info is none: %s', (_, text) => {
    expect(parseXlInfo(text)).toBeNull();
  });

  it('has no device topology where Xen has none', () => {
    const without = info.replace(
      /device topology {8}:\n(?:.*\n){3}/,
      'device topology        :\nNo device topology data available\n',
    );
    expect(parseXlInfo(without)).toMatchObject({deviceNodes: null, nodes: [{id: 0}, {id: 1}]});
  });

  it.each(['Name ID\nx 1\n', 'CPU\tcore\tsocket\tnode\nCPU0\t0\n', 'Looks like pciback driver not loaded\n'])(
    'of another program is none: %j',
    (text) => {
      expect([parseVcpuList(text), parseXenpmTopology(text), parseAssignable(text)]).toEqual([null, null, null]);
    },
  );
});

it('a name may hold blanks, and an offline vCPU has no CPU', () => {
  const header = 'Name                                ID  VCPU   CPU State   Time(s) Affinity (Hard / Soft)\n';
  expect(
    parseVcpuList(`${header}my old guest                         3     1    -   --p       0.0  2,3 / all\n`),
  ).toEqual([{domain: 'my old guest', domainId: 3, vcpu: 1, cpu: null, hard: '2-3', soft: 'all'}]);
});

describe('xl cpupool-list -c', () => {
  it('has each pool with its CPUs, as it is and after cpupool-create', () => {
    expect(parsePools(output('xl-cpupool-list-c.txt'))).toEqual([{name: 'Pool-0', cpus: [0, 1, 2, 3]}]);
    expect(parsePools('Name               CPU list\nPool-0             0,1\nvmpool             2,3\r\r\n')).toEqual([
      {name: 'Pool-0', cpus: [0, 1]},
      {name: 'vmpool', cpus: [2, 3]},
    ]);
    expect(parsePools('Name               CPU list\nPool-0             0-1\nempty\n')).toEqual([
      {name: 'Pool-0', cpus: [0, 1]},
      {name: 'empty', cpus: []},
    ]);
  });

  it('is nothing where it is another text', () => expect(parsePools('Pool-0 0,1\n')).toBeNull());
});
