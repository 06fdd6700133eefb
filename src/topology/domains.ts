import type {Cpu} from '../host/facts.ts';

/** Online threads of one core, ascending. */
export type Core = readonly Cpu[];

/** Cores below one level-3 cache, as far as they are in one section and of one kind. */
export type Domain = {
  readonly cores: readonly Core[];
  readonly cpus: readonly number[];
  /** Whether the kernel tells of an L3 cache. */
  readonly hasL3: boolean;
  readonly l3KiB: number | null;
  /** The cache reaches beyond the section: sub-NUMA clusters. */
  readonly isShared: boolean;
  readonly kind: Cpu['kind'];
  /** Named where the section has several. */
  readonly package: number | null;
};

/** Online CPUs → domains, in the order of their first CPU; those of a package without L3 form one. */
export const findDomains = (cpus: readonly Cpu[]): readonly Domain[] => {
  const groups = groupBy(cpus, (cpu) => `${cpu.kind} ${cpu.l3?.join(',') ?? `none in ${cpu.package}`}`);
  const hasPackages = new Set(cpus.map((cpu) => cpu.package)).size > 1;
  return groups.flatMap((members) => {
    const [first] = members;
    if (first === undefined) return [];
    const ids = members.map((cpu) => cpu.id);
    const isShared = first.l3?.some((id) => !cpus.some((cpu) => cpu.id === id)) ?? false;
    return [{cores: findCores(members), cpus: ids, hasL3: first.l3 !== null, l3KiB: first.l3KiB, isShared, kind: first.kind, package: hasPackages ? first.package : null}];
  });
};

/** A CPU whose siblings nobody tells is a core of its own. */
const findCores = (cpus: readonly Cpu[]): readonly Core[] =>
  groupBy(cpus, (cpu) => (cpu.siblings.length === 0 ? `alone ${cpu.id}` : cpu.siblings.join(',')));

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
