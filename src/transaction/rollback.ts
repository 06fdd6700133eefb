import type {CommandArtifact, GeneratedArtifact} from '../artifacts/artifact.ts';
import {UsageError} from '../errors.ts';
import type {Machine} from '../system/machine.ts';
import {readJournals} from './decode-journal.ts';
import {incomplete, interruption} from './failure.ts';
import {isUnfinished, type Journal, openLedger} from './journal.ts';
import {withLateImages} from './late-images.ts';
import {type LateText, withLateTexts, withoutGone} from './late-texts.ts';
import {findEdits, isShown, refuseEdits, type ShownEdit, withEdits} from './edits.ts';
import {acquireLock} from './lock.ts';
import {waitForPackageManager} from './package-manager.ts';
import type {OnProgress} from './progress-event.ts';
import {refusal} from './refuse.ts';
import {refuseLent} from './refuse-lent.ts';
import {isComplete, restore} from './restore.ts';
import {saveNames} from './save-names.ts';

export type RollbackRequest = {
  /** Without it the newest applied transaction. */
  readonly id?: string;
  /** What makes the images of the kernels that are installed now. */
  readonly images?: readonly (GeneratedArtifact | CommandArtifact)[];
  /** What has the boot entries of later kernels written anew. */
  readonly entries?: readonly CommandArtifact[];
  /** What boot entries of later kernels hold instead, where nothing but us writes it. */
  readonly texts?: readonly LateText[];
  /** Boot entries that went with their kernels. */
  readonly gone?: readonly string[];
  /** Of `readEdits`, as the user has seen them: these keep the edit and lose what was applied, or stay as they are. */
  readonly edits?: readonly ShownEdit[];
};
export type RollbackResult = {
  readonly id: string | null;
  readonly outcome: 'rolled-back' | 'nothing-to-do';
  readonly paths: readonly string[];
  /** Not as they were before: they keep what somebody edited since. */
  readonly edited: readonly string[];
};

/**
 * Puts the machine back as it was before that transaction. Refuses, without a change, when a file was edited since that
 * is not among `edits`, or when a newer transaction stands on it. Throws LockedError, UsageError (unknown id) or TransactionError.
 */
export const rollback = async (machine: Machine, request: RollbackRequest, events: OnProgress, signal: AbortSignal): Promise<RollbackResult> => {
  if (chooseJournal(readJournals(machine), request) === null) return nothingToDo;
  const lock = acquireLock(machine);
  try {
    await waitForPackageManager(machine, events, signal);
    const journal = inspectRollback(machine, request);
    if (journal === null) return nothingToDo;
    if (signal.aborted) throw interruption();
    return await undo(machine, journal, request, events, signal);
  } finally {
    lock.release();
  }
};

/** The run that is to be undone, with what became of its files; `null` when there is none. Refuses as `rollback` does, and only reads. */
export const inspectRollback = (machine: Machine, request: RollbackRequest): Journal | null => {
  const journals = readJournals(machine);
  const chosen = chooseJournal(journals, request);
  if (chosen === null) return null;
  refuseBuiltUpon(journals, chosen);
  const journal = {...chosen, items: withoutGone(machine, chosen.items, request.gone ?? [])};
  if (isUnfinished(journal)) return journal;
  refuseEdits(findEdits(machine, journal.items).filter((edit) => !isShown(edit, request.edits ?? [])), journal.id);
  refuseLent(machine, journal.items.filter(({old}) => old.state === 'absent').map(({path}) => path));
  return journal;
};

const nothingToDo: RollbackResult = {id: null, outcome: 'nothing-to-do', paths: [], edited: []};

/** `null` when it is undone already, or nothing is applied. */
const chooseJournal = (journals: readonly Journal[], {id}: Pick<RollbackRequest, 'id'>): Journal | null => {
  const chosen = id === undefined ? journals.findLast(({state}) => state !== 'ROLLED_BACK') : journals.find((journal) => journal.id === id);
  if (chosen === undefined && id !== undefined) throw new UsageError(`There is no transaction ${id}.`, 'See `vfio-pilot history` for those that there are.');
  return chosen === undefined || chosen.state === 'ROLLED_BACK' ? null : chosen;
};

const undo = async (machine: Machine, journal: Journal, request: RollbackRequest, events: OnProgress, signal: AbortSignal): Promise<RollbackResult> => {
  const {images = [], entries = [], texts = [], gone = [], edits = []} = request;
  const ledger = openLedger(machine, journal);
  if (isUnfinished(journal)) saveNames(machine, journal);
  // On the disk before the first file goes back: a crash from here on is finished by `recover`.
  if (journal.state === 'COMMITTED') ledger.save({state: 'ROLLING_BACK', ...withLateImages({...journal, items: withLateTexts(machine, {...journal, items: withEdits(machine, journal, edits)}, texts)}, images, entries)});
  const restoration = await restore({machine, ledger, events, signal}, {failure: journal.failure, acceptPresent: false});
  if (!isComplete(restoration)) throw incomplete(restoration, journal.id, signal.aborted);
  const edited = edits.map(({path}) => path);
  return {id: journal.id, outcome: 'rolled-back', paths: journal.items.map(({path}) => path).filter((path) => ![...gone, ...edited].includes(path)), edited};
};

/** What two transactions may not both have changed: files, and variables of the boot loader. */
const ownPaths = ({items, runs}: Journal): readonly string[] => [
  ...items.filter(({installer}) => installer !== 'generated').map(({path}) => path),
  ...runs.flatMap(({artifact, state}) => (artifact.kind === 'command' && artifact.effect?.kind === 'loader-variable' && state === 'ran' ? [artifact.effect.name] : [])),
];

const refuseBuiltUpon = (journals: readonly Journal[], journal: Journal): void => {
  const paths = new Set(ownPaths(journal));
  const newer = journals.filter(({sequence, state}) => sequence > journal.sequence && state !== 'ROLLED_BACK');
  const builtUpon = newer.filter((other) => ownPaths(other).some((path) => paths.has(path)));
  const newest = builtUpon.at(-1);
  if (newest === undefined) return;
  const order = [...builtUpon, journal].sort((one, other) => other.sequence - one.sequence).map(({id}) => id);
  const shared = ownPaths(newest).find((path) => paths.has(path)) ?? '';
  throw refusal('check', `${shared} was changed again by ${newest.id}.`, `Nothing was changed. Roll back in this order: ${order.join(', ')}.`);
};
