import {dirname} from 'node:path';
import type {Machine} from '../system/machine.ts';
import {type JournalItem, saveItem} from './journal.ts';
import {defineDomain, undefineDomain} from './libvirt.ts';
import {isSameState, type PathState, readPathState, sha256} from './path-state.ts';
import {lateFile, tempFile} from './paths.ts';
import {type NewContent, replace, stage} from './replace.ts';
import type {Transaction} from './transaction.ts';
import {replacePrivate, writePrivate} from './write-file.ts';

export const restoreItem = async (transaction: Transaction, index: number, item: JournalItem): Promise<'restored' | 'unchanged' | 'foreign'> => {
  const {machine, ledger, events} = transaction;
  if (item.installer === 'libvirt' && item.isUnsettled) sweepRewrite(machine, item.path);
  const now = readPathState(machine, item.path);
  if (isSameState(now, item.old)) return 'unchanged';
  if (!isOurs(machine, item, now)) {
    events({kind: 'file', path: item.path, did: 'left-alone'});
    return 'foreign';
  }
  if (item.installer === 'libvirt') {
    if (item.isUnsettled) keepUnknown(transaction, index, item, now);
    // Once libvirt has begun to take the old domain back, the file holds neither of the two for a while.
    saveItem(ledger, index, {...item, isUnsettled: true});
    await restoreDomain(transaction, item);
  }
  putBack(transaction, index, item);
  events({kind: 'file', path: item.path, did: 'restored'});
  return 'restored';
};

export const isOurs = (machine: Machine, item: JournalItem, now: PathState): boolean =>
  item.isUnsettled || (item.new !== null && isSameState(item.new, now)) || isEmptiedByFat(machine, item.path, now);

/** What a power cut right after a rename on FAT leaves (see `replace`): nobody's content is in it. */
const isEmptiedByFat = (machine: Machine, path: string, now: PathState): boolean => now.state === 'file' && now.size === 0 && machine.space(dirname(path)).isFat;

/** A run that was killed while libvirt wrote knows no content of its own: this may be an edit since, also one between two attempts to put it back. */
const keepUnknown = ({machine, ledger, events}: Transaction, index: number, {path}: JournalItem, now: PathState): void => {
  if (now.state !== 'file') return;
  const first = lateFile(ledger.current().id, index);
  let kept = first;
  for (let number = 2; machine.stat(kept) !== null && sha256(machine.read(kept)) !== now.sha256; number += 1) kept = `${first}-${number}`;
  if (machine.stat(kept) === null) replacePrivate(machine, kept, machine.read(path));
  events({kind: 'warning', message: `${path} is put back as it was before the interrupted run; what it held until now is kept in ${kept}.`});
};

const restoreDomain = async (transaction: Transaction, {path, backup}: JournalItem): Promise<void> =>
  backup === null ? undefineDomain(transaction, path) : defineDomain(transaction, backup, false);

/**
 * libvirt writes NAME.xml.new and renames it (libvirt: virFileRewrite), and leaves it there when the power goes in between.
 * Its next definition writes over such a file, so nothing of anybody's is in it.
 */
const sweepRewrite = (machine: Machine, path: string): void => {
  if (machine.stat(`${path}.new`)?.type !== 'file') return;
  machine.unlink(`${path}.new`);
  machine.syncDirectory(dirname(path));
};

/** Byte by byte, as libvirt may have written the old domain in other words. */
const putBack = ({machine, ledger, events}: Transaction, index: number, item: JournalItem): void => {
  const {id} = ledger.current();
  const now = readPathState(machine, item.path);
  if (isSameState(now, item.old)) return;
  const content = oldContent(machine.read, item);
  const temp = content === null ? null : tempFile(item.path, id, index);
  if (content !== null && temp !== null) stage(machine, temp, content);
  const late = replace(machine, item.path, temp, now);
  machine.syncDirectory(dirname(item.path));
  if (late === null) return;
  const kept = lateFile(id, index);
  writePrivate(machine, kept, late);
  events({kind: 'warning', message: `${item.path} was edited while it was being restored; that edit is kept in ${kept}.`});
};

const oldContent = (read: (path: string) => Buffer, {path, old, backup}: JournalItem): NewContent | null => {
  if (old.state === 'symlink') return {kind: 'symlink', target: old.target, uid: old.uid, gid: old.gid};
  if (old.state !== 'file') return null;
  if (backup === null) throw new Error(`There is no backup of ${path}.`);
  const bytes = read(backup);
  if (sha256(bytes) !== old.sha256) throw new Error(`The backup ${backup} of ${path} is damaged.`);
  return {kind: 'file', bytes, mode: old.mode, uid: old.uid, gid: old.gid, like: backup};
};
