import {beforeInit, splitKernelLine} from '../grub/kernel-tokens.ts';
import type {KernelToken} from '../grub/kernel-tokens.ts';
import {insertArguments, removeTokens} from './edit-command-line.ts';

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
  return insertArguments(removeTokens(text, ours, (token) => gone.has(token)), removed);
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
