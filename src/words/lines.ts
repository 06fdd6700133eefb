import type {Tone} from './palette.ts';
import {printable} from './printable.ts';
import {displayWidth, takeColumns} from './width.ts';

export type Segment = {
  readonly text: string;
  readonly tone: Tone;
  /** Of a map: the first CPU of the core that is drawn here, for a person who points at it. */
  readonly core?: number;
};
/** One row of the terminal. */
export type Line = readonly Segment[];

export const segment = (text: string, tone: Tone = 'plain'): Segment => ({text: printable(text), tone});
export const line = (text: string, tone: Tone = 'plain'): Line => [segment(text, tone)];
export const blank: Line = [];
export const plainText = (of: Line): string => of.map((one) => one.text).join('');
export const widthOf = (of: Line): number => displayWidth(plainText(of));

/** Cut to so many columns; `…` says that there was more. */
export const fitLine = (of: Line, columns: number): Line => {
  if (widthOf(of) <= columns) return of;
  const fitted: Segment[] = [];
  let left = columns - 1;
  for (const {text, ...rest} of of) {
    const taken = takeColumns(text, left);
    if (taken !== '') fitted.push({text: taken, ...rest});
    left -= displayWidth(taken);
    if (taken !== text) break;
  }
  return [...fitted, {text: '…', tone: 'muted'}];
};

/** Words moved to the next row where they do not fit, `hanging` columns in from the second row on. */
export const wrapText = (text: string, columns: number, tone: Tone = 'plain', hanging = 0): readonly Line[] => {
  const indent = ' '.repeat(hanging);
  const rows: string[] = [];
  let row = '';
  for (const word of printable(text).split(/(?<= )/)) {
    if (row.trim() !== '' && displayWidth((row + word).trimEnd()) > columns) {
      rows.push(row.trimEnd());
      row = indent;
    }
    row += word;
    while (displayWidth(row.trimEnd()) > columns) {
      const taken = takeColumns(row, columns);
      rows.push(taken);
      row = indent + row.slice(taken.length);
    }
  }
  return [...rows, row.trimEnd()].map((one) => [{text: one, tone}]);
};

/** Cut at the column and never at words: for text whose every byte counts. */
export const wrapExactly = (text: string, columns: number, tone: Tone): readonly Line[] =>
  wrapLine([segment(text, tone)], columns);

export const wrapLine = (of: Line, columns: number): readonly Line[] => {
  const rows: Line[] = [];
  let rest = of;
  do {
    const taken = takeColumns(plainText(rest), rows.length === 0 ? columns : columns - 2).length;
    rows.push(
      rows.length === 0 ? sliceLine(rest, 0, taken) : [{text: '↪ ', tone: 'muted'}, ...sliceLine(rest, 0, taken)],
    );
    rest = sliceLine(rest, taken, Infinity);
  } while (rest.length > 0);
  return rows;
};

/** By UTF-16 units, as `slice` of a string. */
const sliceLine = (of: Line, from: number, to: number): Line => {
  let start = 0;
  return of.flatMap(({text, ...rest}): Line => {
    const part = text.slice(Math.max(0, from - start), Math.max(0, to - start));
    start += text.length;
    return part === '' ? [] : [{text: part, ...rest}];
  });
};

/** One blank between words of several tones. */
export const joinWords = (words: readonly Line[]): Line =>
  words.flatMap((word, index) => (index === 0 ? word : [segment(' '), ...word]));

/** Words of several tones after a lead, one blank between them; rows that follow are indented, and a longer word is cut. */
export const wrapWords = (lead: Line, words: readonly Line[], columns: number, indent: number): readonly Line[] => {
  const rows: Line[] = [];
  let row = lead;
  let isFresh = widthOf(lead) === 0;
  for (const word of words) {
    if (!isFresh && widthOf(row) + 1 + widthOf(word) > columns) {
      rows.push(row);
      row = [segment(' '.repeat(indent))];
      isFresh = true;
    }
    row = isFresh ? [...row, ...word] : joinWords([row, word]);
    isFresh = false;
  }
  return [...rows, row].map((each) => mergeSegments(fitLine(each, columns)));
};

const mergeSegments = (of: Line): Line => {
  const merged: Segment[] = [];
  for (const next of of) {
    const last = merged.at(-1);
    if (last?.tone === next.tone && last.core === next.core)
      merged[merged.length - 1] = {...last, text: last.text + next.text};
    else merged.push(next);
  }
  return merged;
};

/** The same row with every occurrence of a text, whatever its case and tones, in the tone of a match. */
export const markMatches = (of: Line, wanted: string): Line => {
  const needle = wanted.toLowerCase();
  const text = plainText(of).toLowerCase();
  if (needle === '' || !text.includes(needle)) return of;
  const parts: Line[] = [];
  let from = 0;
  for (let at = text.indexOf(needle); at >= 0; at = text.indexOf(needle, from)) {
    const end = at + needle.length;
    parts.push(sliceLine(of, from, at), [{text: plainText(sliceLine(of, at, end)), tone: 'match'}]);
    from = end;
  }
  return [...parts.flat(), ...sliceLine(of, from, Infinity)];
};
