import {dirname} from 'node:path';
import {backUp} from './backup.ts';
import {refuseStale, type Target} from './inspect.ts';
import type {JournalItem} from './journal.ts';
import {findPackageManager} from './package-manager.ts';
import {appliedFile, describeDifference, readPathState} from './path-state.ts';
import {type NewContent, stage} from './replace.ts';
import {checkpoint, refusal, type Transaction} from './transaction.ts';
import {writePrivate} from './write-file.ts';

/** Everything that can fail for want of space, permission or agreement happens here, before a target changes. */
export const prepare = async (transaction: Transaction, targets: readonly Target[]): Promise<void> => {
  makeDirectories(transaction);
  transaction.events({kind: 'step', step: 'stage'});
  const items: JournalItem[] = [];
  for (const [index, target] of targets.entries()) {
    await checkpoint(transaction.signal);
    const item = transaction.ledger.current().items[index];
    if (item !== undefined) items.push(stageItem(transaction, index, item, target));
  }
  transaction.events({kind: 'step', step: 'recheck'});
  for (const {path, old, changedMs} of targets) {
    refuseStale(path, describeDifference(old, readPathState(transaction.machine, path)));
    if (transaction.machine.stat(path)?.changedMs !== (changedMs ?? undefined))
      refuseStale(path, 'it was saved again, or its attributes changed, while the new files were staged');
  }
  const packageManager = findPackageManager(transaction.machine);
  if (packageManager !== null)
    throw refusal(
      'recheck',
      packageManager,
      'Nothing was written. Wait until it has ended, then run the command again.',
    );
  transaction.events({kind: 'step', step: 'backup'});
  for (const item of items) {
    await checkpoint(transaction.signal);
    backUpItem(transaction, item);
  }
  transaction.ledger.save({state: 'COMMITTING', items});
};

const makeDirectories = ({machine, ledger}: Transaction): void => {
  for (const {path, mode} of ledger.current().directories) {
    machine.makeDirectory(path, mode);
    machine.syncDirectory(dirname(path));
  }
};

const stageItem = (
  {machine, ledger, events}: Transaction,
  index: number,
  item: JournalItem,
  {wanted}: Target,
): JournalItem => {
  if (wanted.kind === 'absent' || item.temp === null) return item;
  events({kind: 'file', path: item.path, did: 'staged'});
  if (item.by === 'registry') {
    if (wanted.kind === 'file') writePrivate(machine, item.temp, wanted.bytes);
    return item;
  }
  if (wanted.kind === 'file' && item.old.state === 'file')
    writePrivate(machine, appliedFile(ledger.current().id, index), wanted.bytes);
  return {...item, new: stage(machine, item.temp, contentOf(machine.self, item, wanted))};
};

/** A file that is there keeps its owner, mode and the rest; a new one is ours. */
const contentOf = (
  self: {uid: number; gid: number},
  {path, old}: JournalItem,
  wanted: Exclude<Target['wanted'], {kind: 'absent'}>,
): NewContent => {
  const owner =
    old.state === 'file' || old.state === 'symlink' ? {uid: old.uid, gid: old.gid} : {uid: self.uid, gid: self.gid};
  if (wanted.kind === 'symlink') return {kind: 'symlink', target: wanted.target, ...owner};
  return {
    kind: 'file',
    content: wanted.bytes,
    mode: old.state === 'file' ? old.mode : wanted.mode,
    like: old.state === 'file' ? path : null,
    ...owner,
  };
};

const backUpItem = ({machine, events}: Transaction, {path, old, backup}: JournalItem): void => {
  if (old.state !== 'file' || backup === null) return;
  backUp(machine, path, backup, old);
  events({kind: 'file', path, did: 'backed-up'});
};
