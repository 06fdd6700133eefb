import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import {formatCpuList} from '../../src/facts/kernel-lists.ts';
import {readHost} from '../../src/host/read-host.ts';
import {openSource} from '../../src/system/source.ts';
import {type MachineShape, machineShapes} from '../support/machine-shape.ts';
import {askHwloc, askLscpu, hasHwloc, hasLscpu, type OracleView, setsOf} from '../support/topology-oracles.ts';
import {writeMachine} from '../support/write-machine.ts';
import {bySize} from '../support/sizes.ts';

const viewOf = ({cpu, nodes}: HostFacts): OracleView => ({
  online: cpu.online,
  cores: setsOf(cpu.cpus.map((one) => one.siblings)),
  l3: setsOf(cpu.cpus.map((one) => one.l3 ?? [])),
  nodes: Object.fromEntries(nodes.map(({id, cpus}) => [`${id}`, formatCpuList(cpus)])),
});

const meant = ({cores, nodes}: MachineShape): OracleView => {
  const caches = [...new Set(cores.flatMap(({l3}) => l3 ?? []))];
  const threadsOf = (isMember: (core: MachineShape['cores'][number]) => boolean): readonly number[] =>
    cores
      .filter(isMember)
      .flatMap(({threads}) => threads)
      .sort((a, b) => a - b);
  return {
    online: formatCpuList(threadsOf(() => true)),
    cores: setsOf(cores.map(({threads}) => threads)),
    l3: setsOf(caches.map((cache) => threadsOf(({l3}) => l3 === cache))),
    nodes: Object.fromEntries(nodes.map(({id}) => [`${id}`, formatCpuList(threadsOf(({node}) => node === id))])),
  };
};

const withCpus = (nodes: OracleView['nodes']): OracleView['nodes'] =>
  Object.fromEntries(Object.entries(nodes).filter(([, cpus]) => cpus !== ''));

describe('generated machines', () => {
  it('are read as they were meant, and as hwloc and lscpu read them where these are installed', () => {
    fc.assert(
      fc.property(machineShapes, (shape) => {
        const root = writeMachine(shape);
        const facts = readHost(openSource(root, null));
        const view = viewOf(facts);

        expect(view).toEqual(meant(shape));
        expect(facts.nodes.map(({memoryKiB, distances}) => ({memoryKiB, distances}))).toEqual(
          shape.nodes.map(({memoryKiB, distances}) => ({memoryKiB, distances})),
        );
        expect(facts.pci.map(({address, numaNode}) => [address, numaNode])).toEqual(
          [0, 1].map((index) => [
            `${shape.device.address.slice(0, -1)}${index}`,
            shape.device.node === -1 ? null : shape.device.node,
          ]),
        );
        if (hasHwloc)
          expect(askHwloc(root, new Set(facts.nodes.filter(({cpus}) => cpus.length > 0).map(({id}) => id)))).toEqual(
            view,
          );
        if (hasLscpu) expect(askLscpu(root)).toEqual({...view, nodes: withCpus(view.nodes)});
      }),
      {numRuns: bySize(4, 20, 200), endOnFailure: true},
    );
  });
});
