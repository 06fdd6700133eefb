import {displayWidth, printable, takeColumns} from './printable.ts';

/** What a piece of text means; the theme decides how that looks. The roles of the topology map are among them. */
export type Tone =
  | 'plain' | 'muted' | 'strong' | 'title' | 'key' | 'focus'
  | 'good' | 'info' | 'warning' | 'error' | 'added' | 'removed'
  | 'host' | 'vcpu' | 'emulator' | 'iothread' | 'offline' | 'device' | 'memory' | 'hugepages';

export type Segment = {readonly text: string; readonly tone: Tone};
/** One row of the terminal. */
export type Line = readonly Segment[];

export const segment = (text: string, tone: Tone = 'plain'): Segment => ({text: printable(text), tone});
export const line = (text: string, tone: Tone = 'plain'): Line => [segment(text, tone)];
export const blank: Line = [];
export const plainText = (of: Line): string => of.map((one) => one.text).join('');

/** Cut to so many columns; `…` says that there was more. */
export const fitLine = (of: Line, columns: number): Line => {
  if (displayWidth(plainText(of)) <= columns) return of;
  const fitted: Segment[] = [];
  let left = columns - 1;
  for (const {text, tone} of of) {
    const taken = takeColumns(text, left);
    if (taken !== '') fitted.push({text: taken, tone});
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
export const wrapExactly = (text: string, columns: number, tone: Tone): readonly Line[] => {
  const rows: Line[] = [];
  let rest = printable(text);
  do {
    const taken = takeColumns(rest, rows.length === 0 ? columns : columns - 2);
    rows.push(rows.length === 0 ? [{text: taken, tone}] : [{text: '↪ ', tone: 'muted'}, {text: taken, tone}]);
    rest = rest.slice(taken.length);
  } while (rest !== '');
  return rows;
};
