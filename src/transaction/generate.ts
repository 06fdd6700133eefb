import {dirname} from 'node:path';
import type {GeneratedArtifact} from '../artifacts/artifact.ts';
import {backUp} from './backup.ts';
import {installFile} from './install.ts';
import {type JournalItem, saveItem} from './journal.ts';
import {describeDifference, isSameState, type PathState, readPathState, sha256} from './path-state.ts';
import {backupFile, generatedFile, tempFile} from './paths.ts';
import {stage} from './replace.ts';
import {runCommand} from './run-command.ts';
import type {Transaction} from './transaction.ts';
import {validate} from './validate.ts';
import {withOutput} from './with-output.ts';
import {ensureDirectory, removeIfThere} from './write-file.ts';

type RegularState = Extract<PathState, {state: 'file' | 'absent'}>;

/**
 * grub-mkconfig, dracut and update-initramfs write over the file that the next boot needs. So the program writes to
 * a path of ours, the result is validated there, and our writer puts it in place with a backup of the old one.
 */
export const generate = async (transaction: Transaction, runIndex: number, artifact: GeneratedArtifact): Promise<Made> => {
  const old = regularState(transaction, artifact.path);
  const made = await makeOutput(transaction, runIndex, artifact, old);
  if (made.output === null) return made;
  installGenerated(transaction, artifact, made.output, old);
  removeIfThere(transaction.machine, made.output);
  return made;
};

/** A valid new file at a path of ours; no `output` where programs cannot be run. */
export type Made = {readonly output: string; readonly reason: null} | {readonly output: null; readonly reason: string};

export const makeOutput = async (transaction: Transaction, runIndex: number, artifact: GeneratedArtifact, old: PathState): Promise<Made> => {
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

const installGenerated = (transaction: Transaction, {path, isOwn}: GeneratedArtifact, output: string, old: RegularState): void => {
  const {machine, ledger} = transaction;
  const {id, items} = ledger.current();
  const bytes = machine.read(output);
  if (old.state === 'file' && old.sha256 === sha256(bytes)) return;
  const known = items.findIndex((item) => item.path === path && item.installer === 'generated');
  const index = known === -1 ? items.length : known;
  const backup = old.state === 'file' ? backupFile(id, index) : null;
  if (old.state === 'file' && backup !== null) backUp(machine, path, backup, old);
  const owner = old.state === 'file' ? old : {...machine.self, mode: (machine.stat(output)?.mode ?? 0o600) & 0o755};
  const {mode, uid, gid} = owner;
  const wanted: PathState = {state: 'file', sha256: sha256(bytes), size: bytes.length, mode, uid, gid};
  const temp = tempFile(path, id, index);
  const item: JournalItem = {path, installer: 'generated', old, backup, new: wanted, temp, isUnsettled: isOwn === true};
  // In the journal before the temp exists, so that a crash leaves nothing that is not known about.
  ledger.save({items: known === -1 ? [...items, item] : items.with(known, item)});
  const staged = stage(machine, temp, {kind: 'file', bytes, mode, uid, gid, like: backup === null ? null : path});
  if (!isSameState(staged, wanted)) saveItem(ledger, index, {...item, new: staged});
  installFile(transaction, index, item);
  machine.syncDirectory(dirname(path));
  const difference = describeDifference(staged, readPathState(machine, path));
  if (difference !== null) throw new Error(`${path} is not what was written: ${difference}.`);
};
