import type {Ports} from '../artifacts/ports.ts';
import type {Change} from '../changes/change.ts';
import {TransactionError} from '../errors.ts';
import type {Machine} from '../system/machine.ts';
import {begin} from './begin.ts';
import {checkSpace} from './check-space.ts';
import {keepLastWord} from './decode-journal.ts';
import {failure, interruption} from './failure.ts';
import {inspect, type Inspection} from './inspect.ts';
import {installItems, installLast} from './install.ts';
import {isUnfinished} from './journal.ts';
import {acquireLock} from './lock.ts';
import {waitForPackageManager} from './package-manager.ts';
import {journalDirectory} from '../system/state-directory.ts';
import {isTransactionId} from './path-state.ts';
import {prepare} from './prepare.ts';
import {restore} from './restore.ts';
import {runArtifacts} from './run-artifacts.ts';
import {readRuns} from './runs.ts';
import {sweepStaged} from './staging.ts';
import {tellSystemLog} from './system-log.ts';
import {checkpoint, type OnProgress, refusal, refuseChangedHost, refuseInUse, type Transaction} from './transaction.ts';

/** From COMMITTING to COMMITTED; does only what is not done yet, so it also finishes an interrupted run. */
export const commit = async (transaction: Transaction): Promise<void> => {
  await installItems(transaction);
  await runArtifacts(transaction, 'before-last');
  await installLast(transaction);
  await runArtifacts(transaction, 'after-last');
  await checkpoint(transaction.signal);
  transaction.events({kind: 'step', step: 'finish'});
  sweepStaged(transaction.machine, transaction.ledger.current());
  transaction.ledger.save({state: 'COMMITTED'});
  await tellSystemLog(transaction.machine, transaction.ledger.current(), 'Applied');
};

export type ApplyRequest = {
  readonly changes: readonly Change[];
  /** Kept as plan.json for `verify`; any JSON. */
  readonly plan: unknown;
  /** Kept as guest.json, what the guest takes from the host, for the plans of other guests; any JSON, none when absent. */
  readonly guest?: unknown;
  readonly profileName: string;
  readonly toolVersion: string;
  /** ISO 8601. */
  readonly now: string;
  /** Of `transactionId`. */
  readonly id: string;
  /** How long a package manager at work is waited for. */
  readonly patienceMs?: number;
  /** What else changed on the host since the plan was made, in sentences; asked once no other run can write. */
  readonly findStale?: () => readonly string[];
};

export type ApplyResult = {readonly id: string; readonly outcome: 'applied' | 'nothing-to-do'};

/**
 * Makes all changes true, or leaves the machine as it was. Throws LockedError, or TransactionError, whose
 * `isRestored` tells whether everything is as before.
 */
export const applyWith =
  (ports: Ports) =>
  async (machine: Machine, request: ApplyRequest, events: OnProgress, signal: AbortSignal): Promise<ApplyResult> => {
    const {id} = request;
    events({kind: 'step', step: 'check'});
    if (!isTransactionId(id))
      throw refusal('check', `${JSON.stringify(id)} is no transaction id.`, 'Report this as a bug.');
    if (check(ports, machine, request).isDone) return {id, outcome: 'nothing-to-do'};
    events({kind: 'step', step: 'lock'});
    const lock = acquireLock(machine);
    try {
      // Another run may have been at work until it gave the lock back.
      refuseUnfinished(machine);
      await waitForPackageManager(machine, events, signal, request.patienceMs);
      const inspection = check(ports, machine, request);
      if (inspection.isDone) return {id, outcome: 'nothing-to-do'};
      refuseChangedHost(request.findStale?.() ?? []);
      if (signal.aborted) throw interruption();
      await transact(ports, machine, request, inspection, events, signal);
      return {id, outcome: 'applied'};
    } finally {
      lock.release();
    }
  };

const check = (ports: Ports, machine: Machine, {changes, plan}: ApplyRequest): Inspection => {
  const inspection = inspect(ports, machine, changes);
  if (inspection.isDone) return inspection;
  refuseInUse(
    ports,
    machine,
    changes.flatMap((change) => (change.kind === 'run' ? [] : [{path: change.path, goes: change.kind === 'remove'}])),
  );
  checkSpace(machine, inspection, JSON.stringify(plan)?.length ?? 0);
  return inspection;
};

const refuseUnfinished = (machine: Machine): void => {
  const journal = readRuns(machine).journals.find(isUnfinished);
  if (journal === undefined) return;
  throw new TransactionError(`The transaction ${journal.id} was interrupted and is not finished yet.`, {
    step: 'check',
    isRestored: false,
    nextStep: `Run \`vfio-pilot rollback\`, or look into ${journalDirectory(journal.id)}.`,
  });
};

const transact = async (
  ports: Ports,
  machine: Machine,
  request: ApplyRequest,
  inspection: Inspection,
  events: OnProgress,
  signal: AbortSignal,
): Promise<void> => {
  const {id, profileName: profile, toolVersion, now: startedAt, plan, guest} = request;
  events({kind: 'step', step: 'journal'});
  const {journals, unreadable} = readRuns(machine);
  // Those that cannot be read have numbers, too.
  const sequence = (keepLastWord(machine, journals)?.sequence ?? 0) + 1 + unreadable.length;
  const ledger = beginOrRefuse(() =>
    begin(machine, {id, profile, toolVersion, startedAt, sequence, plan, guest}, inspection),
  );
  const transaction: Transaction = {ports, machine, ledger, events, signal};
  try {
    await prepare(transaction, inspection.targets);
    await commit(transaction);
  } catch (error) {
    // The interruption has done its work; what restores must not be interrupted by it again.
    const restoring = {...transaction, signal: new AbortController().signal};
    const restoration = await restore(restoring, {
      failure: error instanceof Error ? error.message : String(error),
      acceptPresent: false,
    });
    throw failure(error, restoration, id, signal.aborted);
  }
};

const beginOrRefuse = <Result>(start: () => Result): Result => {
  try {
    return start();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new TransactionError(`The journal could not be started: ${message}.`, {
      step: 'journal',
      isRestored: true,
      nextStep: 'Nothing was changed. Put that right, then run apply again.',
      cause: error,
    });
  }
};
