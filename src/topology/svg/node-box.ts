import {formatCpuList} from '../../facts/kernel-lists.ts';
import {foldDomains, unfolded} from '../fold.ts';
import {offlineOf} from '../map-frame.ts';
import {cpuCountOf, describeDistances, nameOf, type Section} from '../sections.ts';
import type {TopologyMap} from '../topology-map.ts';
import {flow, mostNumbered} from './cells.ts';
import {cardBoxes, domainBoxes} from './domain-boxes.ts';
import {type Block, characterWidth, memoryBars, move, rect, stack, text} from './shapes.ts';

const cell = {width: 31, height: 30};
const gap = 4;
/** More are named as a list. */
const mostDrawn = 32;

/** Offline CPUs tell neither core nor node, so they stand on their own. */
export const offlineRow = ({facts}: TopologyMap, width: number): Block => {
  const offline = offlineOf(facts.cpu.cpus);
  if (offline.length === 0) return {width, height: 0, shapes: []};
  const heading = text(
    0,
    11,
    offline.length > mostDrawn ? `Offline: CPUs ${formatCpuList(offline)}` : 'Offline',
    width,
    {isBold: true},
  );
  if (offline.length > mostDrawn) return {width, height: 14, shapes: [heading]};
  const cells = flow(offline.map(offlineCell), width, gap);
  return {width, height: cells.height + 20, shapes: [heading, ...move(cells, 0, 20)]};
};

const offlineCell = (cpu: number): Block => ({
  ...cell,
  shapes: [
    rect(0, 0, cell.width, cell.height, 'offline', {radius: 3, title: `CPU ${cpu}: offline`}),
    text(cell.width / 2, 11, String(cpu), cell.width, {ink: 'muted', size: 'small', isCentred: true}),
    text(cell.width / 2, 24, 'x', cell.width, {ink: 'muted', isCentred: true}),
  ],
});

const padding = 10;
/** More fold where they are alike. */
const mostDomains = 16;

/** A node, or a package whose CPUs are in none: memory, caches with their cores, devices; at least `least` high. */
export const nodeBox = (map: TopologyMap, section: Section, width: number, least: number): Block => {
  const inner = width - 2 * padding;
  const isNumbered = map.onlineCount <= mostNumbered;
  const domains =
    section.domains.length <= mostDomains ? section.domains.map(unfolded) : foldDomains(section.domains, map.roleOf);
  const parts = [
    heading(section, inner),
    memoryBars(section, map.shareOf(section), inner),
    domainBoxes(domains, inner, {isNumbered, roleOf: map.roleOf}),
    cardBoxes(section.devices, map.chosen, inner),
  ];
  const content = stack(
    parts.filter((part) => part.shapes.length > 0),
    8,
  );
  const height = Math.max(least, content.height + 2 * padding);
  return {width, height, shapes: [rect(0, 0, width, height, 'node', {radius: 6}), ...move(content, padding, padding)]};
};

const heading = (section: Section, width: number): Block => {
  const name = nameOf(section);
  const start = (name.length + 2) * characterWidth('normal');
  const distances = describeDistances(section);
  const rest = `${cpuCountOf(section)}${distances === null ? '' : ` · ${distances}`}`;
  return {
    width,
    height: 14,
    shapes: [text(0, 11, name, width, {isBold: true}), text(start, 11, rest, width - start, {ink: 'muted'})],
  };
};
