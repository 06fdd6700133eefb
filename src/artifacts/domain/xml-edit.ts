import type {XmlDocument} from './xml-document.ts';
import type {XmlElement} from './xml-element.ts';
import {escapeXml, renderAttribute} from './xml-fragment.ts';

/** Replaces the text from `start` to `end` (exclusive); everything outside keeps its bytes. */
export type Splice = {readonly start: number; readonly end: number; readonly text: string};

/** Splices of one batch are made against the same text and don't overlap; at one place, insertions keep their order. */
export const applySplices = (text: string, splices: readonly Splice[]): string => {
  const parts: string[] = [];
  let position = 0;
  for (const splice of inOrder(splices)) {
    if (splice.start < position) throw new RangeError(`Two edits overlap at offset ${splice.start}`);
    parts.push(text.slice(position, splice.start), splice.text);
    position = splice.end;
  }
  return parts.join('') + text.slice(position);
};

/** Array.prototype.sort is stable; an insertion goes before a replacement that starts at the same place. */
const inOrder = (splices: readonly Splice[]): readonly Splice[] =>
  [...splices].sort((a, b) => a.start - b.start || Number(a.end > a.start) - Number(b.end > b.start));

export const setAttribute = (document: XmlDocument, element: XmlElement, name: string, value: string): readonly Splice[] => {
  const existing = element.attributes.find((attribute) => attribute.name === name);
  if (existing?.value === value) return [];
  if (existing !== undefined) return [{start: existing.valueStart, end: existing.valueEnd, text: escapeXml(value, existing.quote)}];
  const last = element.attributes.at(-1);
  const place = last?.end ?? element.start + 1 + element.name.length;
  return [{start: place, end: place, text: renderAttribute(name, value, last?.quote ?? document.style.quote)}];
};

export const removeAttribute = (element: XmlElement, name: string): readonly Splice[] =>
  element.attributes.filter((attribute) => attribute.name === name).map(({start, end}) => ({start, end, text: ''}));

/** For an element without children. */
export const setText = (element: XmlElement, value: string): readonly Splice[] => {
  if (element.text === value) return [];
  const text = escapeXml(value);
  if (!element.isSelfClosing) return [{start: element.startTagEnd, end: element.contentEnd, text}];
  return [{start: element.startTagEnd - 2, end: element.startTagEnd, text: `>${text}</${element.name}>`}];
};

/** With its line where it has one to itself, from the line break before to the end of its own line. */
export const removeElement = ({text}: XmlDocument, element: XmlElement): Splice => {
  const before = /\r?\n[ \t]*$/.exec(text.slice(Math.max(0, element.start - 1024), element.start))?.[0] ?? '';
  const after = /^[ \t]*(?=\r?\n)/.exec(text.slice(element.end, element.end + 1024))?.[0] ?? null;
  if (before === '' || after === null) return {start: element.start, end: element.end, text: ''};
  return {start: element.start - before.length, end: element.end + after.length, text: ''};
};
