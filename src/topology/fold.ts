import {formatCpuList} from '../facts/kernel-lists.ts';
import type {RoleOf} from './cpu-roles.ts';
import {type Domain, domainShape} from './domains.ts';
import {formatKiB} from './map-memory.ts';
import {type Section, sectionShape} from './sections.ts';
import type {TopologyMap} from './topology-map.ts';

/** One that is shown, and those that look like it and are only counted. */
export type Folded<T> = {readonly item: T; readonly more: readonly T[]};

/**
 * Items of one shape fold under the first of them, from `fewest` that would vanish on; `null` as shape never folds.
 */
const foldAlike = <T>(
  items: readonly T[],
  shapeOf: (item: T) => string | null,
  fewest: number,
): readonly Folded<T>[] => {
  const byShape = new Map<string, T[]>();
  for (const item of items) {
    const shape = shapeOf(item);
    if (shape !== null) byShape.set(shape, [...(byShape.get(shape) ?? []), item]);
  }
  return items.flatMap((item) => {
    const alike = byShape.get(shapeOf(item) ?? '');
    if (alike === undefined || alike.length - 1 < fewest) return [{item, more: []}];
    return item === alike[0] ? [{item, more: alike.slice(1)}] : [];
  });
};

export const unfolded = <T>(item: T): Folded<T> => ({item, more: []});

/** Nodes that look like one shown above, and that nothing is planned for. */
export const foldSections = (map: TopologyMap): readonly Folded<Section>[] =>
  foldAlike(map.sections, (section) => (isUntouched(section, map) ? sectionShape(section) : null), 1);

/** Caches of the host alone, from three alike on. */
export const foldDomains = (domains: readonly Domain[], roleOf: RoleOf): readonly Folded<Domain>[] =>
  foldAlike(domains, (domain) => (isHost(domain, roleOf) ? domainShape(domain) : null), 2);

const isHost = (domain: Domain, roleOf: RoleOf): boolean => domain.cpus.every((cpu) => roleOf(cpu).role === 'host');

const isUntouched = (section: Section, {roleOf, shareOf}: TopologyMap): boolean =>
  section.devices.length === 0 &&
  shareOf(section) === null &&
  section.domains.every((domain) => isHost(domain, roleOf)) &&
  (section.node?.hugepages ?? []).every(({total}) => total === 0);

/** The kernel's list while it is short, else how many. */
export const shortList = (cpus: readonly number[]): string => {
  const list = formatCpuList(cpus);
  return list.length <= 24 ? list : `${cpus.length} CPUs from ${cpus[0] ?? ''}`;
};

export const describeMoreDomains = (domains: readonly Domain[]): string => {
  const cpus = domains.flatMap((domain) => domain.cpus).sort((a, b) => a - b);
  const list = shortList(cpus);
  return `${domains.length} more like this (${list.includes('CPUs') ? `${cpus.length} CPUs` : `${cpus.length} CPUs: ${list}`})`;
};

export const describeMoreSections = (sections: readonly Section[]): string => {
  const nodes = sections.flatMap(({node}) => node?.id ?? []);
  const cpus = sections.reduce((sum, {cpuCount}) => sum + cpuCount, 0);
  const memory = sections.map(({totalKiB}) => totalKiB ?? 0).reduce((sum, kiB) => sum + kiB, 0);
  const name =
    nodes.length === sections.length ? `node${nodes.length === 1 ? '' : 's'} ${formatCpuList(nodes)}` : 'packages';
  return `${sections.length} more like this: ${name} (${cpus} CPUs${memory === 0 ? '' : `, ${formatKiB(memory)}`}), all with the host`;
};
