import {isNewerDocument} from '../decode/decode.ts';
import {TransactionError} from '../errors.ts';
import {errorCode} from '../system/machine-error.ts';
import type {Machine} from '../system/machine.ts';
import {journalDirectory, journalFile, journalRoot} from '../system/state-directory.ts';
import {readJournal} from './decode-journal.ts';
import {type Journal, journalVersion} from './journal.ts';
import {isTransactionId} from './path-state.ts';
import {refuseForeignState} from './state-owner.ts';
import {messageOf} from './transaction.ts';

/** Something among the journals that cannot be undone by this program. It is named, and never touched. */
export type UnreadableRun = {
  /** Its name in the folder of journals. */
  readonly id: string;
  /** `stray`: no folder of a run at all. */
  readonly kind: 'lost' | 'damaged' | 'newer' | 'stray';
  /** Complete sentences. */
  readonly problem: string;
  readonly nextStep: string;
};

/** All that the folder of journals holds. */
export type Runs = {
  /** By age. */
  readonly journals: readonly Journal[];
  /** By name. */
  readonly unreadable: readonly UnreadableRun[];
  /** Folders of runs that were killed before they had a journal: nothing was written before that. */
  readonly unbegun: readonly string[];
};

/** One journal that cannot be read hides no other. Throws TransactionError when others may have written here. */
export const readRuns = (machine: Machine): Runs => {
  refuseForeignState(machine);
  const journals: Journal[] = [];
  const unreadable: UnreadableRun[] = [];
  const unbegun: string[] = [];
  for (const name of machine.list(journalRoot)) {
    const found = readRun(machine, name);
    if (found === 'unbegun') unbegun.push(name);
    else if ('kind' in found) unreadable.push(found);
    else journals.push(found);
  }
  return {journals: journals.sort((one, other) => one.sequence - other.sequence), unreadable, unbegun};
};

const readRun = (machine: Machine, id: string): Journal | UnreadableRun | 'unbegun' => {
  const directory = journalDirectory(id);
  if (!isTransactionId(id) || machine.stat(directory)?.type !== 'directory')
    return {
      id,
      kind: 'stray',
      problem: `${directory} belongs to no run.`,
      nextStep: 'It is left alone; move it away if you do not need it.',
    };
  try {
    return readJournal(machine, id) ?? (isUnbegun(machine, directory) ? 'unbegun' : lostRun(id));
  } catch (error) {
    // Anything else is not a fault of this file: the user may not look, or the process lacks something.
    if (!(error instanceof TransactionError) && !faultsOfTheDisk.has(errorCode(error) ?? '')) throw error;
    return isNewer(machine, id)
      ? newerRun(id)
      : damagedRun(
          id,
          error instanceof TransactionError
            ? error.message
            : `The journal ${journalFile(id)} cannot be read: ${messageOf(error)}.`,
        );
  }
};

const faultsOfTheDisk: ReadonlySet<string> = new Set(['EIO', 'EUCLEAN', 'EBADMSG', 'ELOOP', 'ENXIO']);

/** `begin` writes the journal before all other files: with any of them there was one. */
const isUnbegun = (machine: Machine, directory: string): boolean =>
  machine
    .list(directory)
    .every(
      (name) => name === 'journal.json.new' || (name === 'backup' && machine.list(`${directory}/backup`).length === 0),
    );

const lostRun = (id: string): UnreadableRun => ({
  id,
  kind: 'lost',
  problem: `${journalFile(id)} is missing, so the run ${id} cannot be undone.`,
  nextStep: byHand(id),
});

const damagedRun = (id: string, problem: string): UnreadableRun => ({
  id,
  kind: 'damaged',
  problem,
  nextStep: byHand(id),
});

const newerRun = (id: string): UnreadableRun => ({
  id,
  kind: 'newer',
  problem: `The run ${id} was made by a newer version of vfio-pilot.`,
  nextStep: `Update vfio-pilot to see or undo it; its journal is ${journalFile(id)}.`,
});

const byHand = (id: string): string =>
  `Compare the files with their backups in ${journalDirectory(id)}/backup, then move ${journalDirectory(id)} away.`;

const isNewer = (machine: Machine, id: string): boolean => {
  try {
    return isNewerDocument(machine.read(journalFile(id)).toString('utf8'), journalVersion);
  } catch {
    return false;
  }
};

export const unreadableError = ({problem, nextStep}: UnreadableRun, otherStep = ''): TransactionError =>
  new TransactionError(problem, {step: 'journal', isRestored: false, nextStep: `${nextStep}${otherStep}`});
