import {chooseTokenEdit} from '../grub/choose-token-edit.ts';
import type {GrubEdit} from '../grub/choose-token-edit.ts';
import {beforeInit, isQuoted, keyOf, splitKernelLine} from '../grub/kernel-tokens.ts';
import type {KernelToken} from '../grub/kernel-tokens.ts';

export type CommandLineEdit = GrubEdit;

export type EditedCommandLine = {readonly ok: true; readonly text: string} | {readonly ok: false; readonly reason: string};

/** Arguments that no loader, shell or kernel reads as anything but themselves. */
const safeArgument = /^[A-Za-z0-9_.:=,@/+%-]+$/;

export type LineEdit = {
  readonly ok: true;
  /** What stands on the line before `--`, behind which arguments belong to init. */
  readonly tokens: readonly KernelToken[];
  readonly missing: readonly string[];
  readonly isStale: (token: KernelToken) => boolean;
};

/** What has to go from the line and what has to be added behind the rest. */
export const chooseLineEdit = (text: string, edit: CommandLineEdit): LineEdit | {readonly ok: false; readonly reason: string} => {
  const unsafe = edit.add.find((argument) => !safeArgument.test(argument));
  if (unsafe !== undefined) return {ok: false, reason: `the argument ${unsafe} can not be written without quotes`};
  const {tokens, broken} = splitKernelLine(text);
  if (broken !== null) return {ok: false, reason: broken};
  const ours = beforeInit(tokens);
  const quoted = ours.find((token) => isQuoted(token.text) && namesOurs(token.text, edit));
  if (quoted !== undefined) return {ok: false, reason: `an argument of ours stands in a quotation: ${quoted.text}`};
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
export const removeTokens = (text: string, tokens: readonly KernelToken[], isGone: (token: KernelToken) => boolean): string => {
  let kept = text;
  for (const [index, token] of [...tokens.entries()].reverse()) {
    if (!isGone(token)) continue;
    const isLeading = tokens.slice(0, index).every(isGone);
    const next = tokens[index + 1];
    const [from, to] = isLeading ? [token.start, next?.start ?? token.end] : [tokens[index - 1]?.end ?? token.start, token.end];
    kept = kept.slice(0, from) + kept.slice(to);
  }
  return kept;
};

/** Behind the last argument, or before `--`. */
export const insertArguments = (text: string, missing: readonly string[]): string => {
  if (missing.length === 0) return text;
  const {tokens} = splitKernelLine(text);
  const end = tokens.findIndex((token) => token.text === '--');
  const next = end < 0 ? undefined : tokens[end];
  if (next !== undefined) return `${text.slice(0, next.start)}${missing.join(' ')} ${text.slice(next.start)}`;
  const last = tokens.at(-1);
  const place = last?.end ?? /^\s*/.exec(text.split('\n', 1)[0] ?? '')?.[0].length ?? 0;
  return `${text.slice(0, place)}${last === undefined ? '' : ' '}${missing.join(' ')}${text.slice(place)}`;
};
