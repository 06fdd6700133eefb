import {dirname} from 'node:path';
import type {CommandArtifact} from '../artifacts/artifact.ts';
import {registryOf} from '../artifacts/ports.ts';
import {ownValue} from '../decode/own-value.ts';
import type {Machine} from '../system/machine.ts';
import {type Journal, type JournalItem, saveItem, saveRun} from './journal.ts';
import {digestOf, generatedDirectory, isSameState, lateFile, type PathState, readPathState} from './path-state.ts';
import {probeFor} from './probes.ts';
import {regenerate} from './regenerate.ts';
import {type NewContent, replace, stage} from './replace.ts';
import {followsLast} from './run-artifacts.ts';
import {uncreateFiles} from './create-file.ts';
import {messageOf, runCommand, toolsOf, type Transaction} from './transaction.ts';
import {sweepStaged, tempFile} from './staging.ts';
import {tellSystemLog} from './system-log.ts';
import {replacePrivate, writePrivate} from './write-file.ts';

/** Removes what an interrupted run left: only names that its journal makes ours. Frees the space for restoring, too. */
const sweepTemps = ({machine, ledger}: Transaction): void => {
  const journal = ledger.current();
  sweepStaged(machine, journal);
  sweepGenerated(machine, journal.id);
};

/** What a program had half made. */
export const sweepGenerated = (machine: Machine, id: string): void => {
  const directory = generatedDirectory(id);
  for (const name of machine.list(directory)) machine.unlink(`${directory}/${name}`);
};

/** Those that we made and that nobody else uses. */
const removeDirectories = ({machine, ledger}: Transaction): void => {
  for (const {path} of [...ledger.current().directories].reverse()) {
    if (machine.stat(path)?.type !== 'directory' || machine.list(path).length > 0) continue;
    machine.removeDirectory(path);
    machine.syncDirectory(dirname(path));
  }
};

/** The inverse of each of these commands that ran or may have, last first, each once. Returns what failed. */
const undoCommands = async (
  transaction: Transaction,
  when: 'before-last' | 'after-last',
): Promise<readonly string[]> => {
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
        if (result.state === 'ended' && artifact.effect !== undefined)
          await probeFor(transaction.ports, artifact.effect).checkUndone(toolsOf(transaction), artifact.effect);
      }
      done.add(key);
      saveRun(ledger, index, {state: 'undone', reason: null});
    } catch (error) {
      problems.push(messageOf(error));
    }
  }
  return problems;
};

/** Somebody's later choice is not ours to take back. What cannot be looked at is undone. */
const isToUndo = ({machine, ports, events}: Transaction, {effect}: CommandArtifact): boolean => {
  const probe = effect === undefined ? undefined : ownValue(ports.probes, effect.kind);
  if (effect === undefined || probe === undefined || probe.isInEffect(machine, effect)) return true;
  if (probe.foreign(machine, effect) !== null)
    events({kind: 'warning', message: 'Another default was chosen in the boot loader since; it stays.'});
  return false;
};

const restoreItem = async (
  transaction: Transaction,
  index: number,
  item: JournalItem,
): Promise<'restored' | 'unchanged' | 'foreign'> => {
  const {machine, ledger, events} = transaction;
  if (item.by === 'registry' && item.isUnsettled) sweepLeftover(transaction, item.path);
  const now = readPathState(machine, item.path);
  if (isSameState(now, item.old)) return 'unchanged';
  if (!isOurs(machine, item, now)) {
    events({kind: 'file', path: item.path, did: 'left-alone'});
    return 'foreign';
  }
  if (item.by === 'registry') {
    if (item.isUnsettled) keepUnknown(transaction, index, item, now);
    // Once the registry has begun to take the old guest back, the file holds neither of the two for a while.
    saveItem(ledger, index, {...item, isUnsettled: true});
    await restoreGuest(transaction, item);
    if (hasOldSettings(transaction, item)) {
      events({kind: 'file', path: item.path, did: 'restored'});
      return 'restored';
    }
  }
  if (item.onRollback === 'remove' && item.new !== null && !isSameState(item.new, now))
    events({
      kind: 'warning',
      message: `${item.path} was changed since it was made. It is removed all the same: it belongs to this run alone.`,
    });
  putBack(transaction, index, item);
  events({kind: 'file', path: item.path, did: 'restored'});
  return 'restored';
};

export const isOurs = (machine: Machine, item: JournalItem, now: PathState): boolean =>
  item.isUnsettled ||
  item.onRollback === 'remove' ||
  (item.new !== null && isSameState(item.new, now)) ||
  isEmptiedByFat(machine, item.path, now);

/** What a power cut right after a rename on FAT leaves (see `replace`): nobody's content is in it. */
const isEmptiedByFat = (machine: Machine, path: string, now: PathState): boolean =>
  now.state === 'file' && now.size === 0 && machine.space(dirname(path)).isFat;

/** A run that was killed while the registry wrote knows no content of its own: this may be an edit since, also one between two attempts to put it back. */
const keepUnknown = (
  {machine, ledger, events}: Transaction,
  index: number,
  {path}: JournalItem,
  now: PathState,
): void => {
  if (now.state !== 'file') return;
  const first = lateFile(ledger.current().id, index);
  let kept = first;
  for (let number = 2; machine.stat(kept) !== null && digestAt(machine, kept) !== now.sha256; number += 1)
    kept = `${first}-${number}`;
  if (machine.stat(kept) === null) replacePrivate(machine, kept, {from: path});
  events({
    kind: 'warning',
    message: `${path} is put back as it was before the interrupted run; what it held until now is kept in ${kept}.`,
  });
};

const restoreGuest = async (transaction: Transaction, {path, backup}: JournalItem): Promise<void> => {
  const registry = registryOf(transaction.ports, path);
  if (backup === null) await registry.undefine(toolsOf(transaction), path);
  else await registry.define(toolsOf(transaction), path, backup, false);
  if (backup !== null && registry.hasSettingsOf?.(transaction.machine, path, backup) === false)
    throw new Error(`${path} does not have all of its old settings`);
};

/** Of a registry whose file nobody else may write: each old setting is back, if not in the old order. */
const hasOldSettings = ({ports, machine}: Transaction, {path, by, backup}: JournalItem): boolean =>
  by === 'registry' &&
  backup !== null &&
  machine.stat(path) !== null &&
  registryOf(ports, path).hasSettingsOf?.(machine, path, backup) === true;

const sweepLeftover = ({machine, ports}: Transaction, path: string): void => {
  const leftover = registryOf(ports, path).leftoverOf(path);
  if (leftover === null || machine.stat(leftover)?.type !== 'file') return;
  machine.unlink(leftover);
  machine.syncDirectory(dirname(path));
};

/** Byte by byte, as the registry may have written the old guest in its own way. */
const putBack = ({machine, ledger, events}: Transaction, index: number, item: JournalItem): void => {
  const {id} = ledger.current();
  const now = readPathState(machine, item.path);
  if (isSameState(now, item.old)) return;
  const content = oldContent(machine, item);
  const temp = content === null ? null : tempFile(machine, item.path, id, index);
  if (content !== null && temp !== null) stage(machine, temp, content);
  const late = replace(machine, item.path, temp, now);
  machine.syncDirectory(dirname(item.path));
  if (late === null) return;
  const kept = lateFile(id, index);
  writePrivate(machine, kept, late);
  events({
    kind: 'warning',
    message: `${item.path} was edited while it was being restored; that edit is kept in ${kept}.`,
  });
};

const digestAt = (machine: Machine, path: string): string => digestOf((each) => machine.readParts(path, each)).sha256;

const oldContent = (machine: Machine, {path, old, backup}: JournalItem): NewContent | null => {
  if (old.state === 'symlink') return {kind: 'symlink', target: old.target, uid: old.uid, gid: old.gid};
  if (old.state !== 'file') return null;
  if (backup === null) throw new Error(`There is no backup of ${path}.`);
  if (digestAt(machine, backup) !== old.sha256) throw new Error(`The backup ${backup} of ${path} is damaged.`);
  return {kind: 'file', content: {from: backup}, mode: old.mode, uid: old.uid, gid: old.gid, like: backup};
};

export type Restoration = {
  /** Files that hold neither the old nor the new content: somebody else's edit, left alone. */
  readonly foreign: readonly string[];
  readonly problems: readonly string[];
};

/**
 * Puts everything back as it was, by content: what is old stays, what is ours goes back, what is neither is left
 * alone and reported. Can be interrupted and started again at any instant. One thing that fails does not keep the rest
 * from being restored.
 */
export const restore = async (
  transaction: Transaction,
  options: {failure: string | null; acceptPresent: boolean},
): Promise<Restoration> => {
  const {ledger, events} = transaction;
  const {failure} = options;
  const wasPrepared = ledger.current().state === 'PREPARED';
  // What a failed run has made is of no use to anybody.
  const isKept = ({onRollback}: JournalItem): boolean => failure === null && onRollback === 'keep';
  const problems: string[] = [];
  const attempt = async <Result>(act: () => Result | Promise<Result>, otherwise: Result): Promise<Result> => {
    try {
      return await act();
    } catch (error) {
      problems.push(messageOf(error));
      return otherwise;
    }
  };
  events({kind: 'step', step: 'restore'});
  await attempt(() => sweepTemps(transaction), undefined);
  if (!wasPrepared) saveIfPossible(transaction, {state: 'ROLLING_BACK', failure});
  const foreign: JournalItem[] = [];
  // A boot loader must not be left with a default that is gone, nor with an entry whose image is gone.
  if (!wasPrepared) problems.push(...(await undoCommands(transaction, 'after-last')));
  for (const [index, item] of wasPrepared ? [] : lastOnesFirst(ledger.current().items)) {
    if (isKept(item)) {
      tellKept(transaction, item);
      continue;
    }
    const outcome = await attempt(() => restoreItem(transaction, index, item), 'failed');
    if (outcome === 'foreign') foreign.push(item);
  }
  if (!wasPrepared) problems.push(...uncreateFiles(transaction));
  await attempt(() => removeDirectories(transaction), undefined);
  for (const item of foreign)
    if (item.by === 'generator') await attempt(() => regenerate(transaction, item), undefined);
  problems.push(...(await undoCommands(transaction, 'before-last')));
  const edited = foreign.filter(({by}) => by !== 'generator').map(({path}) => path);
  problems.push(...notRestored(transaction, [...foreign, ...ledger.current().items.filter(isKept)], wasPrepared));
  const restoration: Restoration = {foreign: edited, problems};
  if (!isComplete(restoration) && !options.acceptPresent) return restoration;
  // Of a file that was edited while it was put back.
  if (!isComplete(restoration)) await attempt(() => sweepTemps(transaction), undefined);
  for (const message of [
    ...edited.map((path) => `${path} was edited by somebody else and stays unchanged.`),
    ...problems,
  ])
    events({kind: 'warning', message});
  saveIfPossible(transaction, {state: 'ROLLED_BACK', failure});
  await tellSystemLog(
    transaction.machine,
    ledger.current(),
    failure === null ? 'Rolled back' : 'Failed, and rolled back',
  );
  return {foreign: [], problems: []};
};

const tellKept = ({machine, events}: Transaction, {path}: JournalItem): void => {
  if (machine.stat(path) === null) return;
  events({kind: 'file', path, did: 'left-alone'});
  events({
    kind: 'warning',
    message: `${path} stays, as it may hold your data. Delete it yourself if you do not need it.`,
  });
};

const lastOnesFirst = (items: readonly JournalItem[]): readonly (readonly [number, JournalItem])[] => {
  const backwards = [...items.entries()].reverse();
  return [
    ...backwards.filter(([, {placing}]) => placing === 'last'),
    ...backwards.filter(([, {placing}]) => placing !== 'last'),
  ];
};

export const isComplete = ({foreign, problems}: Restoration): boolean => foreign.length === 0 && problems.length === 0;

/** A journal that says COMMITTING or ROLLING_BACK about a restored machine is put right at the next start. */
const saveIfPossible = ({ledger, events}: Transaction, changes: Partial<Journal>): void => {
  try {
    ledger.save(changes);
  } catch (error) {
    events({kind: 'warning', message: `The journal could not be saved (${messageOf(error)}); the next start does it.`});
  }
};

/** What is on the disk decides, not that every step returned. */
const notRestored = (
  transaction: Transaction,
  left: readonly JournalItem[],
  wasPrepared: boolean,
): readonly string[] => {
  const {machine, ledger} = transaction;
  const leftAlone = new Set(left.map(({path}) => path));
  const items = wasPrepared ? [] : ledger.current().items;
  return items
    .filter(({path, old}) => !leftAlone.has(path) && !isSameState(old, readPathState(machine, path)))
    .filter((item) => !hasOldSettings(transaction, item))
    .map(({path}) => `${path} is not as it was before.`);
};
