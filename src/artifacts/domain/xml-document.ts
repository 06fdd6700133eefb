import {SaxesParser} from 'saxes';
import type {SaxesTagNS} from 'saxes';
import {buildElement} from './xml-element.ts';
import type {XmlElement} from './xml-element.ts';
import {detectStyle} from './xml-style.ts';
import type {XmlStyle} from './xml-style.ts';

/** The text stays the truth: the tree only remembers where in it things are. */
export type XmlDocument = {readonly text: string; readonly root: XmlElement; readonly style: XmlStyle};

/** 1-based line and column. */
export type XmlProblem = {readonly line: number; readonly column: number; readonly message: string};

export type ParsedXml = {readonly ok: true; readonly document: XmlDocument} | {readonly ok: false; readonly problem: XmlProblem};

/** No domain comes near this, and a captured tree may hold anything. */
const maximumLength = 4 * 1024 * 1024;
/** libxml2 stops at the same depth (xmlParserMaxDepth). */
const maximumDepth = 256;

type OpenElement = {readonly tag: SaxesTagNS; readonly startTagEnd: number; readonly children: XmlElement[]; text: string};

/** Strict XML 1.0 with namespaces; document type declarations are refused, since entities could stand for anything. */
export const parseXmlDocument = (text: string): ParsedXml => {
  if (text.length > maximumLength) return refuse(1, 1, 'the file is larger than 4 MiB');
  const parser = new SaxesParser({xmlns: true, forceXMLVersion: true, defaultXMLVersion: '1.0'});
  const open: OpenElement[] = [];
  let root: XmlElement | null = null;
  let problem: XmlProblem | null = null;
  const fail = (message: string): void => {
    problem ??= {line: parser.line, column: Math.max(1, parser.column), message};
  };
  parser.on('error', (error) => fail(error.message.replace(/^\d+:\d+: /, '').replace(/\.$/, '')));
  parser.on('doctype', () => fail('a document type declaration is not allowed here'));
  parser.on('text', (part) => addText(open, part));
  parser.on('cdata', (part) => addText(open, part));
  parser.on('opentag', (tag) => {
    if (open.length >= maximumDepth) fail(`elements are nested deeper than ${maximumDepth}`);
    if (problem === null) open.push({tag, startTagEnd: parser.position, children: [], text: ''});
  });
  parser.on('closetag', () => {
    const closed = problem === null ? open.pop() : undefined;
    if (closed === undefined) return;
    const element = buildElement({...closed, source: text, end: parser.position});
    const parent = open.at(-1);
    if (parent === undefined) root = element;
    else parent.children.push(element);
  });
  parser.write(text).close();
  return finish(text, root, problem);
};

const addText = (open: readonly OpenElement[], part: string): void => {
  const current = open.at(-1);
  if (current !== undefined) current.text += part;
};

const finish = (text: string, root: XmlElement | null, problem: XmlProblem | null): ParsedXml => {
  if (problem !== null) return {ok: false, problem};
  if (root === null) return refuse(1, 1, 'the file holds no element');
  return {ok: true, document: {text, root, style: detectStyle(text, root)}};
};

const refuse = (line: number, column: number, message: string): ParsedXml => ({ok: false, problem: {line, column, message}});

/** 1-based line and column (in UTF-16 units) of an offset. */
export const positionOf = (text: string, offset: number): {readonly line: number; readonly column: number} => {
  const before = text.slice(0, offset);
  const lastBreak = before.lastIndexOf('\n');
  return {line: before.split('\n').length, column: offset - lastBreak};
};
