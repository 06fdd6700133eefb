import type {CommandArtifact} from '../artifacts/artifact.ts';
import {saveRun} from './journal.ts';
import {messageOf} from './refuse.ts';
import {checkUndone, isChangedSince, isInEffect} from './read-effect.ts';
import {followsLast} from './run-artifacts.ts';
import {runCommand} from './run-command.ts';
import type {Transaction} from './transaction.ts';

/** The inverse of each of these commands that ran or may have, last first, each once. Returns what failed. */
export const undoCommands = async (transaction: Transaction, when: 'before-last' | 'after-last'): Promise<readonly string[]> => {
  const {ledger} = transaction;
  const problems: string[] = [];
  const done = new Set<string>();
  for (const [index, run] of [...ledger.current().runs.entries()].reverse()) {
    const {artifact, state} = run;
    if (followsLast(ledger.current(), run) !== (when === 'after-last')) continue;
    if (artifact.kind !== 'command' || artifact.undo === null || (state !== 'ran' && state !== 'started')) continue;
    if (artifact.onlyWith !== undefined && transaction.machine.stat(artifact.onlyWith) === null) continue;
    const key = JSON.stringify(artifact.undo);
    try {
      if (!done.has(key) && isToUndo(transaction, artifact)) {
        const result = await runCommand(transaction, artifact.undo, artifact.timeoutSeconds);
        if (result.state === 'ended' && artifact.effect !== undefined) await checkUndone(transaction, artifact.effect);
      }
      done.add(key);
      saveRun(ledger, index, {state: 'undone', reason: null});
    } catch (error) {
      problems.push(messageOf(error));
    }
  }
  return problems;
};

/** Somebody's later choice is not ours to take back. */
const isToUndo = (transaction: Transaction, {effect}: CommandArtifact): boolean => {
  if (effect === undefined || isInEffect(transaction, effect)) return true;
  if (isChangedSince(transaction, effect)) transaction.events({kind: 'warning', message: 'Another default was chosen in the boot loader since; it stays.'});
  return false;
};
