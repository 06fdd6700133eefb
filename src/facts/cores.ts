import type {Cpu, CpuKind} from './cpu.ts';
import {hostDuties} from './host-duties.ts';
import type {HostFacts} from './host-facts.ts';
import {remember} from './remember.ts';

/** A physical core: its online hardware threads. */
export type PhysicalCore = {
  readonly threads: readonly number[];
  /** `null` also where the threads are said to be on several nodes. */
  readonly node: number | null;
  readonly package: number | null;
  readonly kind: CpuKind;
  /** Equal for cores that share a level-3 cache on one node; where none is reported, those of one die; else unique. */
  readonly domain: string;
  readonly hasL3: boolean;
  /** 0 where there is none or its size is unknown. */
  readonly l3KiB: number;
};

/** A core as the host schedules it. */
export type Core = PhysicalCore & {
  readonly hasCpu0: boolean;
  /** The host needs it: CPU 0, interrupts, or not isolated where others are. */
  readonly hasDuty: boolean;
  /** The kernel schedules nothing there unless it is asked to. */
  readonly isIsolated: boolean;
};

/** The cores of the host, ascending, with what the host needs them for. */
export const coresOf = remember((facts: HostFacts): readonly Core[] => {
  const duties = hostDuties(facts);
  const isolated = new Set(facts.isolation.isolatedCpus);
  return physicalCores(facts.cpu.cpus).map((core) => ({
    ...core,
    hasCpu0: core.threads.includes(0),
    hasDuty: core.threads.some((id) => duties.has(id)),
    isIsolated: core.threads.some((id) => isolated.has(id)),
  }));
});

/** Every online CPU is in exactly one core, ascending; a CPU whose siblings are unknown is a core of its own. */
export const physicalCores = remember((cpus: readonly Cpu[]): readonly PhysicalCore[] => {
  const cpuOf = new Map(cpus.filter((cpu) => cpu.online).map((cpu) => [cpu.id, cpu]));
  const nameCache = cacheNames();
  return groupThreads(cpuOf).flatMap((threads) => {
    const members = threads.flatMap((id) => cpuOf.get(id) ?? []);
    const [first] = members;
    return first === undefined ? [] : [coreOf(first, members, nameCache(members))];
  });
});

/** Sibling lists that overlap without being equal are joined: nothing that may share a core is torn apart. */
const groupThreads = (cpuOf: ReadonlyMap<number, Cpu>): readonly (readonly number[])[] => {
  const groupOf = new Map<number, Set<number>>();
  for (const [id, {siblings}] of cpuOf) {
    const joined = new Set([id]);
    for (const one of [id, ...siblings]) {
      if (cpuOf.has(one)) for (const member of groupOf.get(one) ?? [one]) joined.add(member);
    }
    for (const member of joined) groupOf.set(member, joined);
  }
  const ascending = [...new Set(groupOf.values())].map((group) => [...group].sort((a, b) => a - b));
  return ascending.sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0));
};

const coreOf = (first: Cpu, cpus: readonly Cpu[], cache: string | null): PhysicalCore => {
  const node = cpus.every((cpu) => cpu.node === first.node) ? first.node : null;
  return {
    threads: cpus.map((cpu) => cpu.id),
    node,
    package: first.package,
    kind: first.kind,
    domain: `${node}/${cache ?? (first.package === null ? `core ${first.id}` : `package ${first.package} die ${first.die}`)}`,
    hasL3: cpus.some((cpu) => cpu.l3 !== null),
    l3KiB: Math.max(...cpus.map((cpu) => cpu.l3KiB ?? 0)),
  };
};

/** A name for each set of CPUs that share a cache; sets are compared by number, as text of them is slow on 512 CPUs. */
const cacheNames = (): ((cpus: readonly Cpu[]) => string | null) => {
  const known = new Map<string, (readonly number[])[]>();
  return (cpus) => {
    const sharing = sharedBy(cpus);
    if (sharing.length === 0) return null;
    const key = `${sharing[0]}-${sharing.at(-1)}/${sharing.length}`;
    const alike = known.get(key) ?? [];
    known.set(key, alike);
    const index = alike.findIndex((list) => isSame(list, sharing));
    return `cache ${key}/${index >= 0 ? index : alike.push(sharing) - 1}`;
  };
};

/** Threads of one core may name different sets on odd machines: all of them together, whatever the numbering. */
const sharedBy = (cpus: readonly Cpu[]): readonly number[] => {
  const [first, ...others] = cpus.flatMap((cpu) => (cpu.l3 === null ? [] : [cpu.l3]));
  if (first === undefined) return [];
  if (others.every((list) => isSame(list, first))) return first;
  return [...new Set([...first, ...others.flat()])].sort((a, b) => a - b);
};

const isSame = (a: readonly number[], b: readonly number[]): boolean =>
  a === b || (a.length === b.length && a.every((value, index) => value === b[index]));

export const firstThread = (core: Core): number => core.threads[0] ?? 0;

export const groupCores = <C extends PhysicalCore, K>(
  cores: readonly C[],
  keyOf: (core: C) => K,
): ReadonlyMap<K, readonly C[]> => {
  const groups = new Map<K, C[]>();
  for (const core of cores) {
    const group = groups.get(keyOf(core));
    if (group === undefined) groups.set(keyOf(core), [core]);
    else group.push(core);
  }
  return groups;
};
