import type {Ports} from '../artifacts/ports.ts';
import {ownValue} from '../decode/own-value.ts';
import {errorCode} from '../system/machine-error.ts';
import type {Machine} from '../system/machine.ts';
import {commit} from './apply.ts';
import {removeRun} from './begin.ts';
import {keepLastWord} from './decode-journal.ts';
import {failure, incomplete} from './failure.ts';
import {isUnfinished, type Journal, type JournalItem, openLedger} from './journal.ts';
import {acquireLock, findStaleLocks, isLocked} from './lock.ts';
import {waitForPackageManager} from './package-manager.ts';
import {journalDirectory} from '../system/state-directory.ts';
import {isSameState, readPathState} from './path-state.ts';
import {saveNames} from './replace.ts';
import {isComplete, restore, sweepGenerated} from './restore.ts';
import {readRuns, type Runs} from './runs.ts';
import {removeStaged} from './staging.ts';
import type {OnProgress, Transaction} from './transaction.ts';

export type RecoverOptions = {
  /** `forward` finishes an interrupted apply where everything for it is there; otherwise it goes back all the same. */
  readonly direction?: 'back' | 'forward';
  /** Ends a transaction although something could not be put back, or holds somebody else's edit: it stays unchanged. */
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
    return readRuns(machine)
      .journals.filter(isUnfinished)
      .map(({id}) => id);
  } catch (error) {
    if (isNotOurs(error)) return [];
    throw error;
  }
};

/**
 * Finishes whatever an interrupted run left, before anything else is done. Nothing is changed when nothing is left; the
 * ports, from which most of the program hangs, are not even loaded then.
 * Throws LockedError when that run is still alive, TransactionError when a file was edited by somebody else since.
 */
export const recoverWith =
  (loadPorts: () => Promise<Ports>) =>
  async (machine: Machine, options: RecoverOptions, events: OnProgress): Promise<readonly Recovery[]> => {
    try {
      const runs = readRuns(machine);
      if (isFinished(machine, runs)) {
        keepLastWord(machine, runs.journals);
        return [];
      }
    } catch (error) {
      if (isNotOurs(error)) return [];
      throw error;
    }
    const lock = acquireLock(machine);
    try {
      await waitForPackageManager(machine, events, new AbortController().signal);
      const {journals, unbegun} = readRuns(machine);
      for (const id of unbegun) removeRun(machine, id);
      for (const file of findHalfSaved(machine, journals)) machine.unlink(file);
      const recoveries: Recovery[] = unbegun.map((id) => ({id, did: 'discarded', paths: []}));
      for (const journal of journals.filter(isUnfinished).reverse())
        recoveries.push(await finish(await loadPorts(), machine, journal, options, events));
      return recoveries;
    } finally {
      lock.release();
    }
  };

const isFinished = (machine: Machine, {journals, unbegun}: Runs): boolean =>
  unbegun.length === 0 &&
  !journals.some(isUnfinished) &&
  (findHalfSaved(machine, journals).length === 0 || isLocked(machine)) &&
  findStaleLocks(machine).length === 0;

/** What a run was just saving under another name when it was killed. A run that lives may be saving it. */
const findHalfSaved = (machine: Machine, journals: readonly Journal[]): readonly string[] =>
  journals
    .flatMap(({id}) => [journalDirectory(id), `${journalDirectory(id)}/backup`])
    .flatMap((directory) => machine.list(directory).map((name) => `${directory}/${name}`))
    .filter((path) => path.endsWith('.new'));

/** Without root there is no looking into the state directory, and nothing that could be recovered. */
const isNotOurs = (error: unknown): boolean => errorCode(error) === 'EACCES';

const finish = async (
  ports: Ports,
  machine: Machine,
  journal: Journal,
  options: RecoverOptions,
  events: OnProgress,
): Promise<Recovery> => {
  const {id, state} = journal;
  const transaction: Transaction = {
    ports,
    machine,
    ledger: openLedger(machine, journal),
    events,
    signal: new AbortController().signal,
  };
  const paths = journal.items.map(({path}) => path);
  saveNames(machine, journal);
  if (options.direction === 'forward' && state === 'COMMITTING') {
    const obstacle = findObstacle(ports, machine, journal);
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

const findObstacle = (ports: Ports, machine: Machine, {items, runs}: Journal): string | null => {
  if (!hasAllFiles(machine, items)) return 'not all of its new files are there any more';
  const used = runs.find(
    ({artifact, state}) =>
      state === 'ran' &&
      artifact.kind === 'command' &&
      artifact.effect !== undefined &&
      ownValue(ports.probes, artifact.effect.kind)?.isUsedUp(machine, artifact.effect) !== false,
  );
  return used === undefined
    ? null
    : `what ${used.artifact.argv[0]} set is no longer there (a boot uses up a choice for one boot)`;
};

const hasAllFiles = (machine: Machine, items: readonly JournalItem[]): boolean =>
  items.every((item) => {
    if (item.by === 'generator') return true;
    const now = readPathState(machine, item.path);
    if (item.new !== null && isSameState(now, item.new)) return true;
    if (!isSameState(now, item.old) && !item.isUnsettled) return false;
    if (item.temp === null) return true;
    const temp = readPathState(machine, item.temp);
    return item.by === 'registry' ? temp.state === 'file' : item.new !== null && isSameState(temp, item.new);
  });

const complete = async (transaction: Transaction, paths: readonly string[]): Promise<Recovery> => {
  const {machine, ledger} = transaction;
  const {id, items} = ledger.current();
  try {
    // Programs start anew, so what they had half made goes first.
    for (const {by, temp} of items) if (by === 'generator' && temp !== null) removeStaged(machine, temp);
    sweepGenerated(machine, id);
    await commit(transaction);
  } catch (error) {
    throw failure(error, {foreign: [], problems: ['the interrupted run could not be completed']}, id, false);
  }
  return {id, did: 'completed', paths};
};
