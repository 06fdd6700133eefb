import {diffArrays} from 'diff';
import type {Change} from '../../changes/change.ts';
import {blank, type Line, line, segment, wrapExactly, wrapLine, wrapText} from '../../words/lines.ts';
import type {Tone} from '../../words/palette.ts';
import {printable} from '../../words/printable.ts';
import {heading} from './parts.ts';

const toneOf = (row: string): Tone => {
  if (row.startsWith('+++') || row.startsWith('---')) return 'strong';
  if (row.startsWith('@@')) return 'key';
  return row.startsWith('+') ? 'added' : row.startsWith('-') ? 'removed' : 'plain';
};

/** Every byte of a unified diff: long rows go on below, nothing is cut. Where a line was changed its new words are marked. */
export const textDiffLines = (diff: string, columns: number): readonly Line[] =>
  markWords(diff.replace(/\n$/, '').split('\n').map(printable)).flatMap((row) => wrapLine(row, columns));

/** Lines that went and lines that came right after them are compared one by one. */
const markWords = (rows: readonly string[]): readonly Line[] => {
  const marked: Line[] = [];
  for (let index = 0; index < rows.length;) {
    const removed = runOf(rows, index, 'removed');
    const added = runOf(rows, index + removed.length, 'added');
    const pairs = removed.map((row, at) => compareWords(row, added[at] ?? ''));
    marked.push(
      ...removed.map((row, at) => pairs[at]?.removed ?? [segment(row, 'removed')]),
      ...added.map((row, at) => pairs[at]?.added ?? [segment(row, 'added')]),
    );
    index += removed.length + added.length;
    const row = rows[index];
    if (removed.length + added.length > 0 || row === undefined) continue;
    marked.push([segment(row, toneOf(row))]);
    index += 1;
  }
  return marked;
};

const runOf = (rows: readonly string[], from: number, tone: Tone): readonly string[] => {
  const end = rows.findIndex((row, index) => index >= from && toneOf(row) !== tone);
  return rows.slice(from, end < 0 ? rows.length : end);
};

type Words = {readonly removed: Line; readonly added: Line};

/** A word ends where a shell, a kernel command line, XML or YAML may end one. */
const wordsOf = (text: string): readonly string[] => text.split(/(\s+|["'=,:<>/])/).filter((word) => word !== '');

/** Longer ones are texts rather than lines, and marking them would take longer than a key may. */
const longestLine = 4000;

/** `null` where the two have so little in common that one is no edit of the other. */
const compareWords = (removed: string, added: string): Words | null => {
  if (added === '' || removed.length + added.length > longestLine) return null;
  const parts = diffArrays([...wordsOf(removed.slice(1))], [...wordsOf(added.slice(1))]);
  const common = parts.filter((part) => !part.added && !part.removed).map((part) => part.value.join(''));
  const shared = common.join('').replaceAll(/\s/g, '').length;
  if (shared * 3 < Math.max(removed.length, added.length)) return null;
  const sideOf = (side: 'added' | 'removed'): Line => [
    segment(side === 'added' ? '+' : '-', side),
    ...parts
      .filter((part) => !part[side === 'added' ? 'removed' : 'added'])
      .map((part) => segment(part.value.join(''), part[side] ? `${side}-word` : side)),
  ];
  return {removed: sideOf('removed'), added: sideOf('added')};
};

const whyLines = (why: readonly string[], columns: number): readonly Line[] =>
  why.length === 0
    ? []
    : [
        blank,
        heading('Why'),
        ...why.flatMap((reason) =>
          wrapText(`· ${reason.charAt(0).toUpperCase()}${reason.slice(1)}`, columns, 'plain', 2),
        ),
      ];

const runLines = (change: Change & {kind: 'run'}, columns: number): readonly Line[] => {
  const undo = change.command.kind === 'command' ? change.command.undo : null;
  return [
    line('Runs once, after the files are written:'),
    ...wrapExactly(`  ${change.path}`, columns, 'strong'),
    ...(undo === null ? [] : [line('On rollback:'), ...wrapExactly(`  ${undo.join(' ')}`, columns, 'strong')]),
  ];
};

/** The change first, then why. */
export const diffLines = (change: Change, columns: number): readonly Line[] => {
  if (change.kind === 'run') return [...runLines(change, columns), ...whyLines(change.why, columns)];
  return [
    ...(change.diff === ''
      ? [line(change.kind === 'create' ? 'An empty file.' : 'The content stays; see the reason below.', 'muted')]
      : textDiffLines(change.diff, columns)),
    ...whyLines(change.why, columns),
  ];
};
