import {type Expansion, type Quote, ShellSyntaxError, unknownText, type Word} from './script.ts';

/** The position of the reader. `skipCommand` reads a command list up to the `)` that ends a substitution. */
export type Reader = {
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
