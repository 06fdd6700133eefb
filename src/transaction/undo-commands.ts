import {saveRun} from './journal.ts';
import {messageOf} from './refuse.ts';
import {runCommand} from './run-command.ts';
import type {Transaction} from './transaction.ts';

/** The inverse of each command that ran or may have, last first, each once. Returns what failed. */
export const undoCommands = async (transaction: Transaction): Promise<readonly string[]> => {
  const {ledger} = transaction;
  const problems: string[] = [];
  const done = new Set<string>();
  for (const [index, {artifact, state}] of [...ledger.current().runs.entries()].reverse()) {
    if (artifact.kind !== 'command' || artifact.undo === null || (state !== 'ran' && state !== 'started')) continue;
    const key = JSON.stringify(artifact.undo);
    try {
      if (!done.has(key)) await runCommand(transaction, artifact.undo, artifact.timeoutSeconds);
      done.add(key);
      saveRun(ledger, index, {state: 'undone', reason: null});
    } catch (error) {
      problems.push(messageOf(error));
    }
  }
  return problems;
};
