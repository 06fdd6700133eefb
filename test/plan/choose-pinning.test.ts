import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {planPassthrough} from '../../src/pipeline/plan-passthrough.ts';
import {defaultShape, type MachineShape, sampleFacts} from '../support/sample-facts.ts';
import {sampleProfile} from '../support/sample-profile.ts';

const plan = (shape: MachineShape, vcpus: number, cpu = {}) =>
  planPassthrough(sampleFacts(shape), sampleProfile({cpu: {vcpus, ...cpu}, memory: {sizeMiB: 2048}}));
const pinsOf = (result: ReturnType<typeof plan>): number[] => result.plan.pinning.vcpus.map((one) => one.cpus[0]!);

describe('pinning', () => {
  it('failure mode 21: pins sibling pairs within the node of the card and leaves the core of CPU 0 alone', () => {
    expect(pinsOf(plan(defaultShape, 8))).toEqual([2, 14, 4, 16, 6, 18, 8, 20]);
  });

  it('keeps I/O and emulator threads on the node, off the vCPU cores', () => {
    const {pinning} = plan(defaultShape, 8).plan;
    expect(pinning.iothreads).toEqual([{iothread: 1, cpus: [10, 22]}]);
    expect(pinning.emulator).toEqual([0, 12]);
  });

  it('failure mode 46: gives the emulator one CPU of the memory node even when vCPUs have all of them, as the guest would not start otherwise', () => {
    const {plan: planned, findings} = plan(defaultShape, 12);
    expect(planned.pinning.emulator).toEqual([3, 15, 22]);
    expect(findings.map(({code}) => code)).not.toContain('guest-emulator-off-node');
  });

  it('obeys the user’s own pins, emulator and I/O threads', () => {
    const {plan: chosen, findings} = plan(defaultShape, 8, {
      pins: [0, 12, 2, 14, 4, 16, 6, 18],
      emulator: [10, 22],
      iothreads: [8, 20],
    });
    expect(chosen.pinning).toEqual({
      vcpus: [0, 12, 2, 14, 4, 16, 6, 18].map((cpu, vcpu) => ({vcpu, cpus: [cpu]})),
      emulator: [10, 22],
      iothreads: [
        {iothread: 1, cpus: [8]},
        {iothread: 2, cpus: [20]},
      ],
      hostNodes: [0],
      topology: {sockets: 1, dies: 1, cores: 4, threads: 2},
    });
    expect(findings.filter((finding) => finding.severity !== 'note')).toEqual([]);
  });

  it.each([
    ['a CPU that is not there', [0, 99], 'cpu-pin-invalid', 'blocker'],
    ['the same CPU twice', [2, 2], 'cpu-pin-invalid', 'blocker'],
    ['too few CPUs', [2], 'cpu-pin-invalid', 'blocker'],
    ['threads of two cores as a pair', [2, 4], 'cpu-pin-splits-core', 'warning'],
    ['CPUs of another node', [1, 13], 'cpu-pin-off-node', 'warning'],
  ])('judges %s', (_what, pins, code, severity) => {
    expect(plan(defaultShape, 2, {pins}).findings).toContainEqual(expect.objectContaining({code, severity}));
  });

  it('shows the guest a node for each node that its pins are on, with memory by its vCPUs, and says what it costs', () => {
    const {plan: planned, findings} = plan(defaultShape, 8, {pins: [2, 14, 4, 16, 6, 18, 1, 13]});

    expect(planned.memory).toMatchObject({
      nodes: [0, 1],
      hugepages: {perNode: {0: 768, 1: 256}},
      cells: [
        {cell: 0, hostNode: 0, vcpus: [0, 1, 2, 3, 4, 5], memoryKiB: 768 * 2048, distances: [10, 21]},
        {cell: 1, hostNode: 1, vcpus: [6, 7], memoryKiB: 256 * 2048, distances: [21, 10]},
      ],
    });
    expect(planned.pinning).toMatchObject({hostNodes: [0, 1], topology: {sockets: 1, dies: 1, cores: 4, threads: 2}});
    expect(planned.pinning.emulator.some((cpu) => cpu % 2 === 1)).toBe(true);
    expect(findings.find(({code}) => code === 'cpu-pin-off-node')?.message).toMatch(
      /^Some vCPUs are pinned to node 1 .*shown a node for each/,
    );
  });

  it('shows packages where pins give each node an equal part in a row', () => {
    expect(plan(defaultShape, 8, {pins: [2, 14, 4, 16, 1, 13, 3, 15]}).plan.pinning.topology).toEqual({
      sockets: 2,
      dies: 1,
      cores: 2,
      threads: 2,
    });
  });

  it('takes the memory to the node that all pins are on', () => {
    const {plan: planned, findings} = plan(defaultShape, 4, {pins: [1, 13, 3, 15]});

    expect(planned.memory).toMatchObject({nodes: [1], hugepages: {perNode: {1: 1024}}});
    expect(planned.memory.cells).toBeNull();
    expect(findings.find(({code}) => code === 'cpu-pin-off-node')?.message).toContain(
      'All vCPUs are pinned to node 1 while the device is on node 0',
    );
  });

  it('keeps memory on one node where the user wants no cells, or names the node', () => {
    const pins = [2, 14, 1, 13];
    const without = planPassthrough(
      sampleFacts(),
      sampleProfile({cpu: {vcpus: 4, pins}, memory: {sizeMiB: 2048}, guest: {numaCell: false}}),
    );
    expect(without.plan.memory.nodes).toEqual([0]);
    const named = planPassthrough(
      sampleFacts(),
      sampleProfile({cpu: {vcpus: 4, pins}, memory: {sizeMiB: 2048, node: 1}}),
    );
    expect(named.plan.memory.nodes).toEqual([1]);
    expect(named.plan.memory.cells).toBeNull();
  });

  it('says what pins across caches and on efficiency cores cost, and obeys', () => {
    const ryzen: MachineShape = {
      nodes: 1,
      coresPerNode: 8,
      threads: 2,
      coresPerL3: 4,
      numbering: 'blocks',
      memoryKiBPerNode: 32 * 1048576,
    };
    const across = plan(ryzen, 4, {pins: [3, 11, 4, 12]});
    expect(pinsOf(across)).toEqual([3, 11, 4, 12]);
    expect(across.findings.find(({code}) => code === 'cpu-pin-spans-caches')?.message).toContain(
      'across 2 level-3 caches where 1 would do',
    );
    expect(plan(ryzen, 4, {pins: [4, 12, 5, 13]}).findings.map(({code}) => code)).not.toContain('cpu-pin-spans-caches');

    const hybrid: MachineShape = {
      nodes: 1,
      coresPerNode: 14,
      threads: 2,
      coresPerL3: 14,
      numbering: 'blocks',
      memoryKiBPerNode: 32 * 1048576,
      efficiencyFrom: 6,
    };
    expect(plan(hybrid, 2, {pins: [6, 7]}).findings.find(({code}) => code === 'cpu-pin-slow-cores')?.message).toContain(
      '6 performance cores',
    );
  });

  it('says that CPU 0 is among the pins', () => {
    expect(
      plan(defaultShape, 2, {pins: [0, 12]}).plan.decisions.find(({subject}) => subject === 'cpu.pins')?.because,
    ).toContain('the core of CPU 0 is among them');
  });

  it('tells the guest one thread per core when its pins split cores', () => {
    expect(plan(defaultShape, 2, {pins: [2, 4]}).plan.pinning.topology).toEqual({
      sockets: 1,
      dies: 1,
      cores: 2,
      threads: 1,
    });
  });

  it('takes performance cores only', () => {
    const hybrid: MachineShape = {
      nodes: 1,
      coresPerNode: 14,
      threads: 2,
      coresPerL3: 14,
      numbering: 'blocks',
      memoryKiBPerNode: 32 * 1048576,
      efficiencyFrom: 6,
    };
    const facts = sampleFacts(hybrid);
    const kinds = pinsOf(plan(hybrid, 8)).map((pin) => facts.cpu.cpus.find((cpu) => cpu.id === pin)?.kind);
    expect(new Set(kinds)).toEqual(new Set(['performance']));
  });

  it('stays within one level-3 domain when one is large enough', () => {
    const ryzen: MachineShape = {
      nodes: 1,
      coresPerNode: 8,
      threads: 2,
      coresPerL3: 4,
      numbering: 'blocks',
      memoryKiBPerNode: 32 * 1048576,
    };
    expect(pinsOf(plan(ryzen, 8))).toEqual([4, 12, 5, 13, 6, 14, 7, 15]);
  });

  it('blocks more vCPUs than the node has cores for, and says how many fit', () => {
    const {findings} = plan(defaultShape, 16, {node: 0});
    expect(findings.find((finding) => finding.code === 'cpu-too-few-cores')?.remedy).toContain('12');
  });

  it('holds on generated machines: whole cores, one node when it is large enough, no thread twice, something left for the host', () => {
    const shapes = fc.record({
      nodes: fc.integer({min: 1, max: 4}),
      coresPerNode: fc.integer({min: 2, max: 16}),
      threads: fc.constantFrom(1, 2, 4),
      coresPerL3: fc.integer({min: 1, max: 8}),
      numbering: fc.constantFrom('interleaved' as const, 'blocks' as const),
      memoryKiBPerNode: fc.constant(64 * 1048576),
    });
    fc.assert(
      fc.property(shapes, fc.integer({min: 1, max: 16}), (shape, units) => {
        const vcpus = units * shape.threads;
        const facts = sampleFacts(shape);
        const {plan: chosen} = plan(shape, vcpus);
        const pins = chosen.pinning.vcpus.map((one) => one.cpus[0]!);
        if (pins.length === 0) {
          expect(units).toBeGreaterThan(shape.nodes === 1 ? shape.coresPerNode - 1 : shape.coresPerNode);
          return;
        }
        const cpuOf = new Map(facts.cpu.cpus.map((cpu) => [cpu.id, cpu]));
        expect(new Set(pins).size).toBe(vcpus);
        const nodes = new Set(pins.map((pin) => cpuOf.get(pin)?.node));
        expect(nodes.size === 1).toBe(units <= shape.coresPerNode);
        expect(nodes).toContain(0);
        const {sockets, dies, cores, threads} = chosen.pinning.topology;
        if (units <= shape.coresPerNode) expect(threads).toBe(shape.threads);
        for (let first = 0; first < pins.length; first += threads) {
          expect(pins.slice(first, first + threads)).toEqual(cpuOf.get(pins[first]!)?.siblings.slice(0, threads));
        }
        const used = new Set(pins);
        const isFull = (node: number | null | undefined): boolean =>
          new Set(pins.filter((pin) => cpuOf.get(pin)?.node === node).map((pin) => cpuOf.get(pin)?.siblings.join()))
            .size === shape.coresPerNode;
        expect(chosen.pinning.emulator.filter((cpu) => used.has(cpu))).toHaveLength([...nodes].filter(isFull).length);
        expect(chosen.pinning.iothreads.flatMap((one) => one.cpus).some((cpu) => used.has(cpu))).toBe(false);
        expect(sockets * dies * cores * threads).toBe(vcpus);
      }),
      {numRuns: 500},
    );
  });
});
