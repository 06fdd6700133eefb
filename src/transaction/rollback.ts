import type {CommandArtifact, GeneratedArtifact} from '../artifacts/artifact.ts';
import type {Ports} from '../artifacts/ports.ts';
import {ownValue} from '../decode/own-value.ts';
import {UsageError} from '../errors.ts';
import type {Machine} from '../system/machine.ts';
import {findEdits, isShown, refuseEdits, type ShownEdit, withEdits} from './edits.ts';
import {incomplete, interruption} from './failure.ts';
import {isUnfinished, type Journal, type JournalItem, openLedger} from './journal.ts';
import {type LateText, withLateImages, withLateTexts, withoutGone} from './late.ts';
import {acquireLock} from './lock.ts';
import {waitForPackageManager} from './package-manager.ts';
import {digestOf, isSameState, type PathState, readPathState} from './path-state.ts';
import {saveNames} from './replace.ts';
import {isComplete, restore} from './restore.ts';
import {readRuns, type Runs, unreadableError} from './runs.ts';
import {type OnProgress, refusal, refuseInUse} from './transaction.ts';

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
  /** Of `readEdits`, as the user has seen them: these keep the edit and lose what was applied, or stay unchanged. */
  readonly edits?: readonly ShownEdit[];
};
export type RollbackResult = {
  readonly id: string | null;
  readonly outcome: 'rolled-back' | 'nothing-to-do';
  readonly paths: readonly string[];
  /** Not as they were before: they keep what somebody edited since. */
  readonly edited: readonly string[];
  /** Guests that only their own program writes: each setting is as before, and the order of lines is the program's. */
  readonly bySettings: readonly string[];
};

/**
 * Puts the machine back as it was before that transaction. Refuses, without a change, when a file was edited since that
 * is not among `edits`, or when a newer transaction changed the same files. Throws LockedError, UsageError (unknown id) or TransactionError.
 */
export const rollbackWith =
  (ports: Ports) =>
  async (
    machine: Machine,
    request: RollbackRequest,
    events: OnProgress,
    signal: AbortSignal,
  ): Promise<RollbackResult> => {
    if (chooseJournal(readRuns(machine), request) === null) return nothingToDo;
    const lock = acquireLock(machine);
    try {
      await waitForPackageManager(machine, events, signal);
      const journal = inspectRollbackWith(ports)(machine, request);
      if (journal === null) return nothingToDo;
      if (signal.aborted) throw interruption();
      return await undo(ports, machine, journal, request, events, signal);
    } finally {
      lock.release();
    }
  };

/** The run that is to be undone, with what became of its files; `null` when there is none. Refuses as `rollback` does, and only reads. */
export const inspectRollbackWith =
  (ports: Ports) =>
  (machine: Machine, request: RollbackRequest): Journal | null => {
    const runs = readRuns(machine);
    const {journals} = runs;
    const chosen = chooseJournal(runs, request);
    if (chosen === null) return null;
    refuseBuiltUpon(ports, journals, chosen);
    const journal = {...chosen, items: withoutGone(machine, chosen.items, request.gone ?? [])};
    if (isUnfinished(journal)) return journal;
    refuseEdits(
      findEdits(machine, journal.items).filter((edit) => !isShown(edit, request.edits ?? [])),
      journal.id,
    );
    refuseInUse(
      ports,
      machine,
      journal.items
        .filter(({onRollback}) => onRollback !== 'keep')
        .map(({path, old}) => ({path, goes: old.state === 'absent'})),
    );
    refuseDamagedBackups(
      machine,
      journal.items.filter(({path}) => (request.edits ?? []).every((edit) => edit.path !== path)),
    );
    return journal;
  };

/** Before the first change: a rollback that stops half way leaves a host that is neither the old nor the new one. */
const refuseDamagedBackups = (machine: Machine, items: readonly JournalItem[]): void => {
  const damaged = items.filter(
    (item) =>
      item.old.state === 'file' &&
      item.onRollback !== 'keep' &&
      !isSameState(item.old, readPathState(machine, item.path)) &&
      !isBackup(machine, item.backup, item.old),
  );
  if (damaged.length === 0) return;
  throw refusal(
    'check',
    damaged.map(({path, backup}) => `The backup ${backup} of ${path} is damaged or missing.`).join(' '),
    `Nothing was changed. Put back ${damaged.map(({path}) => path).join(', ')} from a backup of your own, then run rollback again: it leaves what is already as before.`,
  );
};

const isBackup = (machine: Machine, backup: string | null, old: Extract<PathState, {state: 'file'}>): boolean =>
  backup !== null &&
  machine.stat(backup)?.type === 'file' &&
  digestOf((each) => machine.readParts(backup, each)).sha256 === old.sha256;

const nothingToDo: RollbackResult = {id: null, outcome: 'nothing-to-do', paths: [], edited: [], bySettings: []};

/** `null` when it is undone already, or nothing is applied. Throws for one that cannot be read, which may be applied. */
const chooseJournal = ({journals, unreadable}: Runs, {id}: Pick<RollbackRequest, 'id'>): Journal | null => {
  const chosen =
    id === undefined
      ? journals.findLast(({state}) => state !== 'ROLLED_BACK')
      : journals.find((journal) => journal.id === id);
  const lost = unreadable.findLast((one) => one.kind !== 'stray' && (id === undefined || one.id === id));
  // Names begin with the time: without an id the newest run is meant, and this may be it.
  if (lost !== undefined && (chosen === undefined || (id === undefined && lost.id > chosen.id)))
    throw unreadableError(
      lost,
      chosen === undefined ? '' : ` \`vfio-pilot rollback ${chosen.id}\` undoes the newest run that can be read.`,
    );
  if (chosen === undefined && id !== undefined)
    throw new UsageError(`There is no run ${id}.`, '`vfio-pilot history` lists them.');
  return chosen === undefined || chosen.state === 'ROLLED_BACK' ? null : chosen;
};

const undo = async (
  ports: Ports,
  machine: Machine,
  journal: Journal,
  request: RollbackRequest,
  events: OnProgress,
  signal: AbortSignal,
): Promise<RollbackResult> => {
  const {images = [], entries = [], texts = [], gone = [], edits = []} = request;
  const ledger = openLedger(machine, journal);
  if (isUnfinished(journal)) saveNames(machine, journal);
  // On the disk before the first file goes back: a crash from here on is finished by `recover`.
  if (journal.state === 'COMMITTED')
    ledger.save({
      state: 'ROLLING_BACK',
      ...withLateImages(
        machine,
        {...journal, items: withLateTexts(machine, {...journal, items: withEdits(machine, journal, edits)}, texts)},
        images,
        entries,
      ),
    });
  const restoration = await restore(
    {ports, machine, ledger, events, signal},
    {failure: journal.failure, acceptPresent: false},
  );
  if (!isComplete(restoration)) throw incomplete(restoration, journal.id, signal.aborted);
  const edited = edits.map(({path}) => path);
  const bySettings = journal.items
    .filter(({path, by, old}) => by === 'registry' && old.state === 'file' && !edited.includes(path))
    .filter(({path, old}) => !isSameState(old, readPathState(machine, path)))
    .map(({path}) => path);
  return {
    id: journal.id,
    outcome: 'rolled-back',
    paths: journal.items
      .filter(({path, onRollback}) => onRollback !== 'keep' && ![...gone, ...edited].includes(path))
      .map(({path}) => path),
    edited,
    bySettings,
  };
};

/** What two transactions may not both have changed: files, and variables of the boot loader. */
const ownPaths = (ports: Ports, {items, runs}: Journal): readonly string[] => [
  ...items.filter(({by}) => by !== 'generator').map(({path}) => path),
  ...runs.flatMap(({artifact, state}) =>
    artifact.kind === 'command' && artifact.effect !== undefined && state === 'ran'
      ? (ownValue(ports.probes, artifact.effect.kind)?.resource(artifact.effect) ?? [])
      : [],
  ),
];

const refuseBuiltUpon = (ports: Ports, journals: readonly Journal[], journal: Journal): void => {
  const paths = new Set(ownPaths(ports, journal));
  const newer = journals.filter(({sequence, state}) => sequence > journal.sequence && state !== 'ROLLED_BACK');
  const builtUpon = newer.filter((other) => ownPaths(ports, other).some((path) => paths.has(path)));
  const newest = builtUpon.at(-1);
  if (newest === undefined) return;
  const order = [...builtUpon, journal].sort((one, other) => other.sequence - one.sequence).map(({id}) => id);
  const shared = ownPaths(ports, newest).find((path) => paths.has(path)) ?? '';
  throw refusal(
    'check',
    `${shared} was changed again by ${newest.id}.`,
    `Nothing was changed. Roll back in this order: ${order.join(', ')}.`,
  );
};
