import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, describe, expect, it} from 'vitest';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import type {MemoryPlan, PinningPlan} from '../../src/plan/plan.ts';
import {type Line, widthOf} from '../../src/words/lines.ts';
import type {Tone} from '../../src/words/palette.ts';
import {describeTopology, renderTopologyText} from '../../src/topology/topology-text.ts';
import {makeBigHost} from '../support/make-big-host.ts';
import {machinesDirectory} from '../support/shared-data.ts';
import {writeTree} from '../support/write-tree.ts';
import {machineTrees} from './machine-trees.ts';
import {readMapFacts} from './read-facts.ts';

const cellRoles: readonly Tone[] = ['host', 'vcpu', 'iothread', 'emulator'];

const draw = (
  facts: HostFacts,
  options: {pinning?: PinningPlan; memory?: MemoryPlan; devices?: readonly string[]; columns?: number} = {},
) => {
  const lines = describeTopology({
    facts,
    pinning: options.pinning ?? null,
    memory: options.memory ?? null,
    deviceAddresses: options.devices ?? [],
    columns: options.columns ?? 80,
  });
  return {lines, text: renderTopologyText(lines, {color: false})};
};

/** Letters of cells; the legend's words have the same roles, but blanks in them. */
const cellLetters = (lines: readonly Line[]): string =>
  lines
    .flat()
    .filter(({text, tone}) => cellRoles.includes(tone) && !text.includes(' '))
    .map(({text}) => text)
    .join('');

const foldedCpus = (text: string): number =>
  [...text.matchAll(/more like this[^(]*\((\d+)\s+CPUs/g)].reduce((sum, [, count]) => sum + Number(count), 0);

const onlineOf = (facts: HostFacts): readonly number[] =>
  facts.cpu.cpus.filter((cpu) => cpu.online).map((cpu) => cpu.id);

/** CPUs that a map accounts for: each cell stands for a thread, or for a core where there are more than 128. */
const accountedCpus = (facts: HostFacts, lines: readonly Line[], text: string): number => {
  const isByCore = onlineOf(facts).length > 128;
  const threads = Math.max(1, ...facts.cpu.cpus.map((cpu) => cpu.siblings.length));
  return cellLetters(lines).length * (isByCore ? threads : 1) + foldedCpus(text);
};

const pinning = (plan: Partial<PinningPlan>): PinningPlan => ({
  vcpus: [],
  emulator: [],
  iothreads: [],
  hostNodes: [],
  topology: {sockets: 1, dies: 1, cores: 1, threads: 1},
  ...plan,
});

const roleAfter = (lines: readonly Line[], cpu: number): Tone | undefined => {
  const flat = lines.flat();
  return flat[flat.findIndex(({text}) => new RegExp(`(^|[^0-9])${cpu}:$`).test(text)) + 1]?.tone;
};

const machines = machinesDirectory();
const trees = machineTrees();

describe.skipIf(machines === null)('the map of real machines (skipped where the shared data is not there)', () => {
  it('is never wider than the screen, at any width', () => {
    for (const tree of trees) {
      const facts = readMapFacts(tree);
      for (const columns of [30, 40, 80, 132]) {
        const widest = Math.max(...draw(facts, {columns}).lines.map(widthOf));
        expect(widest, `${tree} at ${columns}`).toBeLessThanOrEqual(columns);
      }
    }
  });

  it('shows every online CPU, or counts it in a fold', () => {
    for (const tree of trees) {
      const facts = readMapFacts(tree);
      const {lines, text} = draw(facts);
      const isNumbered = text.includes('[core of');
      if (isNumbered)
        for (const cpu of onlineOf(facts)) expect(roleAfter(lines, cpu), `${tree} CPU ${cpu}`).toBe('host');
      else expect(accountedCpus(facts, lines, text), tree).toBe(onlineOf(facts).length);
    }
  });

  it('takes at most 16 lines up to 32 CPUs on up to 4 nodes, and at most 40 on any machine', () => {
    for (const tree of trees) {
      const facts = readMapFacts(tree);
      const isSmall = onlineOf(facts).length <= 32 && facts.nodes.length <= 4;
      expect(draw(facts).lines.length, tree).toBeLessThanOrEqual(isSmall ? 16 : 40);
    }
  });

  it('letters and numbers the CPUs of a pinned guest on the L5640', () => {
    const plan = pinning({
      vcpus: [0, 12, 2, 14].map((cpu, vcpu) => ({vcpu, cpus: [cpu]})),
      emulator: [10, 22, 20],
      iothreads: [
        {iothread: 1, cpus: [8]},
        {iothread: 2, cpus: [20]},
      ],
    });

    const {lines, text} = draw(readMapFacts(join(machines!, 'roots/ghw/linux-amd64-intel-xeon-L5640')), {
      pinning: plan,
    });

    expect(text).toContain('[0:V0 12:V1] [2:V2 14:V3] [4:· 16:·]');
    expect(text).toContain('[8:I1 20:I2E]');
    expect([0, 12, 8, 20, 10, 22, 6, 1].map((cpu) => roleAfter(lines, cpu))).toEqual([
      'vcpu',
      'vcpu',
      'iothread',
      'iothread',
      'emulator',
      'emulator',
      'host',
      'host',
    ]);
    expect(text).toContain('distances 10 20');
  });

  it('keeps a node open that has a part in the plan and folds the others', () => {
    const plan = pinning({
      vcpus: [
        {vcpu: 0, cpus: [30]},
        {vcpu: 1, cpus: [78]},
      ],
      emulator: [31],
    });

    const {text} = draw(readMapFacts(join(machines!, 'roots/util-linux/x86_64-epyc_7451')), {pinning: plan});

    expect(text).toContain('L3 30-32,78-80 VV E· ··');
    expect(text).toContain('6 more like this: nodes 1-4,6-7 (72 CPUs)');
  });

  it('groups a hybrid processor by kind and says where a cache reaches into another node', () => {
    const {text} = draw(readMapFacts(join(machines!, 'roots/nri-plugins/2-socket-4-node-40-core')));

    expect(text).toContain('performance L3 (part) 18 CPUs from 0');
    expect(text).toContain('efficiency L3 (part) 16,56 ··');
  });

  it('names offline CPUs with an x', () => {
    const {lines, text} = draw(readMapFacts(join(machines!, 'roots/hwloc/16amd64-8n2c-cpusets')));

    expect(text).toContain('Offline 4:x');
    expect(lines.flat().find(({text}) => text === 'x')?.tone).toBe('offline');
  });
});

/** An invented desktop: one core of two threads, half of its 2 MiB pages in use. */
const desktop = {
  '/proc/cpuinfo': 'processor\t: 0\nmodel name\t: Evil \u001b[2J CPU\n',
  '/sys/devices/system/cpu/online': '0-1\n',
  '/sys/devices/system/cpu/cpu0/topology/core_cpus_list': '0-1\n',
  '/sys/devices/system/cpu/cpu1/topology/core_cpus_list': '0-1\n',
  '/sys/devices/system/node/node0/cpulist': '0-1\n',
  '/sys/devices/system/node/node0/meminfo': 'Node 0 MemTotal: 16777216 kB\nNode 0 MemFree: 8388608 kB\n',
  '/sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages': '100\n',
  '/sys/devices/system/node/node0/hugepages/hugepages-2048kB/free_hugepages': '50\n',
};
const gpu = {
  address: '0000:06:00.0',
  class: '030000',
  vendor: '10de',
  device: '1c81',
  name: 'GP107',
  numaNode: 0,
} as const;
const sound = {
  address: '0000:06:00.1',
  class: '040300',
  vendor: '10de',
  device: '0fb9',
  name: 'Audio',
  numaNode: 0,
} as const;

describe('the map of invented machines', () => {
  it('shows memory and hugepages as bars, without distances for a single node', () => {
    const {text} = draw(readMapFacts(writeTree(desktop)));

    expect(text).toContain('16 GiB █████░░░░░ 8 GiB free');
    expect(text).toContain('100 pages of 2 MiB █████░░░░░ 50 free');
    expect(text).not.toContain('distances');
    expect(text).toContain('cores [0:· 1:·]');
  });

  it('shows what the guest takes of the node’s memory, and of each node for one that is spread', () => {
    const facts = readMapFacts(
      writeTree({
        ...desktop,
        '/sys/devices/system/node/node1/cpulist': '\n',
        '/sys/devices/system/node/node1/meminfo': 'Node 1 MemTotal: 16777216 kB\n',
      }),
    );
    const memory = {
      sizeKiB: 12 * 1048576,
      hugepages: null,
      nodes: [0],
      hostReserveKiB: 0,
      othersKiB: null,
      cells: null,
    };
    const hugepages = {
      sizeKiB: 1048576,
      perNode: {0: 4, 1: 8},
      method: 'argument',
      mount: null,
      reserved: null,
    } as const;
    const cells = [4, 8].map((size, cell) => ({
      cell,
      hostNode: cell,
      vcpus: [],
      memoryKiB: size * 1048576,
      distances: null,
    }));

    expect(draw(facts, {memory}).text).toContain('guest 12 GiB ████████░░');
    const spread = draw(facts, {memory: {...memory, nodes: [0, 1], hugepages, cells}}).text;
    expect(spread.replaceAll(/\s+/g, ' ')).toMatch(
      /Node 0 .* guest cell 0: 4 GiB in 4 pages of 1 GiB ███░░░░░░░ .* Node 1 .* guest cell 1: 8 GiB in 8 pages of 1 GiB █████░░░░░/,
    );
  });

  it('names no virtual function of a card as a GPU, unless it goes to the guest', () => {
    const virtual = {...gpu, address: '0000:06:00.4', physicalFunction: gpu.address} as const;
    const facts = readMapFacts(writeTree(desktop), [gpu, virtual]);
    expect(draw(facts).text).toContain('  GPU 0000:06:00.0 GP107\n');
    expect(draw(facts).text).not.toContain('.4');
    expect(draw(facts, {devices: [virtual.address]}).text).toContain('  * 0000:06:00.4 GP107');
  });

  it('lets no control character through', () => {
    const {text} = draw(readMapFacts(writeTree(desktop)));

    expect(text).toContain('Evil \ufffd[2J CPU');
  });

  it('marks what goes to the guest with a star, and names other GPUs without one', () => {
    const facts = readMapFacts(writeTree(desktop), [
      gpu,
      sound,
      {...gpu, address: '0000:07:00.0' as const, name: null},
      {...sound, address: '0000:08:00.0' as const},
    ]);

    const {text} = draw(facts, {devices: ['0000:06:00.0', '0000:06:00.1']});

    expect(text).toContain('  * 0000:06:00.0 .1 GP107\n  GPU 0000:07:00.0 10de:1c81\n');
    expect(text).not.toContain('0000:08:00.0');
  });

  it('counts GPUs beyond three, and has a place for those on no known node', () => {
    const gpus = [1, 2, 3, 4, 5].map((bus) => ({...gpu, address: `0000:0${bus}:00.0` as const, numaNode: 9}));
    const twoNodes = {...desktop, '/sys/devices/system/node/node1/cpulist': '\n'};

    const {text} = draw(readMapFacts(writeTree(twoNodes), gpus));

    expect(text).toContain('Node 1 · no CPU');
    expect(text).toContain('On no known node\n  GPU 0000:01:00.0');
    expect(text).toContain('and 2 more GPUs');
  });

  it('says a word where nothing is known', () => {
    expect(draw(readMapFacts(writeTree({}))).text).toContain('Processor of unknown model · 0 CPUs');
  });

  it('tells the roles without colour, and the same text with it', () => {
    const plan = pinning({
      vcpus: [
        {vcpu: 0, cpus: [0]},
        {vcpu: 1, cpus: [0]},
      ],
      emulator: [1],
    });
    const {lines, text} = draw(readMapFacts(writeTree(desktop)), {pinning: plan});

    const coloured = renderTopologyText(lines, {color: true});

    expect(text).toContain('[0:V0+ 1:E]');
    expect(coloured).toContain('\u001b[1;32mV0+\u001b[0m');
    expect(coloured.replaceAll(/\u001b\[[0-9;]*m/g, '').replaceAll(/ +\n/g, '\n')).toBe(text);
  });
});

describe('the map of a very large machine', () => {
  const big = mkdtempSync(join(tmpdir(), 'vfio-pilot-big-map-'));
  afterAll(() => rmSync(big, {recursive: true, force: true}));

  it('draws a letter for each core, small where only a thread has the role, and stays short', () => {
    makeBigHost(big, {cpus: 256, nodes: 4, functions: 8});
    const facts = readMapFacts(big);
    const plan = pinning({
      vcpus: [
        {vcpu: 0, cpus: [0]},
        {vcpu: 1, cpus: [128]},
        {vcpu: 2, cpus: [1]},
      ],
      emulator: [2, 130],
    });

    const {lines, text} = draw(facts, {pinning: plan});

    expect(text).toContain('L3 0-7,128-135 VvE·····');
    expect(text).toContain('2 more like this: nodes 2-3');
    expect(lines.length).toBeLessThanOrEqual(16);
    expect(accountedCpus(facts, lines, text)).toBe(256);
  });
});
