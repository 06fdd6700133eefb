export const kibPerGiB = 1048576;

export type HugepagePool = {readonly sizeKiB: number; readonly total: number; readonly free: number};

export type NumaNode = {
  readonly id: number;
  /** Online CPUs of the node. */
  readonly cpus: readonly number[];
  readonly memoryKiB: number | null;
  readonly freeKiB: number | null;
  /** One column for each online node, in the order of `nodes`. */
  readonly distances: readonly number[] | null;
  readonly hugepages: readonly HugepagePool[];
};

export type MemoryFacts = {
  readonly totalKiB: number | null;
  readonly availableKiB: number | null;
  /** Sizes that the running kernel offers (`/sys/kernel/mm/hugepages`). */
  readonly hugepageSizesKiB: readonly number[];
  readonly defaultHugepageKiB: number | null;
  readonly transparentHugepages: string | null;
  readonly hugetlbfsMounts: readonly {readonly path: string; readonly sizeKiB: number | null}[];
};
