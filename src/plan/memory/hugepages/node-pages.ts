import type {HostFacts} from '../../../facts/host-facts.ts';

export type PerNode = Readonly<Record<string, number>>;

export const addPages = (one: PerNode, other: PerNode): PerNode =>
  Object.fromEntries(
    [...new Set([...Object.keys(one), ...Object.keys(other)])].map((node) => [
      node,
      (one[node] ?? 0) + (other[node] ?? 0),
    ]),
  );

/** `hugepages=<node>:<count>` came with Linux 5.16; before, the kernel reads `0:6144` as 0 pages (mm/hugetlb.c of 5.10). */
export const hasNodeHugepages = (facts: HostFacts): boolean => {
  const {version} = facts.kernel;
  return version !== null && (version.major > 5 || (version.major === 5 && version.minor >= 16));
};
