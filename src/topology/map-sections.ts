import {formatCpuList} from '../host/kernel-lists.ts';
import {domainShape, type Domain} from './domains.ts';
import {drawDomain, drawNarrowDomain, shortList, type Detail, type RoleOf} from './map-cells.ts';
import {drawDevices} from './map-devices.ts';
import {foldAlike} from './fold.ts';
import {segment, widthOf, wrapWords, type MapLine} from './map-line.ts';
import {formatKiB, hugepageWords, memoryWords} from './map-memory.ts';
import {sectionShape, type Section} from './sections.ts';

type Style = {readonly detail: Detail; readonly roleOf: RoleOf; readonly chosen: ReadonlySet<string>; readonly columns: number};

/** On large machines nodes that look like one shown above, and that nothing is planned for, become one line. */
export const drawSections = (sections: readonly Section[], style: Style): readonly MapLine[] =>
  foldAlike(sections, (section) => (canFold(style) && isUntouched(section, style) ? sectionShape(section) : null), 1).flatMap(({item, more}) => [
    ...drawSection(item, style),
    ...(more.length === 0 ? [] : wrapWords([segment(describeMore(more), 'muted')], [], style.columns, 2)),
  ]);

const drawSection = (section: Section, style: Style): readonly MapLine[] => [
  ...wrapWords([segment(headingOf(section), 'title')], headingWords(section), style.columns, 2),
  ...drawDomains(section.domains, style),
  ...drawDevices(section.devices, style.chosen, style.columns),
];

const headingOf = ({node, packages}: Section): string => {
  const owner = packages.length === 0 ? '' : `Package ${formatCpuList(packages)}`;
  if (node === null) return owner === '' ? 'In no node' : owner;
  return `${owner}${owner === '' ? '' : ' · '}Node ${node.id}`;
};

const headingWords = ({node, cpuCount, totalKiB, freeKiB}: Section): readonly MapLine[] => [
  [segment(`· ${cpuCount === 0 ? 'no CPU' : cpuCount === 1 ? '1 CPU' : `${cpuCount} CPUs`} ·`, 'muted')],
  ...memoryWords(totalKiB, freeKiB),
  ...hugepageWords(node?.hugepages ?? []),
  ...(node?.distances === null || node === null || node.distances.length < 2 ? [] : [[segment(describeDistances(node.distances), 'muted')]]),
];

const describeDistances = (distances: readonly number[]): string =>
  distances.length <= 8 ? `· distances ${distances.join(' ')}` : `· distances ${Math.min(...distances)} to ${Math.max(...distances)}`;

const drawDomains = (domains: readonly Domain[], style: Style): readonly MapLine[] => {
  const {detail, roleOf, columns} = style;
  const lines: MapLine[] = [];
  let narrow: MapLine[] = [];
  const flush = (): void => {
    if (narrow.length > 0) lines.push(...wrapWords([segment(' ', 'plain')], narrow, columns, 2));
    narrow = [];
  };
  for (const {item, more} of foldAlike(domains, (domain) => (canFold(style) && isHost(domain, roleOf) ? domainShape(domain) : null), 2)) {
    const word = drawNarrowDomain(item, detail, roleOf, columns);
    if (word === null) flush();
    if (word === null) lines.push(...drawDomain(item, detail, roleOf, columns));
    else narrow.push(word);
    if (more.length > 0) narrow.push([segment(describeMoreDomains(more), 'muted')]);
  }
  flush();
  return lines.filter((line) => widthOf(line) > 0);
};

const canFold = ({detail}: Style): boolean => detail !== 'numbered';

const isHost = (domain: Domain, roleOf: RoleOf): boolean => domain.cpus.every((cpu) => roleOf(cpu).role === 'host');

const isUntouched = (section: Section, {roleOf}: Style): boolean =>
  section.devices.length === 0 &&
  section.domains.every((domain) => isHost(domain, roleOf)) &&
  (section.node?.hugepages ?? []).every(({total}) => total === 0);

const describeMoreDomains = (domains: readonly Domain[]): string => {
  const cpus = domains.flatMap((domain) => domain.cpus).sort((a, b) => a - b);
  const list = shortList(cpus);
  return `${domains.length} more like this (${list.includes('CPUs') ? `${cpus.length} CPUs` : `${cpus.length} CPUs: ${list}`})`;
};

const describeMore = (sections: readonly Section[]): string => {
  const nodes = sections.flatMap(({node}) => node?.id ?? []);
  const cpus = sections.reduce((sum, {cpuCount}) => sum + cpuCount, 0);
  const memory = sections.map(({totalKiB}) => totalKiB ?? 0).reduce((sum, kiB) => sum + kiB, 0);
  const name = nodes.length === sections.length ? `node${nodes.length === 1 ? '' : 's'} ${formatCpuList(nodes)}` : 'packages';
  return `${sections.length} more like this: ${name} (${cpus} CPUs${memory === 0 ? '' : `, ${formatKiB(memory)}`}), all with the host`;
};
