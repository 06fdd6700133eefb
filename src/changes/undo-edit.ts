import {diff3Merge} from 'node-diff3';
import {compareCommandLines, undoCommandLine} from '../formats/kernel-line/edit.ts';

/** The texts of one file: before our edit, after it, and as somebody has edited it since. */
export type EditedTexts = {readonly before: string; readonly applied: string; readonly present: string};

/**
 * The present text without our edit, and with everything else: a merge of three texts, line by line, and of lines with
 * kernel arguments word by word. `null` where both edits touched the same and nobody can tell which is to stay, or of a
 * text that is too long for that.
 */
export const undoEdit = ({before, applied, present}: EditedTexts): string | null => {
  const [now, ours, old] = [linesOf(present), linesOf(applied), linesOf(before)];
  if (Math.max(now.length, ours.length, old.length) > mostLines) return null;
  const regions = diff3Merge(now, ours, old, {excludeFalseConflicts: true});
  const merged = regions.map(
    ({ok, conflict}) =>
      ok ?? (conflict === undefined ? null : undoLines({present: conflict.a, applied: conflict.o, before: conflict.b})),
  );
  return merged.every((lines) => lines !== null) ? merged.flat().join('') : null;
};

/** The time of a merge grows with more than the square of lines that are alike (2000 take a second); no file that we edit is near that. */
const mostLines = 2000;

/** With their ends, so that CRLF and a last line without one stay what they are. */
const linesOf = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];

type Lines = {
  readonly present: readonly string[];
  readonly applied: readonly string[];
  readonly before: readonly string[];
};

const undoLines = ({present, applied, before}: Lines): readonly string[] | null => {
  // Our lines stand there as they were, and somebody's stand next to them.
  const starts = present.flatMap((_, at) =>
    applied.length > 0 && applied.every((line, index) => present[at + index] === line) ? [at] : [],
  );
  const [start] = starts;
  if (start !== undefined && starts.length === 1)
    return [...present.slice(0, start), ...before, ...present.slice(start + applied.length)];
  if (present.length !== applied.length || applied.length !== before.length) return null;
  const lines = present.map((line, index) =>
    undoLine({present: line, applied: applied[index] ?? '', before: before[index] ?? ''}),
  );
  return lines.every((line) => line !== null) ? lines : null;
};

const undoLine = ({present, applied, before}: EditedTexts): string | null => {
  if (present === applied) return before;
  if (before === applied) return present;
  const [now, ours, old] = [splitLine(present), splitLine(applied), splitLine(before)];
  if (now === null || [ours, old].some((line) => line?.head !== now.head || line.tail !== now.tail)) return null;
  const undone = undoCommandLine(now.value, compareCommandLines(old?.value ?? '', ours?.value ?? ''));
  return undone === null ? null : `${now.head}${undone}${now.tail}`;
};

/** `KEY="words"` of a shell file, or `options words` of a boot entry. */
const shapes = [
  /^(\s*(?:export\s+)?\w+\+?=")(.*)("[^"]*)$/s,
  /^(\s*(?:export\s+)?\w+\+?=')(.*)('[^']*)$/s,
  /^(\s*options[ \t]+)(.*?)(\s*)$/s,
];

const splitLine = (line: string): {readonly head: string; readonly value: string; readonly tail: string} | null => {
  const [, head, value, tail] = shapes.map((shape) => shape.exec(line)).find((match) => match !== null) ?? [];
  return head === undefined || value === undefined || tail === undefined ? null : {head, value, tail};
};
