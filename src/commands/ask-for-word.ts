import {createInterface} from 'node:readline/promises';
import {UsageError} from '../errors.ts';
import {interruption} from '../transaction/failure.ts';

/** A word to type, and not Enter: the one confirmation of the commands that write. */
export const askForWord = async (word: string, signal: AbortSignal): Promise<boolean> => {
  if (!process.stdin.isTTY)
    throw new UsageError(
      `${word} asks before it writes, and there is no terminal to ask on.`,
      'Add --yes when you have read what it would write.',
    );
  const terminal = createInterface({input: process.stdin, output: process.stderr});
  // readline takes Ctrl-C for itself, and says nothing about Ctrl-D to who waits for the answer.
  terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  const closed = new Promise<string>((left) => terminal.once('close', () => left('')));
  try {
    const answer = terminal.question(`Type ${word} to go on, anything else to leave: `, {signal});
    return (await Promise.race([answer, closed])).trim() === word;
  } catch (error) {
    throw signal.aborted ? interruption() : error;
  } finally {
    terminal.close();
  }
};
