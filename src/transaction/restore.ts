import type {Journal, JournalItem} from './journal.ts';
import {isSameState, readPathState} from './path-state.ts';
import {messageOf} from './refuse.ts';
import {regenerate} from './regenerate.ts';
import {removeDirectories, sweepTemps} from './sweep.ts';
import {restoreItem} from './restore-item.ts';
import type {Transaction} from './transaction.ts';
import {undoCommands} from './undo-commands.ts';

export type Restoration = {
  /** Files that hold neither the old nor the new content: somebody else's edit, left alone. */
  readonly foreign: readonly string[];
  readonly problems: readonly string[];
};

/**
 * Puts everything back as it was, by content: what is old stays, what is ours goes back, what is neither is left
 * alone and told. Can be interrupted and started again at any instant. One thing that fails does not keep the rest
 * from being restored.
 */
export const restore = async (transaction: Transaction, options: {failure: string | null; acceptPresent: boolean}): Promise<Restoration> => {
  const {ledger, events} = transaction;
  const {failure} = options;
  const wasPrepared = ledger.current().state === 'PREPARED';
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
    const outcome = await attempt(() => restoreItem(transaction, index, item), 'failed');
    if (outcome === 'foreign') foreign.push(item);
  }
  await attempt(() => removeDirectories(transaction), undefined);
  for (const item of foreign) if (item.installer === 'generated') await attempt(() => regenerate(transaction, item), undefined);
  problems.push(...(await undoCommands(transaction, 'before-last')));
  const edited = foreign.filter(({installer}) => installer !== 'generated').map(({path}) => path);
  problems.push(...notRestored(transaction, foreign, wasPrepared));
  const restoration: Restoration = {foreign: edited, problems};
  if (!isComplete(restoration) && !options.acceptPresent) return restoration;
  // Of a file that was edited while it was put back.
  if (!isComplete(restoration)) await attempt(() => sweepTemps(transaction), undefined);
  for (const message of [...edited.map((path) => `${path} was edited by somebody else and stays as it is.`), ...problems]) events({kind: 'warning', message});
  saveIfPossible(transaction, {state: 'ROLLED_BACK', failure});
  return {foreign: [], problems: []};
};

const lastOnesFirst = (items: readonly JournalItem[]): readonly (readonly [number, JournalItem])[] => {
  const backwards = [...items.entries()].reverse();
  return [...backwards.filter(([, {installer}]) => installer === 'last'), ...backwards.filter(([, {installer}]) => installer !== 'last')];
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
const notRestored = ({machine, ledger}: Transaction, foreign: readonly JournalItem[], wasPrepared: boolean): readonly string[] => {
  const leftAlone = new Set(foreign.map(({path}) => path));
  const items = wasPrepared ? [] : ledger.current().items;
  return items
    .filter(({path, old}) => !leftAlone.has(path) && !isSameState(old, readPathState(machine, path)))
    .map(({path}) => `${path} is not as it was before.`);
};
