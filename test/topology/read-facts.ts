import type {HostFacts} from '../../src/facts/host-facts.ts';
import {readCpu} from '../../src/host/cpu/cpu.ts';
import {readMemory} from '../../src/host/memory/memory.ts';
import {readNodes} from '../../src/host/memory/numa.ts';
import {openSource} from '../../src/system/source.ts';

/** Only what the map draws from; the other facts are not read by it. */
export const readMapFacts = (root: string, pci: readonly Partial<HostFacts['pci'][number]>[] = []): HostFacts => {
  const source = openSource(root, null);
  const note = (): void => undefined;
  const whole = pci.map((device) => ({physicalFunction: null, ...device}));
  const facts = {
    cpu: readCpu(source, note),
    nodes: readNodes(source, note),
    memory: readMemory(source, note),
    pci: whole,
  };
  return facts as unknown as HostFacts;
};
