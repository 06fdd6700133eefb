import {
  beforeInit,
  chooseTokenEdit,
  type GrubEdit,
  isQuoted,
  type KernelToken,
  keyOf,
  splitKernelLine,
} from './tokens.ts';

export type CommandLineEdit = GrubEdit;

export type EditedCommandLine =
  {readonly ok: true; readonly text: string} | {readonly ok: false; readonly reason: string};

/** Only characters that mean nothing special to a loader, a shell or the kernel. */
const safeArgument = /^[A-Za-z0-9_.:=,@/+%-]+$/;

export type LineEdit = {
  readonly ok: true;
  /** What is on the line before `--`, behind which arguments belong to init. */
  readonly tokens: readonly KernelToken[];
  readonly missing: readonly string[];
  readonly isStale: (token: KernelToken) => boolean;
};

/** What has to go from the line and what has to be added behind the rest. */
export const chooseLineEdit = (
  text: string,
  edit: CommandLineEdit,
): LineEdit | {readonly ok: false; readonly reason: string} => {
  const unsafe = edit.add.find((argument) => !safeArgument.test(argument));
  if (unsafe !== undefined) return {ok: false, reason: `the argument ${unsafe} can not be written without quotes`};
  const {tokens, broken} = splitKernelLine(text);
  if (broken !== null) return {ok: false, reason: broken};
  const ours = beforeInit(tokens);
  const quoted = ours.find((token) => isQuoted(token.text) && namesOurs(token.text, edit));
  if (quoted !== undefined) return {ok: false, reason: `one of our arguments is in a quotation: ${quoted.text}`};
  return {ok: true, tokens: ours, ...chooseTokenEdit(ours, edit)};
};

/**
 * One kernel command line with our arguments in it: every other argument, its place and the blanks around it as before.
 * What has to be added goes behind the last one, or before `--`, behind which arguments belong to init.
 */
export const editCommandLine = (text: string, edit: CommandLineEdit): EditedCommandLine => {
  const chosen = chooseLineEdit(text, edit);
  if (!chosen.ok) return chosen;
  const {tokens, missing, isStale} = chosen;
  if (missing.length === 0 && !tokens.some(isStale)) return {ok: true, text};
  return {ok: true, text: insertArguments(removeTokens(text, tokens, isStale), missing)};
};

const namesOurs = (text: string, edit: CommandLineEdit): boolean => {
  const words = text.replaceAll('-', '_').split(/[^\w.]+/);
  return [...edit.ownedKeys, ...edit.remove].some((name) => words.includes(keyOf(name)));
};

/** An argument goes with the blanks before it; at the beginning, with those behind it. */
const removeTokens = (
  text: string,
  tokens: readonly KernelToken[],
  isGone: (token: KernelToken) => boolean,
): string => {
  let kept = text;
  for (const [index, token] of [...tokens.entries()].reverse()) {
    if (!isGone(token)) continue;
    const isLeading = tokens.slice(0, index).every(isGone);
    const next = tokens[index + 1];
    const [from, to] = isLeading
      ? [token.start, next?.start ?? token.end]
      : [tokens[index - 1]?.end ?? token.start, token.end];
    kept = kept.slice(0, from) + kept.slice(to);
  }
  return kept;
};

/** Behind the last argument, or before `--`. */
const insertArguments = (text: string, missing: readonly string[]): string => {
  if (missing.length === 0) return text;
  const {tokens} = splitKernelLine(text);
  const end = tokens.findIndex((token) => token.text === '--');
  const next = end < 0 ? undefined : tokens[end];
  if (next !== undefined) return `${text.slice(0, next.start)}${missing.join(' ')} ${text.slice(next.start)}`;
  const last = tokens.at(-1);
  const place = last?.end ?? /^\s*/.exec(text.split('\n', 1)[0] ?? '')?.[0].length ?? 0;
  return `${text.slice(0, place)}${last === undefined ? '' : ' '}${missing.join(' ')}${text.slice(place)}`;
};

/** What an edit did to a command line, argument by argument. */
export type CommandLineDifference = {readonly added: readonly string[]; readonly removed: readonly string[]};

export const compareCommandLines = (before: string, after: string): CommandLineDifference => {
  const [old, young] = [wordsOf(before), wordsOf(after)];
  return {added: without(young, old), removed: without(old, young)};
};

/**
 * Takes that edit from a line which somebody has written since from the edited one: of what was added the last of each
 * goes, what was removed comes back behind the rest. `null` where not all that was added is there.
 */
export const undoCommandLine = (text: string, {added, removed}: CommandLineDifference): string | null => {
  const {tokens, broken} = splitKernelLine(text);
  if (broken !== null) return null;
  const ours = beforeInit(tokens);
  const gone = new Set<KernelToken>();
  for (const word of added.toReversed()) {
    const last = ours.findLast((token) => token.text === word && !gone.has(token));
    if (last === undefined) return null;
    gone.add(last);
  }
  return insertArguments(
    removeTokens(text, ours, (token) => gone.has(token)),
    removed,
  );
};

const wordsOf = (line: string): readonly string[] => splitKernelLine(line).tokens.map(({text}) => text);

/** Each word of `others` takes one away. */
const without = (words: readonly string[], others: readonly string[]): readonly string[] => {
  const left = [...others];
  return words.filter((word) => {
    const at = left.indexOf(word);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
};
