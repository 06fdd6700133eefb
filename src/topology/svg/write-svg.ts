import {plainText} from '../map-line.ts';
import {fontSizes, type Block, type Shape} from './shapes.ts';
import {styleSheet} from './palette.ts';

const fonts = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace";

const textRules = (): string =>
  `text{font:${fontSizes.normal}px ${fonts};pointer-events:none;white-space:pre}.large{font-size:${fontSizes.large}px}.small{font-size:${fontSizes.small}px}.bold{font-weight:600}.centred{text-anchor:middle}.offline{stroke-dasharray:3 2}`;

/** A whole SVG document without scripts or anything from elsewhere; `description` is what a screen reader reads. */
export const writeSvg = ({width, height, shapes}: Block, title: string, description: string): string =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="topology-title" aria-describedby="topology-description" lang="en">`,
    `<title id="topology-title">${escapeText(title)}</title>`,
    `<desc id="topology-description">${escapeText(description)}</desc>`,
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
  const classes = [`ink-${ink}`, ...(size === 'normal' ? [] : [size]), ...(isBold ? ['bold'] : []), ...(isCentred ? ['centred'] : [])];
  return `<text class="${classes.join(' ')}" x="${x}" y="${y}">${escapeText(text)}</text>`;
};

const entities: Readonly<Record<string, string>> = {'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;'};

/** Names may hold what XML has no way to write, so nothing unprintable comes as far as the entities. */
const escapeText = (text: string): string => plainText(text).replaceAll(/[&<>"']/g, (character) => entities[character] ?? '');
