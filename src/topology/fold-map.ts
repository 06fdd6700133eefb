import {formatCpuList} from '../host/kernel-lists.ts';
import type {RoleOf} from './cpu-roles.ts';
import {domainShape, type Domain} from './domains.ts';
import {foldAlike, type Folded} from './fold.ts';
import {formatKiB} from './map-memory.ts';
import {sectionShape, type Section} from './sections.ts';
import type {TopologyMap} from './topology-map.ts';

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
  const name = nodes.length === sections.length ? `node${nodes.length === 1 ? '' : 's'} ${formatCpuList(nodes)}` : 'packages';
  return `${sections.length} more like this: ${name} (${cpus} CPUs${memory === 0 ? '' : `, ${formatKiB(memory)}`}), all with the host`;
};
