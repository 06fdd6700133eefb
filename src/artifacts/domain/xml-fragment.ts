import type {Quote} from './xml-element.ts';
import type {XmlStyle} from './xml-style.ts';

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
export const element = (name: string, attributes: Attributes = {}, content: readonly XmlFragment[] | string = []): XmlFragment => ({
  name,
  attributes: Object.entries(attributes).flatMap(([key, value]) => (value === null ? [] : [[key, String(value)] as const])),
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

export const renderAttribute = (name: string, value: string, quote: Quote): string => ` ${name}=${quote}${escapeXml(value, quote)}${quote}`;

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
export const escapeXml = (value: string, quote: Quote | null = null): string => {
  if (illegal.test(value)) throw new IllegalCharacterError(value);
  const special = quote === null ? /[&<>\r]/g : quote === '"' ? /[&<>"\t\n\r]/g : /[&<>'\t\n\r]/g;
  return value.replaceAll(special, (character) => references[character] ?? character);
};
