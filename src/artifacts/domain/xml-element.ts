import type {SaxesTagNS} from 'saxes';

export type Quote = '"' | "'";

/** Offsets into the source text; ends are exclusive. */
export type XmlAttribute = {
  /** As written, prefix included. */
  readonly name: string;
  readonly value: string;
  /** Of the white space before the name. */
  readonly start: number;
  /** After the closing quote. */
  readonly end: number;
  readonly valueStart: number;
  readonly valueEnd: number;
  readonly quote: Quote;
};

export type XmlElement = {
  /** As written, prefix included. */
  readonly name: string;
  readonly namespace: string;
  readonly attributes: readonly XmlAttribute[];
  readonly children: readonly XmlElement[];
  /** Character data of the element itself, CDATA included, the children's left out. */
  readonly text: string;
  readonly start: number;
  readonly startTagEnd: number;
  /** Where the end tag begins; `startTagEnd` of `<a/>`. */
  readonly contentEnd: number;
  readonly end: number;
  readonly isSelfClosing: boolean;
};

type Parsed = {
  readonly source: string;
  readonly tag: SaxesTagNS;
  readonly children: readonly XmlElement[];
  readonly text: string;
  readonly startTagEnd: number;
  readonly end: number;
};

/** The parser has judged the text as well-formed before, so `<` occurs in no attribute value and each value is quoted. */
export const buildElement = ({source, tag, children, text, startTagEnd, end}: Parsed): XmlElement => {
  const start = source.lastIndexOf('<', startTagEnd - 1);
  return {
    name: tag.name,
    namespace: tag.uri,
    attributes: locateAttributes(source, start, startTagEnd, tag),
    children,
    text,
    start,
    startTagEnd,
    contentEnd: tag.isSelfClosing ? startTagEnd : source.lastIndexOf('<', end - 1),
    end,
    isSelfClosing: tag.isSelfClosing,
  };
};

const locateAttributes = (source: string, start: number, end: number, tag: SaxesTagNS): readonly XmlAttribute[] => {
  const offset = start + 1 + tag.name.length;
  const values = new Map(Object.entries(tag.attributes));
  return [...source.slice(offset, end).matchAll(/\s+([^\s=]+)\s*=\s*("[^"]*"|'[^']*')/g)].map((match) => {
    const [whole, name = '', quoted = ''] = match;
    const attributeEnd = offset + match.index + whole.length;
    return {
      name,
      value: values.get(name)?.value ?? '',
      start: offset + match.index,
      end: attributeEnd,
      valueStart: attributeEnd - quoted.length + 1,
      valueEnd: attributeEnd - 1,
      quote: quoted.startsWith('"') ? '"' : "'",
    };
  });
};

/** libvirt's own elements have no namespace; what others put into a domain has one. */
export const childrenNamed = (parent: XmlElement | null, name: string): readonly XmlElement[] =>
  parent?.children.filter((child) => child.name === name && child.namespace === '') ?? [];

export const childNamed = (parent: XmlElement | null, name: string): XmlElement | null => childrenNamed(parent, name)[0] ?? null;

export const attributeOf = (element: XmlElement | null, name: string): string | null =>
  element?.attributes.find((attribute) => attribute.name === name)?.value ?? null;

/** In document order, the element itself first. */
export const allElements = (element: XmlElement): readonly XmlElement[] => [element, ...element.children.flatMap(allElements)];
