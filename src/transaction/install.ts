import {dirname} from 'node:path';
import type {Placing} from '../artifacts/artifact.ts';
import {registryOf} from '../artifacts/ports.ts';
import {type JournalItem, saveItem} from './journal.ts';
import {appliedFile, describeDifference, isSameState, lateFile, readPathState, sha256} from './path-state.ts';
import {replace} from './replace.ts';
import {checkpoint, toolsOf, type Transaction} from './transaction.ts';
import {removeStaged} from './staging.ts';
import {writePrivate} from './write-file.ts';

/** Makes each item true that is not yet; which those are is decided by content, so it can also finish an interrupted run. */
export const installItems = async (transaction: Transaction): Promise<void> => {
  const {ledger, events, signal} = transaction;
  events({kind: 'step', step: 'install'});
  await installFiles(transaction, 'first');
  for (const [index, item] of ledger.current().items.entries()) {
    if (item.by !== 'registry' || isInstalled(transaction, item)) continue;
    await checkpoint(signal);
    await defineGuest(transaction, index, item);
  }
  verifyItems(transaction, 'first');
};

/** Files that name what programs have made meanwhile. */
export const installLast = async (transaction: Transaction): Promise<void> => {
  const items = transaction.ledger.current().items.filter(({placing}) => placing === 'last');
  if (items.length === 0) return;
  if (lacksImage(transaction)) return leaveOut(transaction, items);
  transaction.events({kind: 'step', step: 'install'});
  await installFiles(transaction, 'last');
  verifyItems(transaction, 'last');
};

/** Below another root no program runs, and an entry without its image would be the default of that system all the same. */
const lacksImage = ({ledger}: Transaction): boolean =>
  ledger
    .current()
    .runs.some(
      ({artifact, state}) => artifact.kind === 'generated' && artifact.onRollback === 'remove' && state === 'not-run',
    );

const leaveOut = ({machine, events}: Transaction, items: readonly JournalItem[]): void => {
  for (const {path, temp} of items) {
    if (temp !== null) removeStaged(machine, temp);
    events({kind: 'warning', message: `${path} was not written: the image that it names could not be made here.`});
  }
};

const installFiles = async (transaction: Transaction, placing: Placing): Promise<void> => {
  const {machine, ledger, signal} = transaction;
  const directories = new Set<string>();
  for (const [index, item] of ledger.current().items.entries()) {
    if (item.by !== 'writer' || item.placing !== placing || isInstalled(transaction, item)) continue;
    await checkpoint(signal);
    installFile(transaction, index, item);
    directories.add(dirname(item.path));
  }
  for (const directory of directories) machine.syncDirectory(directory);
};

const isInstalled = ({machine}: Transaction, item: JournalItem): boolean =>
  !item.isUnsettled && item.new !== null && isSameState(item.new, readPathState(machine, item.path));

/** Throws when an editor's save was replaced: it becomes the old content, so that undoing brings it back. */
export const installFile = ({machine, ledger, events}: Transaction, index: number, item: JournalItem): void => {
  const late = replace(machine, item.path, item.temp, item.old);
  if (late !== null && item.old.state === 'file') {
    const backup = lateFile(ledger.current().id, index);
    writePrivate(machine, backup, late);
    saveItem(ledger, index, {...item, backup, old: {...item.old, sha256: sha256(late), size: late.length}});
    throw new Error(`${item.path} was edited while it was being replaced.`);
  }
  events({kind: 'file', path: item.path, did: 'installed'});
};

const defineGuest = async (transaction: Transaction, index: number, item: JournalItem): Promise<void> => {
  const {machine, ledger, events} = transaction;
  if (!item.isUnsettled) {
    const difference = describeDifference(item.old, readPathState(machine, item.path));
    if (difference !== null) throw new Error(`${item.path} changed in the meantime: ${difference}.`);
  }
  const registry = registryOf(transaction.ports, item.path);
  // Left by this run before it was interrupted: nothing was there when it began.
  const isOwnRest = item.isUnsettled && item.old.state === 'absent' && registry.isHalfMade(machine, item.path);
  saveItem(ledger, index, {...item, isUnsettled: true});
  if (isOwnRest) await registry.undefine(toolsOf(transaction), item.path);
  if (item.temp === null) await registry.undefine(toolsOf(transaction), item.path);
  else await registry.define(toolsOf(transaction), item.path, item.temp, true);
  const found = readPathState(machine, item.path);
  const isAsWanted = item.temp === null ? found.state === 'absent' : found.state === 'file';
  if (!isAsWanted) throw new Error(`${item.path} was defined without an error, but is not as it should be.`);
  if (item.old.state === 'file' && found.state === 'file')
    writePrivate(machine, appliedFile(ledger.current().id, index), {from: item.path});
  saveItem(ledger, index, {...item, new: found, isUnsettled: false});
  events({kind: 'file', path: item.path, did: 'installed'});
};

const verifyItems = ({machine, ledger, events}: Transaction, placing: Placing): void => {
  events({kind: 'step', step: 'verify'});
  for (const {path, by, placing: when, new: wanted} of ledger.current().items) {
    if (by === 'generator' || when !== placing) continue;
    const difference =
      wanted === null ? 'it was never written' : describeDifference(wanted, readPathState(machine, path));
    if (difference !== null) throw new Error(`${path} is not what was written: ${difference}.`);
  }
};
