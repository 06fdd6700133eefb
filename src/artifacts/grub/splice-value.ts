import type {GrubVariable} from './grub-variable.ts';
import type {KernelToken} from './kernel-tokens.ts';
import type {Assignment, Word} from './shell-script.ts';

/** Source characters from `start` to `end` become `text`. */
export type Splice = {readonly start: number; readonly end: number; readonly text: string};

export const applySplices = (source: string, splices: readonly Splice[]): string => {
  const parts: string[] = [];
  let position = 0;
  for (const splice of [...splices].sort((one, other) => one.start - other.start || one.end - other.end)) {
    parts.push(source.slice(position, splice.start), splice.text);
    position = splice.end;
  }
  return parts.join('') + source.slice(position);
};

/** Stale tokens go with the blanks before them; at the beginning of the value, with the blanks behind them. */
export const removeTokens = (variable: GrubVariable, tokens: readonly KernelToken[], isStale: (token: KernelToken) => boolean): Splice[] => {
  // By source offset: a value that refers to itself twice shows the same source twice.
  const splices = new Map<number, Splice>();
  const remove = (from: number, to: number, isToken: boolean): void => {
    for (let cell = from; cell < to; cell += 1) {
      const start = variable.starts[cell] ?? -1;
      // A carriage return belongs to the line ending, and an expansion is not ours.
      const isRemovable = isToken || variable.text[cell] === ' ' || variable.text[cell] === '\t';
      if (start >= 0 && isRemovable) splices.set(start, {start, end: variable.ends[cell] ?? start, text: ''});
    }
  };
  let isLeading = true;
  for (const [index, token] of tokens.entries()) {
    if (isStale(token)) {
      remove(token.start, token.end, true);
      if (isLeading) remove(token.end, tokens[index + 1]?.start ?? token.end, false);
      else remove(tokens[index - 1]?.end ?? token.start, token.start, false);
    } else isLeading = false;
  }
  return [...splices.values()];
};

export const insertArguments = (source: string, {value}: Assignment, missing: readonly string[], removed: readonly Splice[], isFirst: boolean): Splice[] => {
  const ours = missing.join(' ');
  const gone = new Set(removed.map((splice) => splice.start));
  const isLeft = (start: number): boolean => !gone.has(start);
  const neighbour = value.text[isFirst ? value.starts.findIndex(isLeft) : value.starts.findLastIndex(isLeft)];
  const isSpaced = neighbour === ' ' || neighbour === '\t' || (neighbour === undefined && !isFirst);
  if (isFirst) return [insertAt(value.start, firstInside(source, value), isSpaced ? ours : `${ours} `)];
  const text = isSpaced ? ours : ` ${ours}`;
  const isBare = value.text !== '' && value.bareLength === value.text.length && value.quotes.length === 0;
  if (isBare) return [{start: value.start, end: value.start, text: '"'}, {start: value.end, end: value.end, text: `${text}"`}];
  return [insertAt(value.end, lastInside(source, value), text)];
};

/** Inside a quotation where one begins or ends the value, else in a quotation of its own. */
const insertAt = (outside: number, inside: number | null, text: string): Splice =>
  inside === null ? {start: outside, end: outside, text: `"${text}"`} : {start: inside, end: inside, text};

const firstInside = (source: string, value: Word): number | null =>
  value.quotes.some((quote) => quote.open === value.start) && source[value.start] !== undefined ? value.start + 1 : null;

const lastInside = (source: string, value: Word): number | null =>
  value.quotes.some((quote) => quote.close === value.end - 1) && source[value.end - 1] !== undefined ? value.end - 1 : null;
