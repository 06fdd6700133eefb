import {normalize} from 'node:path';
import {type Change, type FileChange, isFileChange, isSymlinkChange, type RunChange, type SymlinkChange} from '../changes/change.ts';
import type {Machine} from '../system/machine.ts';
import {missingDirectories, refuseUnwritable} from './inspect-directories.ts';
import type {JournalDirectory} from './journal.ts';
import {describeDifference, type PathState, readPathState, sha256} from './path-state.ts';
import {stateDirectory} from './paths.ts';
import {refusal} from './refuse.ts';
import {refuseRewriteOnFat} from './refuse-fat.ts';

/** A path that will change, with what is there and what is to be there. */
export type Target = {
  readonly path: string;
  readonly installer: 'file' | 'libvirt' | 'last';
  readonly old: PathState;
  readonly wanted: Wanted;
  /** Of the present file; extended attributes, which only this tells of, are taken over when the new one is staged. */
  readonly changedMs: number | null;
};
export type Wanted =
  | {readonly kind: 'absent'}
  | {readonly kind: 'file'; readonly bytes: Buffer; readonly mode: number}
  | {readonly kind: 'symlink'; readonly target: string};

export type Inspection = {
  readonly targets: readonly Target[];
  readonly directories: readonly JournalDirectory[];
  readonly commands: readonly RunChange['command'][];
  /** Every file and link is already as wanted. */
  readonly isDone: boolean;
};

/** Holds the changes against the machine; only reads. Throws TransactionError when one of them cannot or must not be made. */
export const inspect = (machine: Machine, changes: readonly Change[]): Inspection => {
  const fileChanges = changes.filter((change) => change.kind !== 'run');
  refuseBadPaths(fileChanges.map(({path}) => path));
  const states = fileChanges.map((change) => ({change, found: readPathState(machine, change.path), wanted: wantedOf(change)}));
  const open = states.filter(({found, wanted}) => !isThere(found, wanted));
  const commands = uniqueCommands(changes);
  if (open.length === 0 && !commands.some(({triggers}) => triggers.length === 0)) return {targets: [], directories: [], commands, isDone: true};
  for (const {change, found} of states) refuseUnexpected(machine, change, found);
  const targets = open.map(({change, found, wanted}): Target => ({path: change.path, installer: installerOf(machine, change), old: found, wanted, changedMs: machine.stat(change.path)?.changedMs ?? null}));
  for (const {path, old} of targets) refuseUnwritable(machine, path, old);
  refuseRewriteOnFat(machine, {targets, commands});
  return {targets, directories: missingDirectories(machine, targets), commands, isDone: false};
};

/** The domain goes through virsh where there is one; below another root the file itself is all there is. */
const installerOf = (machine: Machine, change: FileChange | SymlinkChange): Target['installer'] => {
  if (!isFileChange(change)) return 'file';
  if (change.installer !== 'libvirt') return change.installer;
  if (!machine.isLive && !machine.hasProgram('virsh')) return 'file';
  if (machine.hasProgram('virsh')) return 'libvirt';
  throw refusal('check', `${change.path} is a libvirt domain and virsh is not installed.`, 'Install the libvirt client programs, then run apply again.');
};

const wantedOf = (change: FileChange | SymlinkChange): Wanted => {
  if (isSymlinkChange(change)) return change.target === null ? {kind: 'absent'} : {kind: 'symlink', target: change.target};
  if (change.content === null) return {kind: 'absent'};
  const {text, encoding, mode} = change.content;
  return {kind: 'file', bytes: Buffer.from(text, encoding), mode};
};

const isThere = (found: PathState, wanted: Wanted): boolean => {
  if (wanted.kind === 'absent') return found.state === 'absent';
  if (wanted.kind === 'symlink') return found.state === 'symlink' && found.target === wanted.target;
  return found.state === 'file' && found.sha256 === sha256(wanted.bytes);
};

const uniqueCommands = (changes: readonly Change[]): Inspection['commands'] => {
  const commands = changes.filter((change) => change.kind === 'run').map(({command}) => command);
  const byArgv = new Map(commands.map((command) => [JSON.stringify([command.kind, command.argv, command.kind === 'generated' ? command.path : '']), command]));
  return [...byArgv.values()];
};

const refuseBadPaths = (paths: readonly string[]): void => {
  for (const path of paths) {
    const isPlain = path.startsWith('/') && path.length > 1 && !path.endsWith('/') && !path.includes('\0') && normalize(path) === path;
    if (!isPlain || path === stateDirectory || path.startsWith(`${stateDirectory}/`))
      throw refusal('check', `${JSON.stringify(path)} is not a path that can be changed.`, 'Report this as a bug.');
  }
  const twice = paths.find((path, index) => paths.indexOf(path) !== index);
  if (twice !== undefined) throw refusal('check', `${twice} would be changed twice in one transaction.`, 'Report this as a bug.');
};

const refuseUnexpected = (machine: Machine, change: FileChange | SymlinkChange, found: PathState): void => {
  const {path} = change;
  const byHand = 'Nothing was written. Put a regular file there, or make this change by hand.';
  if (found.state === 'other') throw refusal('check', `${path} is ${found.what}, not a regular file.`, byHand);
  if (isFileChange(change) && found.state === 'symlink')
    throw refusal('check', `${path} is a symbolic link to ${found.target}, not a regular file.`, byHand);
  if (isSymlinkChange(change) && found.state === 'file') throw refusal('check', `${path} is a file, not a symbolic link.`, byHand);
  const links = found.state === 'file' ? (machine.stat(path)?.links ?? 1) : 1;
  if (links > 1)
    throw refusal('check', `${path} has ${links} hard links; replacing it would cut it off from its other names.`, 'Nothing was written. Remove the other names, then run apply again.');
  refuseStale(path, describeDifference(change.expected, found));
};

/** Also used again just before the first rename. */
export const refuseStale = (path: string, difference: string | null): void => {
  if (difference === null) return;
  throw refusal('recheck', `${path} is no longer as it was when the plan was made: ${difference}.`, 'Nothing was written. Run plan again and look at the new diff.');
};
