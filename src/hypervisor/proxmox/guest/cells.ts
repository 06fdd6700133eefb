import type {ProxmoxPlan} from '../proxmox-facts.ts';

/** A NUMA node of the guest, as a `numaN` line says it. */
export type Cell = {readonly vcpus: readonly number[]; readonly hostNode: number; readonly memoryMiB: number};

/**
 * The `numaN` lines that the plan needs; none where the guest's memory may be anywhere. Huge pages need them, with exactly
 * one node of the host in each (`PVE::QemuServer::Memory`, hugepages_topology).
 */
export const cellsOf = ({memory, guest}: ProxmoxPlan, hasSeveralNodes: boolean): readonly Cell[] => {
  const {cells, nodes, hugepages, sizeKiB} = memory;
  if (cells !== null)
    return cells.map(({vcpus, hostNode, memoryKiB}) => ({vcpus, hostNode, memoryMiB: memoryKiB / 1024}));
  if (hugepages === null && !hasSeveralNodes) return [];
  const hostNode = nodes[0] ?? (hugepages === null ? undefined : 0);
  if (hostNode === undefined) return [];
  return [{vcpus: Array.from({length: guest.vcpus}, (_, index) => index), hostNode, memoryMiB: sizeKiB / 1024}];
};
