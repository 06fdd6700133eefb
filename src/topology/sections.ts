import type {Cpu} from '../facts/cpu.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import {formatCpuList} from '../facts/kernel-lists.ts';
import type {NumaNode} from '../facts/memory.ts';
import type {PciFunction} from '../facts/pci.ts';
import {type Domain, domainShape, findDomains, groupBy} from './domains.ts';

/** What the map draws under one heading: a NUMA node, or a package whose CPUs are in no node. */
export type Section = {
  readonly node: NumaNode | null;
  readonly packages: readonly number[];
  readonly domains: readonly Domain[];
  readonly cpuCount: number;
  readonly totalKiB: number | null;
  readonly freeKiB: number | null;
  readonly devices: readonly PciFunction[];
};

/** By package, then by node; `devices` are those that the map names. */
export const findSections = (facts: HostFacts, devices: readonly PciFunction[]): readonly Section[] => {
  const online = facts.cpu.cpus.filter((cpu) => cpu.online);
  const isOnlyNode = facts.nodes.length === 1;
  const ofNodes = facts.nodes.map((node) =>
    section(
      online.filter((cpu) => cpu.node === node.id),
      node,
      {totalKiB: node.memoryKiB ?? (isOnlyNode ? facts.memory.totalKiB : null), freeKiB: node.freeKiB},
      devices.filter(
        (device) => device.numaNode === node.id || (isOnlyNode && !facts.nodes.some(({id}) => id === device.numaNode)),
      ),
    ),
  );
  const packages = groupBy(
    online.filter((cpu) => !facts.nodes.some(({id}) => id === cpu.node)),
    (cpu) => `${cpu.package}`,
  );
  const isWhole = facts.nodes.length === 0 && packages.length === 1;
  const memory = isWhole
    ? {totalKiB: facts.memory.totalKiB, freeKiB: facts.memory.availableKiB}
    : {totalKiB: null, freeKiB: null};
  const ofPackages = packages.map((cpus) => section(cpus, null, memory, isWhole ? devices : []));
  return [...ofNodes, ...ofPackages].sort((a, b) => (a.packages[0] ?? Infinity) - (b.packages[0] ?? Infinity) || 0);
};

const section = (
  cpus: readonly Cpu[],
  node: NumaNode | null,
  memory: {readonly totalKiB: number | null; readonly freeKiB: number | null},
  devices: readonly PciFunction[],
): Section => ({
  node,
  packages: [...new Set(cpus.flatMap((cpu) => cpu.package ?? []))].sort((a, b) => a - b),
  domains: findDomains(cpus),
  cpuCount: cpus.length,
  ...memory,
  devices,
});

/** Equal for sections that look alike on the map, apart from their numbers and the size of their memory. */
export const sectionShape = ({node, domains}: Section): string =>
  `${node === null} ${domains.map(domainShape).join(' | ')}`;

/** `Package 1 · Node 0` */
export const headingOf = (section: Section): string =>
  [describePackages(section.packages), nameOf(section)].filter((part) => part !== '').join(' · ');

/** Apart from the package. */
export const nameOf = ({node, packages}: Section): string =>
  node !== null ? `Node ${node.id}` : packages.length === 0 ? 'In no node' : '';

export const describePackages = (packages: readonly number[]): string =>
  packages.length === 0 ? '' : `Package${packages.length === 1 ? '' : 's'} ${formatCpuList(packages)}`;

export const cpuCountOf = ({cpuCount}: Section): string =>
  cpuCount === 0 ? 'no CPU' : cpuCount === 1 ? '1 CPU' : `${cpuCount} CPUs`;

/** `null` where there is nothing to compare with. */
export const describeDistances = ({node}: Section): string | null => {
  const distances = node?.distances ?? [];
  if (distances.length < 2) return null;
  return distances.length <= 8
    ? `distances ${distances.join(' ')}`
    : `distances ${Math.min(...distances)} to ${Math.max(...distances)}`;
};
