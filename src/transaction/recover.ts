import {dirname} from 'node:path';
import type {Machine} from '../system/machine.ts';
import {errorCode} from '../system/machine-error.ts';
import {commit} from './commit.ts';
import {keepLastWord, listJournalIds, readJournal, readJournals} from './decode-journal.ts';
import {removeTree} from './discard.ts';
import {failure, incomplete} from './failure.ts';
import {isUnfinished, type Journal, type JournalItem, openLedger} from './journal.ts';
import {acquireLock} from './lock.ts';
import {waitForPackageManager} from './package-manager.ts';
import {isSameState, readPathState} from './path-state.ts';
import {journalDirectory} from './paths.ts';
import type {OnProgress} from './progress-event.ts';
import {isUsedUp} from './read-effect.ts';
import {isComplete, restore} from './restore.ts';
import {saveNames} from './save-names.ts';
import {sweepGenerated} from './sweep.ts';
import type {Transaction} from './transaction.ts';
import {removeIfThere} from './write-file.ts';

export type RecoverOptions = {
  /** `forward` finishes an interrupted apply where everything for it is there; otherwise it goes back all the same. */
  readonly direction?: 'back' | 'forward';
  /** Ends a transaction although something could not be put back, or holds somebody else's edit: it stays as it is. */
  readonly acceptPresent?: boolean;
};

export type Recovery = {
  readonly id: string;
  /** `discarded`: it had not begun. `removed-temps`: no file had changed yet. */
  readonly did: 'discarded' | 'removed-temps' | 'rolled-back' | 'completed';
  readonly paths: readonly string[];
};

/** Ids of interrupted transactions; reads only, for commands that only read. */
export const findInterrupted = (machine: Machine): readonly string[] => {
  try {
    return readJournals(machine).filter(isUnfinished).map(({id}) => id);
  } catch (error) {
    if (isNotOurs(error)) return [];
    throw error;
  }
};

/**
 * Finishes whatever an interrupted run left, before anything else is done. Nothing is changed when nothing is left.
 * Throws LockedError when that run is still alive, TransactionError when a file was edited by somebody else since.
 */
export const recover = async (machine: Machine, options: RecoverOptions, events: OnProgress): Promise<readonly Recovery[]> => {
  try {
    const journals = readJournals(machine);
    if (journals.length === listJournalIds(machine).length && !journals.some(isUnfinished)) {
      keepLastWord(machine, journals);
      return [];
    }
  } catch (error) {
    if (isNotOurs(error)) return [];
    throw error;
  }
  const lock = acquireLock(machine);
  try {
    await waitForPackageManager(machine, events, new AbortController().signal);
    const discarded = listJournalIds(machine).filter((id) => readJournal(machine, id) === null);
    for (const id of discarded) removeTree(machine, journalDirectory(id));
    const recoveries: Recovery[] = discarded.map((id) => ({id, did: 'discarded', paths: []}));
    for (const journal of readJournals(machine).filter(isUnfinished).reverse()) recoveries.push(await finish(machine, journal, options, events));
    return recoveries;
  } finally {
    lock.release();
  }
};

/** Without root there is no looking into the state directory, and nothing that could be recovered. */
const isNotOurs = (error: unknown): boolean => errorCode(error) === 'EACCES';

const finish = async (machine: Machine, journal: Journal, options: RecoverOptions, events: OnProgress): Promise<Recovery> => {
  const {id, state} = journal;
  const transaction: Transaction = {machine, ledger: openLedger(machine, journal), events, signal: new AbortController().signal};
  const paths = journal.items.map(({path}) => path);
  saveNames(machine, journal);
  if (options.direction === 'forward' && state === 'COMMITTING') {
    const obstacle = findObstacle(machine, journal);
    if (obstacle === null) return complete(transaction, paths);
    events({kind: 'warning', message: `${id} cannot be completed: ${obstacle}. It is rolled back.`});
  }
  const acceptPresent = options.acceptPresent ?? false;
  const restoration = await restore(transaction, {failure: journal.failure ?? reasons[state] ?? null, acceptPresent});
  if (!isComplete(restoration)) throw incomplete(restoration, id, false);
  return {id, did: state === 'PREPARED' ? 'removed-temps' : 'rolled-back', paths};
};

/** A rollback on request that was interrupted has no failure. */
const reasons: Readonly<Partial<Record<Journal['state'], string>>> = {
  PREPARED: 'The run was interrupted before it changed a file.',
  COMMITTING: 'The run was interrupted.',
};

const findObstacle = (machine: Machine, {items, runs}: Journal): string | null => {
  if (!hasAllFiles(machine, items)) return 'not all of its new files are there any more';
  const used = runs.find(({artifact, state}) => state === 'ran' && artifact.kind === 'command' && artifact.effect !== undefined && isUsedUp(machine, artifact.effect));
  return used === undefined ? null : `what ${used.artifact.argv[0]} set is not so any more (a choice for one boot is used up by that)`;
};

const hasAllFiles = (machine: Machine, items: readonly JournalItem[]): boolean =>
  items.every((item) => {
    if (item.installer === 'generated') return true;
    const now = readPathState(machine, item.path);
    if (item.new !== null && isSameState(now, item.new)) return true;
    if (!isSameState(now, item.old) && !item.isUnsettled) return false;
    if (item.temp === null) return true;
    const temp = readPathState(machine, item.temp);
    return item.installer === 'libvirt' ? temp.state === 'file' : item.new !== null && isSameState(temp, item.new);
  });

const complete = async (transaction: Transaction, paths: readonly string[]): Promise<Recovery> => {
  const {machine, ledger} = transaction;
  const {id, items} = ledger.current();
  try {
    // Programs start anew, so what they had half made goes first.
    for (const {installer, temp} of items)
      if (installer === 'generated' && temp !== null && removeIfThere(machine, temp)) machine.syncDirectory(dirname(temp));
    sweepGenerated(machine, id);
    await commit(transaction);
  } catch (error) {
    throw failure(error, {foreign: [], problems: ['the interrupted run could not be completed']}, id, false);
  }
  return {id, did: 'completed', paths};
};
