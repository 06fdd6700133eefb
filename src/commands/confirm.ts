import {createInterface} from 'node:readline/promises';
import {UsageError} from '../errors.ts';
import type {CommandContext} from './context.ts';

/** A word to type, and not Enter: the one confirmation of `apply` and `rollback`. */
export const confirm = async ({options, signal}: CommandContext, word: string): Promise<boolean> => {
  if (options.isYes) return true;
  if (!process.stdin.isTTY) throw new UsageError(`${word} asks before it writes, and there is no terminal to ask on.`, `Add --yes when you have read \`vfio-pilot plan\`.`);
  const terminal = createInterface({input: process.stdin, output: process.stderr});
  try {
    return (await terminal.question(`Type ${word} to go on, anything else to leave: `, {signal})).trim() === word;
  } catch {
    return false;
  } finally {
    terminal.close();
  }
};
