import {type ArrayAssignment, type Assignment, type ShellCommand, ShellSyntaxError, type Word} from './script.ts';
import type {Reader} from './words.ts';

type HereDocument = {readonly delimiter: Word; readonly stripsTabs: boolean};

/** Skips the bodies that begin at `position`; returns the offset behind the last. */
const readHereDocuments = (text: string, position: number, documents: readonly HereDocument[]): number => {
  let offset = position;
  for (const document of documents) offset = readBody(text, offset, document);
  return offset;
};

const readBody = (text: string, position: number, {delimiter, stripsTabs}: HereDocument): number => {
  const isLiteral = delimiter.bareLength < delimiter.text.length || delimiter.quotes.length > 0;
  let offset = position;
  while (offset < text.length) {
    const newline = text.indexOf('\n', offset);
    const end = newline < 0 ? text.length : newline;
    const line = text.slice(offset, end);
    if ((stripsTabs ? line.replace(/^\t+/, '') : line) === delimiter.text) return newline < 0 ? end : end + 1;
    // Expanded text can hide the delimiter behind a continuation, and ${NAME:=…} sets a variable.
    if (!isLiteral && /\\$|`|\$[({]/.test(line))
      throw new ShellSyntaxError('this here-document is too intricate', offset);
    offset = end + 1;
  }
  throw new ShellSyntaxError('a here-document has no end', position);
};

type Context = {readonly depth: number; readonly isConditional: boolean; readonly isSubshell: boolean};

export type Mutable<T> = {-readonly [K in keyof T]: T[K]};

/** State of one parse. Lists hold commands and commands hold lists, hence the two functions. */
export type Parser = Reader & {
  readonly assignments: Mutable<Assignment>[];
  readonly commands: Mutable<ShellCommand>[];
  readonly arrays: ArrayAssignment[];
  readonly dialect: 'sh' | 'bash';
  readonly hereDocuments: HereDocument[];
  readonly parseList: () => void;
  readonly parseCommand: () => void;
  context: Context;
};

/** Deeper nesting than any person writes; a hostile file must not exhaust the stack. */
const maximumDepth = 40;

export const nested = (parser: Parser, change: {readonly isSubshell?: boolean}, parse: () => void): void => {
  const outer = parser.context;
  if (outer.depth >= maximumDepth) throw new ShellSyntaxError('the nesting is too deep', parser.position);
  parser.context = {
    depth: outer.depth + 1,
    isConditional: true,
    isSubshell: outer.isSubshell || change.isSubshell === true,
  };
  parse();
  parser.context = outer;
};

export const closers = ['then', 'elif', 'else', 'fi', 'do', 'done', 'esac', '}'];
const openers = ['if', 'while', 'until', 'for', 'case', '{', '!'];
export const reserved = new Set([...closers, ...openers]);

export const reservedWord = (parser: Parser): string => {
  const word =
    /^[a-z{}!]+(?=[ \t\n;&|<>()]|$)/.exec(parser.text.slice(parser.position, parser.position + 8))?.[0] ?? '';
  return reserved.has(word) ? word : '';
};

export const expectReserved = (parser: Parser, word: string): void => {
  if (reservedWord(parser) !== word) throw unexpected(parser, word);
  parser.position += word.length;
};

export const expectText = (parser: Parser, text: string): void => {
  if (!parser.text.startsWith(text, parser.position)) throw unexpected(parser, text);
  parser.position += text.length;
};

export const unexpected = (parser: Parser, wanted?: string): ShellSyntaxError =>
  new ShellSyntaxError(wanted === undefined ? 'this is not understood' : `'${wanted}' is missing`, parser.position);

export const skipBlanks = (parser: Parser): void => {
  for (;;) {
    const character = parser.text[parser.position];
    if (character === ' ' || character === '\t') parser.position += 1;
    else if (character === '\\' && parser.text[parser.position + 1] === '\n') parser.position += 2;
    else if (character === '#') {
      const end = parser.text.indexOf('\n', parser.position);
      parser.position = end < 0 ? parser.text.length : end;
    } else return;
  }
};

export const skipLines = (parser: Parser): void => {
  for (;;) {
    skipBlanks(parser);
    if (parser.text[parser.position] !== '\n') return;
    parser.position += 1;
    parser.position = readHereDocuments(parser.text, parser.position, parser.hereDocuments.splice(0));
  }
};
