import {groupCores, type PhysicalCore, physicalCores} from '../facts/cores.ts';
import type {Cpu} from '../facts/cpu.ts';

/** Online threads of one core, ascending. */
export type CoreCpus = readonly Cpu[];

/** Cores below one level-3 cache, as far as they are in one section and of one kind. */
export type Domain = {
  readonly cores: readonly CoreCpus[];
  readonly cpus: readonly number[];
  /** Whether the kernel reports an L3 cache. */
  readonly hasL3: boolean;
  readonly l3KiB: number | null;
  /** The cache reaches beyond the section: sub-NUMA clusters. */
  readonly isShared: boolean;
  readonly kind: Cpu['kind'];
  /** Named where the section has several. */
  readonly package: number | null;
};

/** Online CPUs of one section → domains as the plan sees them, in the order of their first CPU. */
export const findDomains = (cpus: readonly Cpu[]): readonly Domain[] => {
  const cpuOf = new Map(cpus.map((cpu) => [cpu.id, cpu]));
  const hasPackages = new Set(cpus.map((cpu) => cpu.package)).size > 1;
  return [...groupCores(physicalCores(cpus), keyOf).values()].flatMap((cores) => {
    const [first] = cores;
    if (first === undefined) return [];
    const threads = cores.map((core) => core.threads.flatMap((id) => cpuOf.get(id) ?? []));
    const members = threads.flat();
    return [
      {
        cores: threads,
        cpus: members.map(({id}) => id).sort((a, b) => a - b),
        hasL3: first.hasL3,
        l3KiB: members.find(({l3KiB}) => l3KiB !== null)?.l3KiB ?? null,
        isShared: members.some(({l3}) => l3?.some((id) => !cpuOf.has(id)) ?? false),
        kind: first.kind,
        package: hasPackages ? first.package : null,
      },
    ];
  });
};

/** Cores of which neither cache nor package is known are drawn together; the plan can assume of none that they share. */
const keyOf = ({kind, hasL3, package: owner, domain}: PhysicalCore): string =>
  `${kind} ${hasL3 || owner !== null ? domain : 'unknown'}`;

/** Equal for domains that look alike on the map. */
export const domainShape = ({cores, l3KiB, hasL3, isShared, kind}: Domain): string =>
  `${kind} ${hasL3} ${l3KiB} ${isShared} ${cores.map((core) => core.length).join(',')}`;

export const groupBy = <T>(items: readonly T[], keyOf: (item: T) => string): readonly (readonly T[])[] => {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return [...groups.values()];
};
