import type {CommandLines, Effect} from '../artifact.ts';
import {chooseLineEdit} from './edit-command-line.ts';
import type {CommandLineEdit} from './edit-command-line.ts';

/**
 * What a program is to make of the command lines that it writes from `source`. That an argument is gone again after the
 * undo is asked only where neither a line nor the source had it before.
 */
export const argumentsEffect = (of: CommandLines, lines: readonly string[], source: string, edit: CommandLineEdit): Effect => {
  const stale = lines.flatMap((line) => {
    const chosen = chooseLineEdit(line, edit);
    return chosen.ok ? chosen.tokens.filter(chosen.isStale).map(({text}) => text) : [];
  });
  const isNew = (word: string): boolean => ![...lines, source].some((text) => text.includes(word));
  return {
    kind: 'arguments',
    of,
    before: {has: [], lacks: edit.add.filter(isNew)},
    after: {has: edit.add, lacks: [...new Set(stale)].filter((word) => !edit.add.includes(word))},
  };
};
