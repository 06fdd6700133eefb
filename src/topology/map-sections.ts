import type {Domain} from './domains.ts';
import {describeMoreDomains, describeMoreSections, foldDomains, foldSections, unfolded} from './fold.ts';
import {type Detail, drawDomain, drawNarrowDomain} from './map-cells.ts';
import {drawDevices} from './map-devices.ts';
import {type Line, segment, widthOf, wrapWords} from '../words/lines.ts';
import {hugepageWords, memoryWords, shareWords} from './map-memory.ts';
import {cpuCountOf, describeDistances, headingOf, type Section} from './sections.ts';
import type {TopologyMap} from './topology-map.ts';

type Style = {readonly detail: Detail; readonly columns: number};

export const drawSections = (map: TopologyMap, style: Style): readonly Line[] =>
  (canFold(map, style) ? foldSections(map) : map.sections.map(unfolded)).flatMap(({item, more}) => [
    ...drawSection(map, item, style),
    ...(more.length === 0 ? [] : wrapWords([segment(describeMoreSections(more), 'muted')], [], style.columns, 2)),
  ]);

const drawSection = (map: TopologyMap, section: Section, style: Style): readonly Line[] => [
  ...wrapWords([segment(headingOf(section), 'title')], headingWords(map, section), style.columns, 2),
  ...drawDomains(map, section.domains, style),
  ...drawDevices(section.devices, map.chosen, style.columns),
];

const headingWords = (map: TopologyMap, section: Section): readonly Line[] => {
  const distances = describeDistances(section);
  return [
    [segment(`· ${cpuCountOf(section)} ·`, 'muted')],
    ...memoryWords(section),
    ...hugepageWords(section),
    ...shareWords(section, map.shareOf(section)),
    ...(distances === null ? [] : [[segment(`· ${distances}`, 'muted')]]),
  ];
};

const drawDomains = (map: TopologyMap, domains: readonly Domain[], style: Style): readonly Line[] => {
  const {detail, columns} = style;
  const {roleOf} = map;
  const lines: Line[] = [];
  let narrow: Line[] = [];
  const flush = (): void => {
    if (narrow.length > 0) lines.push(...wrapWords([segment(' ')], narrow, columns, 2));
    narrow = [];
  };
  for (const {item, more} of canFold(map, style) ? foldDomains(domains, roleOf) : domains.map(unfolded)) {
    const word = drawNarrowDomain(item, detail, roleOf, columns);
    if (word === null) flush();
    if (word === null) lines.push(...drawDomain(item, detail, roleOf, columns));
    else narrow.push(word);
    if (more.length > 0) narrow.push([segment(describeMoreDomains(more), 'muted')]);
  }
  flush();
  return lines.filter((line) => widthOf(line) > 0);
};

const canFold = ({isWhole}: TopologyMap, {detail}: Style): boolean => !isWhole && detail !== 'numbered';
