import {type ConfigLine, nextStartOf, parseGuestConfig, valueOf} from './config.ts';

/** By key, what the guest is to have at its next start; `null`: no such line. */
export type Wishes = ReadonlyMap<string, string | null>;

/**
 * The text with these settings, and every other byte of it as before: comments, order, snapshots, odd lines, line ends.
 * What is already so is not touched. A setting that waits in `[PENDING]` is settled in both places.
 */
export const editGuestConfig = (text: string, wishes: Wishes): string => {
  const present = nextStartOf(parseGuestConfig(text));
  const open = [...wishes].filter(([key, value]) => valueOf(present, key) !== value);
  return open.reduce((edited, [key, value]) => setCurrent(settlePending(edited, key), key, value), text);
};

/** `present` with the settings of `before` wherever it still has those of `applied`. */
export const withoutSettings = (before: string, applied: string, present: string): string => {
  const linesIn = (text: string): readonly ConfigLine[] => nextStartOf(parseGuestConfig(text));
  const [old, ours, now] = [linesIn(before), linesIn(applied), linesIn(present)];
  const keys = [...new Set([...old, ...ours].map(({key}) => key))].filter(
    (key) => valueOf(old, key) !== valueOf(ours, key) && valueOf(now, key) === valueOf(ours, key),
  );
  return editGuestConfig(present, new Map(keys.map((key) => [key, valueOf(old, key)])));
};

/** Line numbers count from 1, as those of `parseGuestConfig`. */
const without = (text: string, numbers: readonly number[]): string =>
  numbers.length === 0
    ? text
    : linesOf(text)
        .filter((_, index) => !numbers.includes(index + 1))
        .join('');

/** Each with its line end. */
const linesOf = (text: string): readonly string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];

const settlePending = (text: string, key: string): string => {
  const {pending} = parseGuestConfig(text);
  const list = pending.findLast((line) => line.key === 'delete');
  const names = list?.value.split(/[\s,;]+/) ?? [];
  const kept = names.filter((name) => name.replace(/^!/, '') !== key);
  const gone = pending.filter((line) => line.key === key).map(({line}) => line);
  if (list === undefined || kept.length === names.length) return without(text, gone);
  const lines = linesOf(text).map((line, index) =>
    index + 1 === list.line ? line.replace(list.value, kept.join(',')) : line,
  );
  return without(lines.join(''), [...gone, ...(kept.length === 0 ? [list.line] : [])]);
};

const setCurrent = (text: string, key: string, value: string | null): string => {
  const {current} = parseGuestConfig(text);
  const own = current.filter((line) => line.key === key);
  if (value === null)
    return without(
      text,
      own.map(({line}) => line),
    );
  const last = own.at(-1);
  const lines = linesOf(text);
  if (last === undefined) return insert(lines, key, value, current);
  return lines.map((line, index) => (index + 1 === last.line ? replaceValue(line, last.value, value) : line)).join('');
};

const replaceValue = (line: string, old: string, value: string): string => {
  const at = line.lastIndexOf(old);
  return line.slice(0, at) + value + line.slice(at + old.length);
};

/** Where Proxmox, which sorts by key, would have it: before the first setting that comes after it, else behind the last one. */
const insert = (
  lines: readonly string[],
  key: string,
  value: string,
  current: readonly {readonly key: string; readonly line: number}[],
): string => {
  const next = current.find((line) => line.key > key);
  const at = next === undefined ? (current.at(-1)?.line ?? commentsAtTop(lines)) : next.line - 1;
  const before = lines.slice(0, at);
  const end = lines[0]?.endsWith('\r\n') === true ? '\r\n' : '\n';
  const open = before.at(-1)?.endsWith('\n') === false ? end : '';
  return [...before, open, `${key}: ${value}${end}`, ...lines.slice(at)].join('');
};

const commentsAtTop = (lines: readonly string[]): number => {
  const other = lines.findIndex((line) => !line.startsWith('#'));
  return other === -1 ? lines.length : other;
};
