import type {CommandArtifact, Effect} from '../artifacts/artifact.ts';
import {CommandError} from '../errors.ts';
import {checkImages} from './check-images.ts';
import {generate} from './generate.ts';
import {type Journal, type JournalItem, type JournalRun, saveRun} from './journal.ts';
import {checkEffect, refuseChangedDefault} from './read-effect.ts';
import {runCommand} from './run-command.ts';
import {checkpoint, type Transaction} from './transaction.ts';

/**
 * After the files: each command at most once, and only when something that triggers it has changed. Commands that a
 * file waits for which is put in place last run after that one.
 */
export const runArtifacts = async (transaction: Transaction, when: 'before-last' | 'after-last'): Promise<void> => {
  const {ledger, events, signal} = transaction;
  const runs = [...ledger.current().runs.entries()].filter(([, run]) => followsLast(ledger.current(), run) === (when === 'after-last'));
  if (runs.length > 0) events({kind: 'step', step: 'run'});
  for (const [index, run] of runs) {
    if (run.state !== 'pending' && run.state !== 'started') continue;
    await checkpoint(signal);
    if (isTriggered(transaction, run)) await runArtifact(transaction, index, run);
    else saveRun(ledger, index, {state: 'not-run', reason: 'nothing that it depends on changed'});
  }
};

/** Whether this command is about a file that is put in place last: it runs after it, and is undone before it. */
export const followsLast = ({items}: Journal, {artifact}: JournalRun): boolean =>
  artifact.kind === 'command' && items.some((item) => isEntry(item) && artifact.triggers.includes(item.path));

/** An image of our own can be an entry by itself. */
const isEntry = ({installer, isUnsettled}: JournalItem): boolean => installer === 'last' || (installer === 'generated' && isUnsettled);

/** A command that names no trigger is wanted for its own sake. */
const isTriggered = ({ledger}: Transaction, {artifact: {triggers}}: JournalRun): boolean => {
  const changed = new Set(ledger.current().items.map(({path}) => path));
  return triggers.length === 0 || triggers.some((path) => changed.has(path));
};

const runArtifact = async (transaction: Transaction, index: number, {artifact}: JournalRun): Promise<void> => {
  if (artifact.kind === 'command' && artifact.effect !== undefined) refuseChangedDefault(transaction, artifact.effect);
  saveRun(transaction.ledger, index, {state: 'started', reason: null});
  const reason = artifact.kind === 'command' ? await runOnce(transaction, artifact) : (await generate(transaction, index, artifact)).reason;
  saveRun(transaction.ledger, index, {state: reason === null ? 'ran' : 'not-run', reason});
};

/** Why it was not run; `null` when it was. */
const runOnce = async (transaction: Transaction, {argv, timeoutSeconds, effect, images}: CommandArtifact): Promise<string | null> => {
  if (effect?.kind === 'default-entry') return look(transaction, argv, timeoutSeconds, effect);
  const result = await runCommand(transaction, argv, timeoutSeconds);
  if (result.state === 'not-run') return result.reason;
  if (effect !== undefined) await checkEffect(transaction, effect, result.stdout);
  if (images !== undefined) await checkImages(transaction, images);
  return null;
};

/** It changes nothing, so that its failure is no reason to undo what is in place. */
const look = async (transaction: Transaction, argv: CommandArtifact['argv'], timeoutSeconds: number, effect: Effect): Promise<string | null> => {
  try {
    const result = await runCommand(transaction, argv, timeoutSeconds);
    if (result.state === 'not-run') return result.reason;
    await checkEffect(transaction, effect, result.stdout);
    return null;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    transaction.events({kind: 'warning', message: `Which entry the boot loader starts by itself could not be read back: ${error.message}`});
    return error.message;
  }
};
