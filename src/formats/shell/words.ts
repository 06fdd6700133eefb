import {
  type ArrayAssignment,
  type Assignment,
  type Expansion,
  type Quote,
  type ShellCommand,
  ShellSyntaxError,
  unknownText,
  type Word,
} from './script.ts';

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

/** The position of the reader. `skipCommand` reads a command list up to the `)` that ends a substitution. */
type Reader = {
  readonly text: string;
  position: number;
  readonly expansions: Expansion[];
  readonly skipCommand: () => void;
};

type Draft = {
  text: string[];
  starts: number[];
  ends: number[];
  bareLength: number;
  isBare: boolean;
  quotes: Quote[];
  expansions: Map<number, Expansion>;
  hasDollarQuote: boolean;
};

/** POSIX: blanks are space and tab only; a carriage return is an ordinary character. */
const endsWord = (character: string | undefined): boolean =>
  character === undefined || ' \t\n;&|<>()'.includes(character);

export const readWord = (reader: Reader): Word => {
  const start = reader.position;
  const draft: Draft = {
    text: [],
    starts: [],
    ends: [],
    bareLength: 0,
    isBare: true,
    quotes: [],
    expansions: new Map(),
    hasDollarQuote: false,
  };
  while (!endsWord(reader.text[reader.position])) readPiece(reader, draft);
  return {...draft, start, end: reader.position, text: draft.text.join('')};
};

const readPiece = (reader: Reader, draft: Draft): void => {
  const character = reader.text[reader.position];
  if (character === "'") readSingle(reader, draft);
  else if (character === '"') readDouble(reader, draft);
  else if (character === '\\') readEscape(reader, draft);
  else if (character === '$') readDollar(reader, draft, false);
  else if (character === '`') readBackquote(reader, draft);
  else add(reader, draft, 1);
};

/** One character of the value, written in `length` characters of which the last is it. */
const add = (reader: Reader, draft: Draft, length: 1 | 2): void => {
  if (draft.isBare && length === 1) draft.bareLength += 1;
  else draft.isBare = false;
  draft.text.push(reader.text[reader.position + length - 1] ?? '');
  draft.starts.push(reader.position);
  reader.position += length;
  draft.ends.push(reader.position);
};

const readSingle = (reader: Reader, draft: Draft): void => {
  const open = reader.position;
  const close = reader.text.indexOf("'", open + 1);
  if (close < 0) throw new ShellSyntaxError("this ' has no partner", open);
  draft.isBare = false;
  reader.position = open + 1;
  while (reader.position < close) add(reader, draft, 1);
  draft.quotes.push({open, close});
  reader.position = close + 1;
};

const readDouble = (reader: Reader, draft: Draft): void => {
  const open = reader.position;
  draft.isBare = false;
  reader.position += 1;
  for (;;) {
    const character = reader.text[reader.position];
    if (character === undefined) throw new ShellSyntaxError('this " has no partner', open);
    if (character === '"') break;
    if (character === '\\') readQuotedEscape(reader, draft);
    else if (character === '$') readDollar(reader, draft, true);
    else if (character === '`') readBackquote(reader, draft);
    else add(reader, draft, 1);
  }
  draft.quotes.push({open, close: reader.position});
  reader.position += 1;
};

const readEscape = (reader: Reader, draft: Draft): void => {
  const next = reader.text[reader.position + 1];
  if (next === '\n') reader.position += 2;
  else if (next === undefined) throw new ShellSyntaxError('the file ends in a backslash', reader.position);
  else add(reader, draft, 2);
};

/** POSIX 2.2.3: inside double quotes a backslash escapes only these. */
const readQuotedEscape = (reader: Reader, draft: Draft): void => {
  const next = reader.text[reader.position + 1];
  if (next === '\n') reader.position += 2;
  else add(reader, draft, next !== undefined && '$`"\\'.includes(next) ? 2 : 1);
};

const readDollar = (reader: Reader, draft: Draft, isQuoted: boolean): void => {
  const start = reader.position;
  const next = reader.text[start + 1];
  if (next === '\\' && reader.text[start + 2] === '\n')
    throw new ShellSyntaxError('a line is continued right after $', start);
  if (next === '(') {
    if (reader.text[start + 2] === '(') readArithmetic(reader);
    else readCommand(reader);
    addExpansion(reader, draft, {start, name: null, isCommand: true});
  } else if (next === '{') {
    addExpansion(reader, draft, {start, name: readBraces(reader), isCommand: false});
  } else if (next !== undefined && /[A-Za-z_]/.test(next)) {
    const name = matchAt(reader.text, /[A-Za-z_][A-Za-z0-9_]*/y, start + 1);
    reader.position = start + 1 + name.length;
    if (reader.text.startsWith('\\\n', reader.position))
      throw new ShellSyntaxError('a line is continued inside a variable name', start);
    addExpansion(reader, draft, {start, name, isCommand: false});
  } else if (next !== undefined && /[0-9@*#?$!-]/.test(next)) {
    reader.position = start + 2;
    addExpansion(reader, draft, {start, name: null, isCommand: false});
  } else {
    if (!isQuoted && (next === "'" || next === '"')) judgeDollarQuote(reader, draft, next);
    add(reader, draft, 1);
  }
};

/** sh takes the `$` literally, bash does not; as long as no backslash is inside, both end at the same quote. */
const judgeDollarQuote = (reader: Reader, draft: Draft, quote: string): void => {
  const close = reader.text.indexOf(quote, reader.position + 2);
  const inside = reader.text.slice(reader.position, close < 0 ? undefined : close);
  if (inside.includes('\\'))
    throw new ShellSyntaxError(`$${quote}…${quote} means different things to sh and to bash`, reader.position);
  draft.hasDollarQuote = true;
};

const addExpansion = (reader: Reader, draft: Draft, found: Omit<Expansion, 'source'>): void => {
  const expansion: Expansion = {...found, source: reader.text.slice(found.start, reader.position)};
  draft.isBare = false;
  draft.expansions.set(draft.text.length, expansion);
  draft.text.push(unknownText);
  draft.starts.push(found.start);
  draft.ends.push(reader.position);
  reader.expansions.push(expansion);
};

const readCommand = (reader: Reader): void => {
  const start = reader.position;
  reader.position += 2;
  const expansions = reader.expansions.length;
  reader.skipCommand();
  if (reader.text[reader.position] !== ')') throw new ShellSyntaxError('this $( has no )', start);
  reader.position += 1;
  reader.expansions.length = expansions;
};

const readArithmetic = (reader: Reader): void => {
  const found = matchAt(
    reader.text,
    /\$\(\((?:[\w\s+\-*/%<>=!&|^~?:,$]|\([\w\s+\-*/%<>=!&|^~?:,$]*\))*\)\)/y,
    reader.position,
  );
  if (found === '') throw new ShellSyntaxError('this $(( … )) is too intricate', reader.position);
  reader.position += found.length;
};

/** The parts that quotes or substitutions inside `${…}` would need are rare, and shells differ about them. */
const readBraces = (reader: Reader): string | null => {
  const start = reader.position;
  const plain = matchAt(reader.text, /\$\{[A-Za-z_][A-Za-z0-9_]*\}/y, start);
  if (plain !== '') {
    reader.position += plain.length;
    return plain.slice(2, -1);
  }
  const other = matchAt(reader.text, /\$\{(?:[^'"\\`\n$}]|\$\{[^'"\\`\n$}]*\}|\$[A-Za-z_])*\}/y, start);
  if (other === '') throw new ShellSyntaxError('this ${…} is too intricate', start);
  reader.position += other.length;
  return null;
};

const readBackquote = (reader: Reader, draft: Draft): void => {
  const start = reader.position;
  const found = matchAt(reader.text, /`[^`\\]*(?:\\[^][^`\\]*)*`/y, start);
  if (found === '') throw new ShellSyntaxError('this ` has no partner', start);
  reader.position += found.length;
  addExpansion(reader, draft, {start, name: null, isCommand: true});
};

const matchAt = (text: string, pattern: RegExp, position: number): string => {
  pattern.lastIndex = position;
  return pattern.exec(text)?.[0] ?? '';
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
