import type {CommandArtifact} from '../artifacts/artifact.ts';
import {generate} from './generate.ts';
import {type JournalRun, saveRun} from './journal.ts';
import {runCommand} from './run-command.ts';
import {checkpoint, type Transaction} from './transaction.ts';

/** After the files: each command at most once, and only when something that triggers it has changed. */
export const runArtifacts = async (transaction: Transaction): Promise<void> => {
  const {ledger, events, signal} = transaction;
  if (ledger.current().runs.length > 0) events({kind: 'step', step: 'run'});
  for (const [index, run] of ledger.current().runs.entries()) {
    if (run.state !== 'pending' && run.state !== 'started') continue;
    await checkpoint(signal);
    if (isTriggered(transaction, run)) await runArtifact(transaction, index, run);
    else saveRun(ledger, index, {state: 'not-run', reason: 'nothing that it depends on changed'});
  }
};

/** A command that names no trigger is wanted for its own sake. */
const isTriggered = ({ledger}: Transaction, {artifact: {triggers}}: JournalRun): boolean => {
  const changed = new Set(ledger.current().items.map(({path}) => path));
  return triggers.length === 0 || triggers.some((path) => changed.has(path));
};

const runArtifact = async (transaction: Transaction, index: number, {artifact}: JournalRun): Promise<void> => {
  saveRun(transaction.ledger, index, {state: 'started', reason: null});
  const reason = artifact.kind === 'command' ? await runOnce(transaction, artifact) : (await generate(transaction, index, artifact)).reason;
  saveRun(transaction.ledger, index, {state: reason === null ? 'ran' : 'not-run', reason});
};

/** Why it was not run; `null` when it was. */
const runOnce = async (transaction: Transaction, {argv, timeoutSeconds}: CommandArtifact): Promise<string | null> => {
  const result = await runCommand(transaction, argv, timeoutSeconds);
  return result.state === 'not-run' ? result.reason : null;
};
