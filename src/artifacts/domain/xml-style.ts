import type {Quote, XmlElement} from './xml-element.ts';

/** How this file is written, so that what is added looks like its neighbours. */
export type XmlStyle = {readonly lineEnding: '\n' | '\r\n'; readonly quote: Quote; readonly indent: string};

export const detectStyle = (text: string, root: XmlElement): XmlStyle => ({
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
