import type {Machine} from '../system/machine.ts';
import {journalDirectory} from '../system/state-directory.ts';
import {removeRun} from './begin.ts';
import {acquireLock} from './lock.ts';
import type {Journal} from './journal.ts';
import {readRuns} from './runs.ts';

export type KeptRun = {
  readonly id: string;
  /** Of all files in its folder. */
  readonly bytes: number;
  /** `rollback`: it can still be undone. `edit`: it keeps what somebody wrote while it ran. `null`: nothing needs it. */
  readonly use: 'rollback' | 'edit' | null;
};

/** What the journals take up, oldest first. Folders that hold no journal of our own are not among them. */
export const measureRuns = (machine: Machine): readonly KeptRun[] =>
  readRuns(machine).journals.map((journal) => ({
    id: journal.id,
    bytes: sizeOf(machine, journalDirectory(journal.id)),
    use: useOf(machine, journal),
  }));

/** Removes the folders of runs that nothing needs any more. Throws LockedError while another run is at work. */
export const pruneRuns = (machine: Machine): readonly KeptRun[] => {
  const lock = acquireLock(machine);
  try {
    const pruned = measureRuns(machine).filter(({use}) => use === null);
    for (const {id} of pruned) removeRun(machine, id);
    return pruned;
  } finally {
    lock.release();
  }
};

const useOf = (machine: Machine, {id, state}: Journal): KeptRun['use'] => {
  if (state !== 'ROLLED_BACK') return 'rollback';
  return machine.list(`${journalDirectory(id)}/backup`).some((name) => /-late(?:-\d+)?$/u.test(name)) ? 'edit' : null;
};

const sizeOf = (machine: Machine, path: string): number => {
  const stat = machine.stat(path);
  if (stat?.type !== 'directory') return stat?.size ?? 0;
  return machine.list(path).reduce((sum, name) => sum + sizeOf(machine, `${path}/${name}`), 0);
};
