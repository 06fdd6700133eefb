import type {PciFunction} from '../../facts/pci.ts';
import type {RoleOf} from '../cpu-roles.ts';
import type {Domain} from '../domains.ts';
import {describeMoreDomains, type Folded, shortList} from '../fold.ts';
import {describeDomain} from '../map-cells.ts';
import {type Chosen, findCards} from '../map-devices.ts';
import {columnsOf, letteredCores, numberedCores} from './cells.ts';
import {type Block, move, rect, stack, text} from './shapes.ts';

const height = 22;
const tag = 32;

/** A box for each card; what goes to the guest is coloured and says so. */
export const cardBoxes = (devices: readonly PciFunction[], chosen: Chosen, width: number): Block => {
  const {cards, more} = findCards(devices, chosen);
  const boxes = cards.map((card): Block => ({
    width,
    height,
    shapes: [
      rect(0, 0, width, height, 'host', {title: card.text}),
      ...(card.isChosen ? [rect(0, 0, tag, height, 'device')] : []),
      text(tag / 2, 15, card.isChosen ? '*' : 'GPU', tag, {
        ink: card.isChosen ? 'on-device' : 'muted',
        isBold: card.isChosen,
        isCentred: true,
      }),
      text(tag + 8, 15, card.text, width - tag - 16, {isBold: card.isChosen}),
    ],
  }));
  return stack(
    [
      ...boxes,
      ...(more === null ? [] : [{width, height: 16, shapes: [text(8, 11, more, width - 16, {ink: 'muted'})]}]),
    ],
    4,
  );
};

const padding = 7;
const labelHeight = 18;
const noteHeight = 16;
const gap = 6;
const mostColumns = 4;

export type DomainStyle = {readonly isNumbered: boolean; readonly roleOf: RoleOf};

/** Caches side by side, in that number of columns that takes the least height; of equal ones the fewest. */
export const domainBoxes = (domains: readonly Folded<Domain>[], width: number, style: DomainStyle): Block => {
  const layouts = Array.from({length: Math.min(mostColumns, domains.length)}, (_, index) =>
    columnsOf(domains, index + 1, width, gap, (domain, each, least) => domainBox(domain, each, least, style)),
  );
  const fitting = layouts.filter((layout, index) => index === 0 || (layout.width <= width && !isCut(layout)));
  return fitting.reduce(
    (best, layout) => (layout.height < best.height ? layout : best),
    fitting[0] ?? {width, height: 0, shapes: []},
  );
};

const isCut = ({shapes}: Block): boolean => shapes.some((shape) => shape.kind === 'text' && shape.text.endsWith('…'));

const domainBox = (
  {item, more}: Folded<Domain>,
  width: number,
  least: number,
  {isNumbered, roleOf}: DomainStyle,
): Block => {
  const cores = (isNumbered ? numberedCores : letteredCores)(item.cores, width - 2 * padding, roleOf);
  const bottom = labelHeight + cores.height + padding;
  const height = Math.max(least, bottom + (more.length === 0 ? 0 : noteHeight));
  return {
    width: Math.max(width, cores.width + 2 * padding),
    height,
    shapes: [
      rect(0, 0, width, height, 'domain', {radius: 5}),
      text(
        padding,
        13,
        isNumbered ? describeDomain(item) : `${describeDomain(item)} · ${shortList(item.cpus)}`,
        width - 2 * padding,
        {ink: 'muted', size: 'small'},
      ),
      ...move(cores, padding, labelHeight),
      ...(more.length === 0
        ? []
        : [text(padding, bottom + 8, describeMoreDomains(more), width - 2 * padding, {ink: 'muted', size: 'small'})]),
    ],
  };
};
