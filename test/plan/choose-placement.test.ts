import {describe, expect, it} from 'vitest';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import {distanceBetween} from '../../src/plan/placement/choose-node.ts';
import {planPassthrough} from '../../src/pipeline/plan-passthrough.ts';
import {proposeProfile} from '../../src/pipeline/propose-profile.ts';
import {defaultShape, type MachineShape, sampleFacts} from '../support/sample-facts.ts';
import {sampleProfile} from '../support/sample-profile.ts';

const planOn = (facts: HostFacts, cpu: object, memory: object = {sizeMiB: 2048}, guest: object = {}) => {
  const {plan, findings} = planPassthrough(facts, sampleProfile({cpu, memory, guest}));
  return {
    plan,
    findings,
    pins: plan.pinning.vcpus.flatMap((one) => one.cpus),
    because: (subject: string) => plan.decisions.findLast((one) => one.subject === subject)?.because ?? '',
  };
};

/** Two dies of eight cores, the first with the stacked cache: a Ryzen 9 7950X3D. */
const stacked = (): HostFacts => {
  const facts = sampleFacts({
    nodes: 1,
    coresPerNode: 16,
    threads: 2,
    coresPerL3: 8,
    numbering: 'blocks',
    memoryKiBPerNode: 64 * 1048576,
  });
  return {
    ...facts,
    cpu: {...facts.cpu, cpus: facts.cpu.cpus.map((cpu) => ({...cpu, l3KiB: cpu.id % 16 < 8 ? 98304 : 32768}))},
  };
};

/** A network card in the place of the graphics card. */
const withoutDisplay = (facts: HostFacts): HostFacts => ({
  ...facts,
  pci: facts.pci.map((device) => (device.class.startsWith('03') ? {...device, class: '020000'} : device)),
});

const withNodes = (
  facts: HostFacts,
  change: Readonly<Record<number, Partial<HostFacts['nodes'][number]>>>,
): HostFacts => ({
  ...facts,
  nodes: facts.nodes.map((node) => ({...node, ...change[node.id]})),
});

it('a node is nearer to itself than to another where the kernel tells no distances', () => {
  const facts = sampleFacts();
  const silent = {...facts, nodes: facts.nodes.map((node) => ({...node, distances: null}))};
  expect([distanceBetween(silent, 0, 0), distanceBetween(silent, 0, 1)]).toEqual([10, 20]);
});

describe('placement', () => {
  it('prefers the large cache of an X3D part and says so, with both sizes', () => {
    const {pins, because} = planOn(stacked(), {vcpus: 12});
    expect(pins).toEqual([1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22]);
    expect(because('cpu.pins')).toMatch(/large cache, 96 MiB instead of 32 MiB.*core of CPU 0 stays with the host/);
  });

  it('takes the large cache for a game with the core of CPU 0 as well, and says with how many vCPUs it would not', () => {
    const {pins, because} = planOn(stacked(), {vcpus: 16});
    expect(pins.every((pin) => pin % 16 < 8)).toBe(true);
    expect(because('cpu.pins')).toContain(
      '96 MiB instead of 32 MiB, as a guest with a graphics card is taken for one that plays games',
    );
    expect(because('cpu.pins')).toContain(
      'the core of CPU 0 is among them, as the cache is worth more to a game (14 vCPUs would leave it to the host)',
    );
  });

  it('takes the CPUs that are isolated, and puts QEMU’s own threads on others, CPU 0 rather than an isolated one', () => {
    const facts = sampleFacts();
    const isolated = {...facts, isolation: {...facts.isolation, isolatedCpus: [4, 16, 6, 18, 8, 20, 10, 22]}};
    const {plan, pins, because} = planOn(isolated, {vcpus: 6});
    expect(pins).toEqual([4, 16, 6, 18, 8, 20]);
    expect(plan.pinning).toMatchObject({iothreads: [{cpus: [2, 14]}], emulator: [0, 12]});
    expect(because('cpu.pins')).toContain('those that irqaffinity or isolcpus keep for the host stay with it');
  });

  it('leaves the CPUs that get the interrupts to the host', () => {
    const facts = sampleFacts();
    const steered = (commandLine: string) => planOn({...facts, boot: {...facts.boot, commandLine}}, {vcpus: 6});
    expect(steered('quiet irqaffinity=0,2,14').pins).toEqual([4, 16, 6, 18, 8, 20]);
    expect(steered('quiet irqaffinity=0-23').pins).toEqual([2, 14, 4, 16, 6, 18]);
    expect(steered('irqaffinity=2,14,4,16,6,18').because('cpu.pins')).toContain(
      'kept for the host by irqaffinity or isolcpus, as there are too few others',
    );
  });

  it('proposes as many vCPUs as the large cache has room for without the core of CPU 0', () => {
    expect(proposeProfile(stacked(), ['0000:06:00.0']).cpu.vcpus).toBe(14);
    expect(proposeProfile(withoutDisplay(stacked()), ['0000:06:00.0']).cpu.vcpus).toBe(16);
  });

  it('leaves the large cache to the host for a guest without a graphics card when it would cost the core of CPU 0, and says how many vCPUs would fit there', () => {
    const {pins, because} = planOn(withoutDisplay(stacked()), {vcpus: 16});
    expect(pins.every((pin) => pin % 16 >= 8)).toBe(true);
    expect(because('cpu.pins')).toContain(
      'large cache of 96 MiB, which is too small without the core of CPU 0; up to 14 vCPUs would fit there',
    );
  });

  it('still prefers the large cache without a graphics card where nothing else speaks against it', () => {
    const {pins, because} = planOn(withoutDisplay(stacked()), {vcpus: 12});
    expect(pins.every((pin) => pin % 16 < 8)).toBe(true);
    expect(because('cpu.pins')).not.toContain('games');
  });

  it('spreads a guest with too many vCPUs over two nodes in equal cells that mirror the host', () => {
    const {plan, pins} = planOn(sampleFacts(), {vcpus: 16}, {sizeMiB: 4098});
    expect(pins).toEqual([2, 14, 4, 16, 6, 18, 8, 20, 1, 13, 3, 15, 5, 17, 7, 19]);
    expect(plan.pinning).toMatchObject({
      hostNodes: [0, 1],
      topology: {sockets: 2, dies: 1, cores: 4, threads: 2},
      emulator: [0, 12, 9, 21],
    });
    expect(plan.memory).toMatchObject({
      sizeKiB: 4098 * 1024,
      nodes: [0, 1],
      hugepages: {perNode: {0: 1025, 1: 1024}},
      cells: [
        {cell: 0, hostNode: 0, vcpus: [0, 1, 2, 3, 4, 5, 6, 7], memoryKiB: 1025 * 2048, distances: [10, 21]},
        {cell: 1, hostNode: 1, vcpus: [8, 9, 10, 11, 12, 13, 14, 15], memoryKiB: 1024 * 2048, distances: [21, 10]},
      ],
    });
    expect(plan.kernelArguments.add.map((argument) => argument.text)).toContain('hugepages=0:1025,1:1024');
  });

  it('spreads a guest with too much memory as well, and keeps the reserve of each node', () => {
    const {plan, findings, because} = planOn(sampleFacts(), {vcpus: 8}, {sizeMiB: 32768});
    expect(plan.memory.cells?.map((cell) => cell.memoryKiB)).toEqual([16777216, 16777216]);
    expect(findings.filter((finding) => finding.severity === 'blocker')).toEqual([]);
    expect(because('cpu.node')).toContain('node 0 has 6 cores and too little room for 8 vCPUs with 32768 MiB');
  });

  it('tells the guest dies where the nodes are of one package', () => {
    const facts = sampleFacts({...defaultShape, nodes: 4});
    const clustered = {
      ...facts,
      cpu: {...facts.cpu, cpus: facts.cpu.cpus.map((cpu) => ({...cpu, package: Math.floor((cpu.node ?? 0) / 2)}))},
    };
    expect(planOn(clustered, {vcpus: 16}).plan.pinning.topology).toEqual({sockets: 1, dies: 2, cores: 4, threads: 2});
    expect(planOn(clustered, {vcpus: 40}, {sizeMiB: 8192}).plan.pinning.topology).toEqual({
      sockets: 2,
      dies: 2,
      cores: 5,
      threads: 2,
    });
  });

  it.each([
    ['cpu.node', {vcpus: 16, node: 0}, {sizeMiB: 2048}, {}],
    ['memory.node', {vcpus: 16}, {sizeMiB: 2048, node: 0}, {}],
    ['guest.numaCell', {vcpus: 16}, {sizeMiB: 2048}, {numaCell: false}],
  ])('stays on one node where %s says so, and blocks with the way out', (setting, cpu, memory, guest) => {
    const {findings} = planOn(sampleFacts(), cpu, memory, guest);
    expect(findings.find((finding) => finding.code === 'cpu-too-few-cores')?.remedy).toContain(`${setting}: auto`);
  });

  it('blocks vCPUs that can not be dealt out evenly, and names the most that can', () => {
    expect(planOn(sampleFacts(), {vcpus: 22}).findings).toContainEqual(
      expect.objectContaining({code: 'cpu-too-few-cores', remedy: 'Set cpu.vcpus to 20 or less.'}),
    );
  });

  it('lives next to a device on a node without memory, on the nearest node with CPUs and memory', () => {
    const {plan, because} = planOn(withNodes(sampleFacts(), {0: {memoryKiB: 0}}), {vcpus: 8});
    expect(plan.pinning.hostNodes).toEqual([1]);
    expect(plan.memory.nodes).toEqual([1]);
    expect(because('cpu.node')).toContain('is on node 0, which has no memory; node 1 is the nearest');
  });

  it('fetches the memory from the nearest node where the user’s own has none', () => {
    const {plan, findings} = planOn(withNodes(sampleFacts(), {0: {memoryKiB: 0}}), {vcpus: 8, node: 0});
    expect(plan).toMatchObject({
      pinning: {hostNodes: [0], emulator: [0, 12, 1, 13]},
      memory: {nodes: [1], hugepages: {perNode: {1: 1024}}},
    });
    expect(findings.filter((finding) => finding.severity === 'blocker')).toEqual([]);
  });

  it('gives the emulator a core on the node of the memory where the user wants that apart from the vCPUs', () => {
    const {plan, findings} = planOn(sampleFacts(), {vcpus: 8, node: 0}, {sizeMiB: 2048, node: 1});
    expect(plan.pinning).toMatchObject({
      hostNodes: [0],
      emulator: [0, 12, 1, 13],
      iothreads: [{iothread: 1, cpus: [10, 22]}],
    });
    expect(findings.filter((finding) => finding.severity === 'blocker')).toEqual([]);
  });

  it('takes whole pairs where offlining left some cores with one thread', () => {
    const facts = sampleFacts({...defaultShape, nodes: 1});
    const cpus = facts.cpu.cpus.map((cpu) => ({
      ...cpu,
      online: cpu.id !== 7,
      siblings: cpu.id === 7 ? [] : cpu.siblings.filter((one) => one !== 7),
    }));
    const {pins, plan} = planOn({...facts, cpu: {...facts.cpu, cpus}}, {vcpus: 8});
    expect(pins).not.toContain(1);
    expect(plan.pinning.topology.threads).toBe(2);
  });

  it('takes efficiency cores only where there are too few performance cores, and never both', () => {
    const hybrid: MachineShape = {
      nodes: 1,
      coresPerNode: 14,
      threads: 2,
      coresPerL3: 14,
      numbering: 'blocks',
      memoryKiBPerNode: 32 * 1048576,
      efficiencyFrom: 4,
    };
    expect(planOn(sampleFacts(hybrid), {vcpus: 8}).because('cpu.pins')).toContain('performance cores only');
    expect(planOn(sampleFacts(hybrid), {vcpus: 10}).because('cpu.pins')).toContain('efficiency cores only');
    expect(planOn(sampleFacts(hybrid), {vcpus: 12}).findings).toContainEqual(
      expect.objectContaining({
        code: 'cpu-too-few-cores',
        message: expect.stringContaining('4 performance cores and 10 efficiency cores'),
      }),
    );
  });
});
