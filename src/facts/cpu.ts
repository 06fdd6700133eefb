export type CpuKind = 'core' | 'performance' | 'efficiency';

export type Cpu = {
  readonly id: number;
  readonly node: number | null;
  readonly package: number | null;
  readonly die: number | null;
  /** `core_id`: unique only within its package and die; compare cores by `siblings`. */
  readonly core: number | null;
  /** Online hardware threads of the same core, itself included, ascending; empty when offline or when no file tells. */
  readonly siblings: readonly number[];
  /** CPUs that share the level-3 cache, itself included; `null` when there is none or it is unknown. */
  readonly l3: readonly number[] | null;
  readonly l3KiB: number | null;
  readonly kind: CpuKind;
  readonly online: boolean;
};

export type CpuFacts = {
  readonly vendor: string | null;
  readonly model: string | null;
  readonly architecture: string | null;
  /** vmx or svm as `/proc/cpuinfo` shows it; `null` when neither is there or the flags are unknown. */
  readonly virtualisation: 'vmx' | 'svm' | null;
  /** `/proc/cpuinfo` flags of the first CPU; `null` when unknown. */
  readonly flags: readonly string[] | null;
  /** Bits of a physical address, `address sizes` of `/proc/cpuinfo`; `null` when it is silent. */
  readonly physicalBits: number | null;
  /** Kernel list format, `0-23`. */
  readonly online: string;
  readonly hybrid: boolean;
  readonly cpus: readonly Cpu[];
};

/** Hygon's are AMD's Zen with another name (kernel: arch/x86/kernel/cpu/hygon.c). */
export const isAmdCpu = ({vendor}: Pick<CpuFacts, 'vendor'>): boolean =>
  vendor === 'AuthenticAMD' || vendor === 'HygonGenuine';
