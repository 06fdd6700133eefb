import type {Change} from '../../changes/change.ts';
import {blank, line, segment, wrapExactly, wrapText} from '../lines.ts';
import type {Line, Tone} from '../lines.ts';

const toneOf = (row: string): Tone => {
  if (row.startsWith('+++') || row.startsWith('---')) return 'strong';
  if (row.startsWith('@@')) return 'key';
  return row.startsWith('+') ? 'added' : row.startsWith('-') ? 'removed' : 'plain';
};

const whyLines = (why: readonly string[], columns: number): readonly Line[] =>
  why.flatMap((reason) => wrapText(`because ${reason}`, columns - 2).map((row): Line => [segment('  '), ...row]));

const runLines = (change: Change & {kind: 'run'}, columns: number): readonly Line[] => {
  const undo = change.command.kind === 'command' ? change.command.undo : null;
  return [
    ...wrapText('Runs after the files are written, once:', columns),
    ...wrapExactly(`  ${change.path}`, columns, 'strong'),
    ...(undo === null ? [] : [...wrapText('On rollback:', columns), ...wrapExactly(`  ${undo.join(' ')}`, columns, 'strong')]),
  ];
};

/** Every byte is there: long rows go on below, nothing is cut. */
export const diffLines = (change: Change, columns: number): readonly Line[] => {
  if (change.kind === 'run') return [...runLines(change, columns), blank, ...whyLines(change.why, columns)];
  const rows = change.diff.replace(/\n$/, '').split('\n');
  return [
    ...whyLines(change.why, columns),
    ...(change.diff === '' ? [line(change.kind === 'create' ? 'An empty file.' : 'Content stays; see the reason above.', 'muted')] : rows.flatMap((row) => wrapExactly(row, columns, toneOf(row)))),
  ];
};
