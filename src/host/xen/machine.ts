import type {Cpu, CpuFacts} from '../../facts/cpu.ts';
import type {HostFacts} from '../../facts/host-facts.ts';
import type {NumaNode} from '../../facts/memory.ts';
import {formatCpuList} from '../../facts/kernel-lists.ts';
import type {XenFacts, XenInfo} from '../../facts/virtualisation.ts';

type Machine = Pick<HostFacts, 'cpu' | 'nodes' | 'memory' | 'pci' | 'iommu'>;

/**
 * The machine below dom0. Its own sysfs and /proc/cpuinfo are about its virtual CPUs and its memory, so that nothing of
 * them stays: where Xen does not answer, there are no CPUs and no nodes to place a guest on.
 */
export const machineBelow = ({info}: XenFacts, seen: Machine): Machine => ({
  cpu: cpuOf(info, seen.cpu),
  nodes: info === null ? [] : nodesOf(info),
  memory: {
    ...seen.memory,
    totalKiB: inKiB(info?.totalMemoryMiB ?? null),
    availableKiB: inKiB(info?.freeMemoryMiB ?? null),
    hugepageSizesKiB: [],
    defaultHugepageKiB: null,
    hugetlbfsMounts: [],
  },
  pci: seen.pci.map((device) => ({
    ...device,
    // dom0 says -1 of each (seen with Xen 4.17); Xen lists those below a host bridge with a proximity domain.
    numaNode: info?.deviceNodes?.[device.address] ?? (info?.nodes.length === 1 ? (info.nodes[0]?.id ?? null) : null),
  })),
  iommu: {...seen.iommu, active: info?.virtCaps.includes('hvm_directio') === true},
});

const inKiB = (sizeMiB: number | null): number | null => (sizeMiB === null ? null : sizeMiB * 1024);

/** Xen hides vmx and svm from dom0. Caches are unknown: no program of Xen tells them. */
const cpuOf = (info: XenInfo | null, seen: CpuFacts): CpuFacts => {
  const cpus = info === null ? [] : info.cpus.map((cpu) => placed(info, cpu));
  return {
    ...seen,
    virtualisation: info?.virtCaps.includes('hvm') === true ? (seen.vendor === 'GenuineIntel' ? 'vmx' : 'svm') : null,
    flags: info === null ? null : seen.flags,
    online: formatCpuList(cpus.map(({id}) => id)),
    hybrid: false,
    cpus,
  };
};

const placed = ({cpus}: XenInfo, {id, core, socket, node}: XenInfo['cpus'][number]): Cpu => ({
  id,
  node,
  package: socket,
  die: 0,
  core,
  siblings: cpus
    .filter((other) => other.core === core && other.socket === socket)
    .map((other) => other.id)
    .sort((a, b) => a - b),
  l3: null,
  l3KiB: null,
  kind: 'core',
  online: true,
});

/**
 * `numa_info` counts the holes of a node too (seen: 3840 of a node with 1792 MiB). All of them together are what the sum
 * is above the machine's memory, so that this much less is certain; where that leaves nothing, it is unknown.
 */
const nodesOf = ({nodes, cpus, totalMemoryMiB}: XenInfo): readonly NumaNode[] => {
  const holesMiB =
    totalMemoryMiB === null ? null : Math.max(0, nodes.reduce((sum, {spanMiB}) => sum + spanMiB, 0) - totalMemoryMiB);
  return nodes.map(({id, spanMiB, freeMiB, distances}) => {
    const certainMiB = nodes.length === 1 ? totalMemoryMiB : holesMiB === null ? null : spanMiB - holesMiB;
    return {
      id,
      cpus: cpus.filter(({node}) => node === id).map((cpu) => cpu.id),
      memoryKiB: certainMiB === null || certainMiB <= 0 ? null : certainMiB * 1024,
      freeKiB: freeMiB * 1024,
      distances: distances?.length === nodes.length ? distances : null,
      hugepages: [],
    };
  });
};
