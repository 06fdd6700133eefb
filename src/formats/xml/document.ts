import {SaxesParser, type SaxesTagNS} from 'saxes';

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

/**
 * The parser has judged the tag as well-formed before, so `<` occurs in no attribute value and each value is quoted.
 * `contentEnd` and `end` are set when the element closes.
 */
const openElement = (source: string, tag: SaxesTagNS, startTagEnd: number): OpenElement => {
  const start = source.lastIndexOf('<', startTagEnd - 1);
  return {
    name: tag.name,
    namespace: tag.uri,
    attributes: locateAttributes(source, start, startTagEnd, tag),
    children: [],
    text: '',
    start,
    startTagEnd,
    contentEnd: startTagEnd,
    end: startTagEnd,
    isSelfClosing: tag.isSelfClosing,
  };
};

const locateAttributes = (source: string, start: number, end: number, tag: SaxesTagNS): readonly XmlAttribute[] => {
  const offset = start + 1 + tag.name.length;
  const values = new Map(Object.entries(tag.attributes));
  return [...source.slice(offset, end).matchAll(attributePattern)].map((match) => {
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

/** Begins only where white space does: else each blank of a long run would be tried as the first. */
const attributePattern = /(?<!\s)\s+([^\s=]+)\s*=\s*("[^"]*"|'[^']*')/g;

/** libvirt's own elements have no namespace; what others put into a domain has one. */
export const childrenNamed = (parent: XmlElement | null, name: string): readonly XmlElement[] =>
  parent?.children.filter((child) => child.name === name && child.namespace === '') ?? [];

export const childNamed = (parent: XmlElement | null, name: string): XmlElement | null =>
  childrenNamed(parent, name)[0] ?? null;

/** Descendants by the names on the way from `parent` down, `devices/hostdev/source`. */
export const elementsAt = (parent: XmlElement | null, path: string): readonly XmlElement[] =>
  path
    .split('/')
    .reduce<readonly XmlElement[]>(
      (found, name) => found.flatMap((element) => childrenNamed(element, name)),
      parent === null ? [] : [parent],
    );

export const attributeOf = (element: XmlElement | null, name: string): string | null =>
  element?.attributes.find((attribute) => attribute.name === name)?.value ?? null;

/** In document order, the element itself first. */
export const allElements = (element: XmlElement): readonly XmlElement[] => [
  element,
  ...element.children.flatMap(allElements),
];

/** How this file is written, so that what is added looks like its neighbours. */
export type XmlStyle = {readonly lineEnding: '\n' | '\r\n'; readonly quote: Quote; readonly indent: string};

const detectStyle = (text: string, root: XmlElement): XmlStyle => ({
  lineEnding: /\r?\n/.exec(text)?.[0] === '\r\n' ? '\r\n' : '\n',
  quote: root.attributes[0]?.quote ?? firstQuote(root),
  indent: firstIndent(text, root),
});

/** virsh writes single quotes, virt-manager's XML editor double ones. */
const firstQuote = (root: XmlElement): Quote => {
  const attributes = root.children.flatMap((child) => child.attributes);
  return attributes[0]?.quote ?? "'";
};

const firstIndent = (text: string, root: XmlElement): string => {
  const outer = indentationOf(text, root) ?? '';
  for (const child of root.children) {
    const inner = indentationOf(text, child);
    if (inner !== null && inner.length > outer.length && inner.startsWith(outer)) return inner.slice(outer.length);
  }
  return '  ';
};

/** White space before an element that is first on its line; `null` when something else is before it on the line. */
export const indentationOf = (text: string, element: XmlElement): string | null => {
  const before = text.slice(lineStart(text, element.start), element.start);
  return /^\uFEFF?[ \t]*$/.test(before) ? before.replace('\uFEFF', '') : null;
};

const lineStart = (text: string, offset: number): number => text.lastIndexOf('\n', offset - 1) + 1;

/** The text stays the truth: the tree only remembers where in it things are. */
export type XmlDocument = {readonly text: string; readonly root: XmlElement; readonly style: XmlStyle};

/** 1-based line and column. */
export type XmlProblem = {readonly line: number; readonly column: number; readonly message: string};

export type ParsedXml =
  {readonly ok: true; readonly document: XmlDocument} | {readonly ok: false; readonly problem: XmlProblem};

/** No domain comes near this, and a captured tree may hold anything. */
const maximumLength = 4 * 1024 * 1024;
/** libxml2 stops at the same depth (xmlParserMaxDepth). */
const maximumDepth = 256;

type OpenElement = Omit<XmlElement, 'children' | 'text' | 'contentEnd' | 'end'> & {
  readonly children: XmlElement[];
  text: string;
  contentEnd: number;
  end: number;
};

/** Strict XML 1.0 with namespaces; document type declarations are refused, since entities could stand for anything. */
export const parseXmlDocument = (text: string): ParsedXml => {
  const {root, problem} = parseXmlBeginning(text);
  if (problem !== null) return {ok: false, problem};
  if (root === null) return {ok: false, problem: {line: 1, column: 1, message: 'document must contain a root element'}};
  return {ok: true, document: {text, root, style: detectStyle(text, root)}};
};

/**
 * What comes before the first problem, for facts: a guest with a damaged file must still be listed. Elements that are
 * open there end with what was read. `problem` is `null` for a well-formed text and for an empty one.
 */
export const parseXmlBeginning = (
  text: string,
): {readonly root: XmlElement | null; readonly problem: XmlProblem | null} => {
  if (text.length > maximumLength)
    return {root: null, problem: {line: 1, column: 1, message: 'the file is larger than 4 MiB'}};
  const reading: Reading = {text, open: [], root: null, problem: null};
  const parser = new SaxesParser({xmlns: true, forceXMLVersion: true, defaultXMLVersion: '1.0'});
  try {
    listen(parser, reading);
    if (text.trim() !== '') parser.write(text).close();
  } catch (error) {
    if (reading.problem === null) throw error;
  }
  for (const element of reading.open) element.contentEnd = element.end = Math.min(parser.position, text.length);
  return {root: reading.root, problem: reading.problem};
};

type Reading = {
  readonly text: string;
  readonly open: OpenElement[];
  root: XmlElement | null;
  problem: XmlProblem | null;
};

/** The parser would go on after a problem, over markup of which nothing is sure: an error thrown to it ends that. */
const listen = (parser: SaxesParser<{xmlns: true}>, reading: Reading): void => {
  const {text, open} = reading;
  const fail = (message: string): never => {
    reading.problem = {line: parser.line, column: Math.max(1, parser.column), message};
    throw new Error(message);
  };
  const addText = (part: string): void => {
    const current = open.at(-1);
    if (current !== undefined) current.text += part;
  };
  parser.on('error', (error) => fail(error.message.replace(/^\d+:\d+: /, '').replace(/\.$/, '')));
  parser.on('doctype', () => fail('a document type declaration is not allowed here'));
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('opentag', (tag) => {
    if (open.length >= maximumDepth) fail(`elements are nested deeper than ${maximumDepth}`);
    const element = openElement(text, tag, parser.position);
    const parent = open.at(-1);
    if (parent === undefined) reading.root ??= element;
    else parent.children.push(element);
    open.push(element);
  });
  parser.on('closetag', () => {
    const element = open.pop();
    if (element === undefined) return;
    element.end = parser.position;
    element.contentEnd = element.isSelfClosing ? element.startTagEnd : text.lastIndexOf('<', element.end - 1);
  });
};

/** 1-based line and column (in UTF-16 units) of an offset. */
export const positionOf = (text: string, offset: number): {readonly line: number; readonly column: number} => {
  const before = text.slice(0, offset);
  const lastBreak = before.lastIndexOf('\n');
  return {line: before.split('\n').length, column: offset - lastBreak};
};
