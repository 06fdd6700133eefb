import {createInterface} from 'node:readline/promises';
import {UsageError} from '../errors.ts';
import {interruption} from '../transaction/failure.ts';
import type {CommandContext} from './context.ts';

/** A word to type, and not Enter: the one confirmation of `apply` and `rollback`. */
export const confirm = async ({options, signal}: CommandContext, word: string): Promise<boolean> => {
  if (options.isYes) return true;
  if (!process.stdin.isTTY) throw new UsageError(`${word} asks before it writes, and there is no terminal to ask on.`, 'Add --yes when you have read what it would write.');
  const terminal = createInterface({input: process.stdin, output: process.stderr});
  // readline takes Ctrl-C for itself, and of Ctrl-D it says nothing to who waits for the answer.
  terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  const closed = new Promise<string>((left) => terminal.once('close', () => left('')));
  try {
    return (await Promise.race([terminal.question(`Type ${word} to go on, anything else to leave: `, {signal}), closed])).trim() === word;
  } catch (error) {
    throw signal.aborted ? interruption() : error;
  } finally {
    terminal.close();
  }
};
