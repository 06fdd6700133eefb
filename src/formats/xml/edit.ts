import type {Splice} from '../splices.ts';
import {indentationOf, type Quote, type XmlDocument, type XmlElement, type XmlStyle} from './document.ts';

/** New XML as data: values meet markup only in `renderFragment`, which escapes them. */
export type XmlFragment = {
  readonly name: string;
  readonly attributes: readonly (readonly [name: string, value: string])[];
  /** Text instead of children. */
  readonly text: string | null;
  readonly children: readonly XmlFragment[];
};

/** XML 1.0 has no way to write this character, not even as a reference. */
export class IllegalCharacterError extends Error {
  override readonly name = 'IllegalCharacterError';
  readonly value: string;

  constructor(value: string) {
    super(`${JSON.stringify(value)} holds a character that XML cannot carry`);
    this.value = value;
  }
}

type Attributes = Readonly<Record<string, string | number | null>>;

/** An attribute that is `null` is left out. */
export const element = (
  name: string,
  attributes: Attributes = {},
  content: readonly XmlFragment[] | string = [],
): XmlFragment => ({
  name,
  attributes: Object.entries(attributes).flatMap(([key, value]) =>
    value === null ? [] : [[key, String(value)] as const],
  ),
  text: typeof content === 'string' ? content : null,
  children: typeof content === 'string' ? [] : content,
});

/**
 * Without indentation on the first line. `indentation` is that of the element's own line; `null` writes everything on
 * one line.
 */
export const renderFragment = (fragment: XmlFragment, style: XmlStyle, indentation: string | null): string => {
  const {name, attributes, children, text} = fragment;
  const start = `<${name}${attributes.map(([key, value]) => renderAttribute(key, value, style.quote)).join('')}`;
  if (text !== null) return `${start}>${escapeXml(text)}</${name}>`;
  if (children.length === 0) return `${start}/>`;
  const inner = indentation === null ? null : indentation + style.indent;
  const before = inner === null ? '' : style.lineEnding + inner;
  const after = indentation === null ? '' : style.lineEnding + indentation;
  return `${start}>${children.map((child) => before + renderFragment(child, style, inner)).join('')}${after}</${name}>`;
};

const renderAttribute = (name: string, value: string, quote: Quote): string =>
  ` ${name}=${quote}${escapeXml(value, quote)}${quote}`;

const references: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

/** XML 1.0 section 2.2; lone surrogates are no characters at all. */
const illegal = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;

/** White space in attributes becomes a reference, since a parser would make plain spaces of it. */
const escapeXml = (value: string, quote: Quote | null = null): string => {
  if (illegal.test(value)) throw new IllegalCharacterError(value);
  const special = quote === null ? /[&<>\r]/g : quote === '"' ? /[&<>"\t\n\r]/g : /[&<>'\t\n\r]/g;
  return value.replaceAll(special, (character) => references[character] ?? character);
};

export const setAttribute = (
  document: XmlDocument,
  element: XmlElement,
  name: string,
  value: string,
): readonly Splice[] => {
  const existing = element.attributes.find((attribute) => attribute.name === name);
  if (existing?.value === value) return [];
  if (existing !== undefined)
    return [{start: existing.valueStart, end: existing.valueEnd, text: escapeXml(value, existing.quote)}];
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

export type Placement = {
  /** Customary order of the parent's children; a name that is not in it goes last. */
  readonly order: readonly string[];
  /** Children that leave in the same batch. */
  readonly removed: ReadonlySet<XmlElement>;
};

/** Puts children, in the given order, where libvirt would write them, each with its neighbour's indentation. */
export const insertChildren = (
  document: XmlDocument,
  parent: XmlElement,
  fragments: readonly XmlFragment[],
  placement: Placement,
): readonly Splice[] => {
  if (fragments.length === 0) return [];
  if (parent.children.length === 0) return [insertOnly(document, parent, fragments)];
  return fragments.map((fragment) => insertBeside(document, parent, fragment, placement));
};

const insertBeside = (
  document: XmlDocument,
  parent: XmlElement,
  fragment: XmlFragment,
  {order, removed}: Placement,
): Splice => {
  const rank = rankOf(order, fragment.name);
  const isLast = rank === order.length;
  const anchor = parent.children.findLast((child) => isLast || rankOf(order, child.name) <= rank) ?? null;
  const neighbour = anchor ?? parent.children[0];
  if (neighbour === undefined) return insertOnly(document, parent, [fragment]);
  const indentation = indentationOf(document.text, neighbour);
  const lead = indentation === null ? '' : document.style.lineEnding + indentation;
  const rendered = renderFragment(fragment, document.style, indentation);
  if (removed.has(neighbour)) return at(removeElement(document, neighbour).start, lead + rendered);
  return anchor === null ? at(neighbour.start, rendered + lead) : at(afterLine(document.text, anchor), lead + rendered);
};

const rankOf = (order: readonly string[], name: string): number => {
  const rank = order.indexOf(name);
  return rank < 0 ? order.length : rank;
};

const at = (place: number, text: string): Splice => ({start: place, end: place, text});

/** A comment behind an element on its line speaks of that element, so nothing goes between the two. */
const afterLine = (text: string, element: XmlElement): number => {
  const rest = text.slice(
    element.end,
    text.indexOf('\n', element.end) < 0 ? text.length : text.indexOf('\n', element.end),
  );
  const comments = /^(?:[ \t]*<!--(?:(?!-->).)*-->)+(?=[ \t\r]*$)/.exec(rest)?.[0] ?? '';
  return element.end + comments.length;
};

/** Into an element that has no child: what is there besides white space (comments) stays in front. */
const insertOnly = ({text, style}: XmlDocument, parent: XmlElement, fragments: readonly XmlFragment[]): Splice => {
  const outer = indentationOf(text, parent);
  const inner = outer === null ? null : outer + style.indent;
  const lead = inner === null ? '' : style.lineEnding + inner;
  const body = fragments.map((fragment) => lead + renderFragment(fragment, style, inner)).join('');
  const tail = outer === null ? '' : style.lineEnding + outer;
  if (parent.isSelfClosing)
    return {start: parent.startTagEnd - 2, end: parent.startTagEnd, text: `>${body}${tail}</${parent.name}>`};
  const content = text.slice(parent.startTagEnd, parent.contentEnd);
  return {start: parent.startTagEnd + content.trimEnd().length, end: parent.contentEnd, text: body + tail};
};
