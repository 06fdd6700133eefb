import {printable} from '../words/printable.ts';
import {modelOf, summaryOf} from './map-frame.ts';
import {cardBoxes} from './svg/domain-boxes.ts';
import {describePicture, legend} from './svg/legend.ts';
import {offlineRow} from './svg/node-box.ts';
import {packageFrames} from './svg/package-frames.ts';
import {type Block, fontSizes, move, rect, type Shape, stack, styleSheet, text} from './svg/shapes.ts';
import {findTopology, type TopologyInput, type TopologyMap} from './topology-map.ts';

const fonts = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace";

const textRules = (): string =>
  `text{font:${fontSizes.normal}px ${fonts};pointer-events:none;white-space:pre}.large{font-size:${fontSizes.large}px}.small{font-size:${fontSizes.small}px}.bold{font-weight:600}.centred{text-anchor:middle}.offline{stroke-dasharray:3 2}`;

/** A whole SVG document without scripts or anything from elsewhere; `description` is what a screen reader reads. */
const writeSvg = ({width, height, shapes}: Block, title: string, description: string, name: string): string =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="${name}-title" aria-describedby="${name}-description" lang="en">`,
    `<title id="${name}-title">${escapeText(title)}</title>`,
    `<desc id="${name}-description">${escapeText(description)}</desc>`,
    `<style>${textRules()}${styleSheet()}</style>`,
    ...shapes.map(writeShape),
    '</svg>\n',
  ].join('\n');

const writeShape = (shape: Shape): string => {
  if (shape.kind === 'rect') {
    const {x, y, width, height, radius, surface, title} = shape;
    const start = `<rect class="${surface}" x="${x}" y="${y}" width="${width}" height="${height}" rx="${radius}"`;
    return title === null ? `${start}/>` : `${start}><title>${escapeText(title)}</title></rect>`;
  }
  const {x, y, text, ink, size, isBold, isCentred} = shape;
  const classes = [
    `ink-${ink}`,
    ...(size === 'normal' ? [] : [size]),
    ...(isBold ? ['bold'] : []),
    ...(isCentred ? ['centred'] : []),
  ];
  return `<text class="${classes.join(' ')}" x="${x}" y="${y}">${escapeText(text)}</text>`;
};

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Names may hold what XML has no way to write, so nothing unprintable comes as far as the entities. */
const escapeText = (text: string): string =>
  printable(text).replaceAll(/[&<>"']/g, (character) => entities[character] ?? '');

const width = 960;
const margin = 16;

/**
 * The map as a picture for a browser: the same packages, nodes, caches, cores, roles and devices as the text.
 * `name`: what its ids begin with, for several pictures on one page.
 */
export const renderTopologySvg = (input: TopologyInput, name = 'topology'): string => {
  const map = findTopology(input);
  const inner = width - 2 * margin;
  const parts = [
    heading(map, inner),
    packageFrames(map, inner),
    offlineRow(map, inner),
    homelessCards(map, inner),
    legend(map, inner),
  ];
  const content = stack(
    parts.filter(({shapes}) => shapes.length > 0),
    14,
  );
  const height = Math.ceil(content.height) + 2 * margin;
  const page = {
    width,
    height,
    shapes: [rect(0, 0, width, height, 'page', {radius: 0}), ...move(content, margin, margin)],
  };
  return writeSvg(page, `Topology of ${modelOf(map.facts)}`, describePicture(map), name);
};

const heading = ({facts}: TopologyMap, inner: number): Block => ({
  width: inner,
  height: 38,
  shapes: [
    text(0, 15, modelOf(facts), inner, {size: 'large', isBold: true}),
    text(0, 34, summaryOf(facts).join(' · '), inner, {ink: 'muted'}),
  ],
});

const homelessCards = ({homeless, chosen}: TopologyMap, inner: number): Block => {
  if (homeless.length === 0) return {width: inner, height: 0, shapes: []};
  const cards = cardBoxes(homeless, chosen, inner);
  return {
    width: inner,
    height: cards.height + 20,
    shapes: [text(0, 11, 'On no known node', inner, {isBold: true}), ...move(cards, 0, 20)],
  };
};
