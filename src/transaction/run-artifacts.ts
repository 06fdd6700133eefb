import type {CommandArtifact, Effect} from '../artifacts/artifact.ts';
import {CommandError} from '../errors.ts';
import {createFile} from './create-file.ts';
import {generate} from './generate.ts';
import {type Journal, type JournalItem, type JournalRun, saveRun} from './journal.ts';
import {probeFor} from './probes.ts';
import {checkpoint, runCommand, toolsOf, type Transaction} from './transaction.ts';

/**
 * After the files: each command at most once, and only when something that triggers it has changed. Commands that a
 * file waits for which is put in place last run after that one.
 */
export const runArtifacts = async (transaction: Transaction, when: 'before-last' | 'after-last'): Promise<void> => {
  const {ledger, events, signal} = transaction;
  const runs = [...ledger.current().runs.entries()].filter(
    ([, run]) => followsLast(ledger.current(), run) === (when === 'after-last'),
  );
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

/** An image that the run made for itself can be an entry without any other file. */
const isEntry = ({placing, by, onRollback}: JournalItem): boolean =>
  placing === 'last' || (by === 'generator' && onRollback === 'remove');

/** A command that names no trigger is wanted for its own sake. */
const isTriggered = ({ledger}: Transaction, {artifact: {triggers}}: JournalRun): boolean => {
  const changed = new Set(ledger.current().items.map(({path}) => path));
  return triggers.length === 0 || triggers.some((path) => changed.has(path));
};

const runArtifact = async (transaction: Transaction, index: number, {artifact}: JournalRun): Promise<void> => {
  if (artifact.kind === 'command' && artifact.effect !== undefined) refuseForeign(transaction, artifact.effect);
  saveRun(transaction.ledger, index, {state: 'started', reason: null});
  const reason = await perform(transaction, index, artifact);
  saveRun(transaction.ledger, index, {state: reason === null ? 'ran' : 'not-run', reason});
};

const perform = async (
  transaction: Transaction,
  index: number,
  artifact: JournalRun['artifact'],
): Promise<string | null> => {
  if (artifact.kind === 'command') return runOnce(transaction, artifact);
  if (artifact.kind === 'created') return createFile(transaction, index, artifact);
  return (await generate(transaction, index, artifact)).reason;
};

/** What somebody has set there since the plan was made must not be taken for what to go back to. */
const refuseForeign = ({machine, ports}: Transaction, effect: Effect): void => {
  const foreign = probeFor(ports, effect).foreign(machine, effect);
  if (foreign !== null) throw new Error(foreign);
};

/** Why it was not run; `null` when it was. */
const runOnce = async (
  transaction: Transaction,
  {argv, timeoutSeconds, effect, images}: CommandArtifact,
): Promise<string | null> => {
  const checks = [effect, images].filter((check) => check !== undefined);
  const probes = checks.map((check) => ({check, probe: probeFor(transaction.ports, check)}));
  // It changes nothing, so that its failure is no reason to undo what is in place.
  const whenFailed = probes.map(({probe}) => probe.whenFailed).find((beginning) => beginning !== null);
  try {
    const result = await runCommand(transaction, argv, timeoutSeconds);
    if (result.state === 'not-run') return result.reason;
    for (const {check, probe} of probes) await probe.check(toolsOf(transaction), check, result.stdout);
    return null;
  } catch (error) {
    if (!(error instanceof CommandError) || whenFailed === undefined) throw error;
    transaction.events({kind: 'warning', message: `${whenFailed}: ${error.message}`});
    return error.message;
  }
};
