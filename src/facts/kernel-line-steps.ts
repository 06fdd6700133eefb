import {listWords} from '../words/list-words.ts';
import {quoteForShell} from '../words/quote-for-shell.ts';
import type {LineEdit} from './boot.ts';

/**
 * How a person changes the kernel command line, where that has to come before the first plan: up to the reboot, without a
 * full stop. The words may be of a stranger's host. `from`: the file that has them, where one was read.
 */
export const kernelLineSteps = (
  edit: LineEdit | null,
  verb: 'add' | 'remove',
  words: readonly string[],
  from: string | null = null,
): string => {
  const what = listWords(words);
  const change = verb === 'add' ? `Add ${what}` : `Take ${what} out`;
  if (edit?.by === 'command')
    return `${change} (as root: ${words.map((word) => `\`${edit[verb]}${quoteForShell(word)}\``).join(', ')})`;
  const place = verb === 'add' ? edit?.place : (from ?? edit?.path);
  if (place === undefined) return `${change} where the boot loader is configured`;
  const where = `${change} ${verb === 'add' ? 'to' : 'of'} ${place}`;
  return edit === null ? where : `${where}, run \`${edit.refresh}\` as root`;
};
