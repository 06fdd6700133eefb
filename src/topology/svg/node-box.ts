import {foldDomains} from '../fold-map.ts';
import {unfolded} from '../fold.ts';
import {cpuCountOf, describeDistances, nameOf, type Section} from '../sections.ts';
import type {TopologyMap} from '../topology-map.ts';
import {memoryBars} from './bars.ts';
import {cardBoxes} from './card-boxes.ts';
import {mostNumbered} from './cells.ts';
import {domainBoxes} from './domain-boxes.ts';
import {characterWidth, move, rect, stack, text, type Block} from './shapes.ts';

const padding = 10;
/** More fold where they are alike. */
const mostDomains = 16;

/** A node, or a package whose CPUs are in none: memory, caches with their cores, devices; at least `least` high. */
export const nodeBox = (map: TopologyMap, section: Section, width: number, least: number): Block => {
  const inner = width - 2 * padding;
  const isNumbered = map.onlineCount <= mostNumbered;
  const domains = section.domains.length <= mostDomains ? section.domains.map(unfolded) : foldDomains(section.domains, map.roleOf);
  const parts = [
    heading(section, inner),
    memoryBars(section, map.shareOf(section), inner),
    domainBoxes(domains, inner, {isNumbered, roleOf: map.roleOf}),
    cardBoxes(section.devices, map.chosen, inner),
  ];
  const content = stack(parts.filter((part) => part.shapes.length > 0), 8);
  const height = Math.max(least, content.height + 2 * padding);
  return {width, height, shapes: [rect(0, 0, width, height, 'node', {radius: 6}), ...move(content, padding, padding)]};
};

const heading = (section: Section, width: number): Block => {
  const name = nameOf(section);
  const start = (name.length + 2) * characterWidth('normal');
  const distances = describeDistances(section);
  const rest = `${cpuCountOf(section)}${distances === null ? '' : ` · ${distances}`}`;
  return {width, height: 14, shapes: [text(0, 11, name, width, {isBold: true}), text(start, 11, rest, width - start, {ink: 'muted'})]};
};
