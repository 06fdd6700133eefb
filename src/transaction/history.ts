import type {Machine} from '../system/machine.ts';
import {readJournals} from './decode-journal.ts';
import type {Journal} from './journal.ts';
import {journalDirectory, planFile} from './paths.ts';

export type HistoryEntry = {
  readonly id: string;
  readonly profile: string;
  /** `failed`: undone by itself. `interrupted`: waits for `recover`. */
  readonly state: 'applied' | 'rolled-back' | 'failed' | 'interrupted';
  /** ISO 8601. */
  readonly startedAt: string;
  readonly toolVersion: string;
  readonly failure: string | null;
  readonly paths: readonly string[];
  readonly backups: readonly {readonly path: string; readonly backup: string}[];
  readonly commands: readonly {readonly argv: readonly string[]; readonly state: 'pending' | 'started' | 'ran' | 'not-run' | 'undone'; readonly reason: string | null}[];
  readonly journal: string;
};

/** Newest first. Throws TransactionError when a journal is damaged. */
export const readHistory = (machine: Machine): readonly HistoryEntry[] => readJournals(machine).map(entryOf).reverse();

/** plan.json of the newest transaction that is applied; `null` when none is. */
export const readAppliedPlan = (machine: Machine): unknown => {
  const newest = readJournals(machine).findLast(({state}) => state === 'COMMITTED');
  return newest === undefined ? null : readPlanOf(machine, newest.id);
};

/** plan.json of one transaction. */
export const readPlanOf = (machine: Machine, id: string): unknown => JSON.parse(machine.read(planFile(id)).toString('utf8'));

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
