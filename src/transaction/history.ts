import {errorCode} from '../system/machine-error.ts';
import type {Machine} from '../system/machine.ts';
import type {Journal} from './journal.ts';
import {journalDirectory} from '../system/state-directory.ts';
import {type PathState, planFile} from './path-state.ts';
import {readRuns} from './runs.ts';

export type HistoryEntry = {
  readonly id: string;
  readonly profile: string;
  /** `failed`: it failed and was undone. `interrupted`: waits for `recover`. */
  readonly state: 'applied' | 'rolled-back' | 'failed' | 'interrupted';
  /** ISO 8601. */
  readonly startedAt: string;
  readonly toolVersion: string;
  readonly failure: string | null;
  readonly paths: readonly string[];
  readonly backups: readonly {readonly path: string; readonly backup: string}[];
  readonly commands: readonly {
    readonly argv: readonly string[];
    readonly state: 'pending' | 'started' | 'ran' | 'not-run' | 'undone';
    readonly reason: string | null;
  }[];
  readonly journal: string;
};

/** Newest first, without those that cannot be read. */
export const readHistory = (machine: Machine): readonly HistoryEntry[] =>
  readRuns(machine).journals.map(entryOf).reverse();

/** The newest run that is applied; `null` when none is. */
export const newestApplied = (machine: Machine): HistoryEntry | null =>
  readHistory(machine).find(({state}) => state === 'applied') ?? null;

/** plan.json of one transaction; `null` when it is not there or cannot be read: nothing of an undo depends on it. */
export const readPlanText = (machine: Machine, id: string): string | null => {
  try {
    return machine.read(planFile(id)).toString('utf8');
  } catch (error) {
    if (errorCode(error) === null) throw error;
    return null;
  }
};

/** What the applied runs have put where: by path what the last of them left there, and what the newest of them wrote. */
export const readWritten = (
  machine: Machine,
): {readonly states: Readonly<Record<string, PathState>>; readonly ofNewest: readonly string[]} => {
  const journals = readRuns(machine).journals.filter(({state}) => state === 'COMMITTED');
  const written = journals.map(({items}) =>
    items.flatMap(({path, by, new: wanted}) => (by === 'generator' || wanted === null ? [] : [{path, wanted}])),
  );
  return {
    states: Object.fromEntries(written.flat().map(({path, wanted}) => [path, wanted])),
    ofNewest: (written.at(-1) ?? []).filter(({wanted}) => wanted.state !== 'absent').map(({path}) => path),
  };
};

const entryOf = (journal: Journal): HistoryEntry => ({
  id: journal.id,
  profile: journal.profile,
  state: stateOf(journal),
  startedAt: journal.startedAt,
  toolVersion: journal.toolVersion,
  failure: journal.failure,
  paths: journal.items.map(({path}) => path),
  backups: journal.items.flatMap(({path, backup}) => (backup === null ? [] : [{path, backup}])),
  commands: journal.runs.map(({artifact, state, reason}) => ({argv: artifact.argv, state, reason})),
  journal: journalDirectory(journal.id),
});

const stateOf = ({state, failure}: Journal): HistoryEntry['state'] => {
  if (state === 'COMMITTED') return 'applied';
  if (state !== 'ROLLED_BACK') return 'interrupted';
  return failure === null ? 'rolled-back' : 'failed';
};
