import {dirname} from 'node:path';
import type {GeneratedArtifact} from '../artifacts/artifact.ts';
import {withOutput} from '../artifacts/with-output.ts';
import {backUp} from './backup.ts';
import {installFile} from './install.ts';
import {type JournalItem, saveItem} from './journal.ts';
import {
  backupFile,
  describeDifference,
  digestOf,
  generatedFile,
  isSameState,
  type PathState,
  readPathState,
} from './path-state.ts';
import {stage} from './replace.ts';
import {tempFile} from './staging.ts';
import {runCommand, type Transaction} from './transaction.ts';
import {validate} from './validate.ts';
import {ensureDirectory, removeIfThere} from './write-file.ts';

type RegularState = Extract<PathState, {state: 'file' | 'absent'}>;

/**
 * grub-mkconfig, dracut and update-initramfs write over the file that the next boot needs. So the program writes to
 * a path of our own, the result is validated there, and our writer puts it in place with a backup of the old one.
 */
export const generate = async (
  transaction: Transaction,
  runIndex: number,
  artifact: GeneratedArtifact,
): Promise<Made> => {
  const old = regularState(transaction, artifact.path);
  const made = await makeOutput(transaction, runIndex, artifact, old);
  if (made.output === null) return made;
  installGenerated(transaction, artifact, made.output, old);
  removeIfThere(transaction.machine, made.output);
  return made;
};

/** A valid new file at a path of our own; no `output` where programs cannot be run. */
export type Made = {readonly output: string; readonly reason: null} | {readonly output: null; readonly reason: string};

export const makeOutput = async (
  transaction: Transaction,
  runIndex: number,
  artifact: GeneratedArtifact,
  old: PathState,
): Promise<Made> => {
  const {machine, ledger} = transaction;
  const output = generatedFile(ledger.current().id, runIndex, machine.self.pid);
  ensureDirectory(machine, dirname(output), 0o700);
  removeIfThere(machine, output);
  const argv = withOutput(artifact.argv, output);
  const result = await runCommand(transaction, argv, artifact.timeoutSeconds);
  if (result.state === 'not-run') return {output: null, reason: result.reason};
  if (machine.stat(output)?.type !== 'file') throw new Error(`${argv.join(' ')} did not write ${output}.`);
  await validate(transaction, artifact, output, old);
  return {output, reason: null};
};

const regularState = ({machine}: Transaction, path: string): RegularState => {
  const state = readPathState(machine, path);
  if (state.state === 'file' || state.state === 'absent') return state;
  throw new Error(`${path} is no regular file, so what would be generated for it cannot be installed.`);
};

const installGenerated = (
  transaction: Transaction,
  {path, onRollback = 'restore'}: GeneratedArtifact,
  output: string,
  old: RegularState,
): void => {
  const {machine, ledger} = transaction;
  const {id, items} = ledger.current();
  const made = digestOf((each) => machine.readParts(output, each));
  if (old.state === 'file' && old.sha256 === made.sha256) return;
  const known = items.findIndex((item) => item.path === path && item.by === 'generator');
  const index = known === -1 ? items.length : known;
  const backup = old.state === 'file' ? backupFile(id, index) : null;
  if (old.state === 'file' && backup !== null) backUp(machine, path, backup, old);
  const owner = old.state === 'file' ? old : {...machine.self, mode: (machine.stat(output)?.mode ?? 0o600) & 0o755};
  const {mode, uid, gid} = owner;
  const wanted: PathState = {state: 'file', ...made, mode, uid, gid};
  const temp = tempFile(machine, path, id, index);
  const item: JournalItem = {
    path,
    placing: 'first',
    by: 'generator',
    onRollback,
    old,
    backup,
    new: wanted,
    temp,
    isUnsettled: false,
  };
  // In the journal before the temp exists, so that a crash leaves nothing that is not known about.
  ledger.save({items: known === -1 ? [...items, item] : items.with(known, item)});
  const staged = stage(machine, temp, {
    kind: 'file',
    content: {from: output},
    mode,
    uid,
    gid,
    like: backup === null ? null : path,
  });
  if (!isSameState(staged, wanted)) saveItem(ledger, index, {...item, new: staged});
  installFile(transaction, index, item);
  machine.syncDirectory(dirname(path));
  const difference = describeDifference(staged, readPathState(machine, path));
  if (difference !== null) throw new Error(`${path} is not what was written: ${difference}.`);
};
