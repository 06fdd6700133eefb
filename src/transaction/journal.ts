import type {OnRollback, Placing, RunArtifact, WrittenBy} from '../artifacts/artifact.ts';
import type {Machine} from '../system/machine.ts';
import {journalFile} from '../system/state-directory.ts';
import {type PathState} from './path-state.ts';
import {replacePrivate} from './write-file.ts';

/**
 * PREPARED: nothing but our temporary files and directories. COMMITTING: targets change. ROLLING_BACK: targets go back.
 * COMMITTED and ROLLED_BACK are ends; what is in between is finished by `recover`.
 */
export type JournalState = 'PREPARED' | 'COMMITTING' | 'COMMITTED' | 'ROLLING_BACK' | 'ROLLED_BACK';

export const journalVersion = 2;

/** Everything that is needed to finish or to undo, decided by content alone, never by what exists. */
export type Journal = {
  readonly version: typeof journalVersion;
  readonly id: string;
  /** Order of the transactions, whatever the clock did. */
  readonly sequence: number;
  readonly profile: string;
  readonly toolVersion: string;
  readonly startedAt: string;
  readonly state: JournalState;
  /** Why the run failed and was undone; `null` when it did not, or was rolled back on request. */
  readonly failure: string | null;
  /** Made for the files, outermost first. */
  readonly directories: readonly JournalDirectory[];
  readonly items: readonly JournalItem[];
  readonly runs: readonly JournalRun[];
};

export type JournalDirectory = {readonly path: string; readonly mode: number};

export type JournalItem = {
  readonly path: string;
  readonly placing: Placing;
  /** `generator`: made by a program of `runs`. */
  readonly by: WrittenBy | 'generator';
  readonly onRollback: OnRollback;
  readonly old: PathState;
  /** Copy of the old file. */
  readonly backup: string | null;
  /** `null` while it is not known: the registry writes the file in its own words. */
  readonly new: PathState | null;
  /** Where the new content waits: next to the target, or the definition for the registry; `null` for a removal. */
  readonly temp: string | null;
  /** The registry is rewriting the file: whatever it holds that is not the old content is ours. */
  readonly isUnsettled: boolean;
};

export type JournalRun = {
  readonly artifact: RunArtifact;
  readonly state: 'pending' | 'started' | 'ran' | 'not-run' | 'undone';
  readonly reason: string | null;
  /** What a `created` artifact has made. */
  readonly made?: Made;
};

/** By what a file that nobody has used since is known, without reading it. */
export type Made = {
  readonly inode: number;
  readonly size: number;
  readonly modifiedMs: number;
  /** `null` until it has its name, which changes it. */
  readonly changedMs: number | null;
};

export const isUnfinished = ({state}: Journal): boolean => state !== 'COMMITTED' && state !== 'ROLLED_BACK';

/** The journal in hand and on the disk; what is in hand is never behind. */
export type Ledger = {
  readonly current: () => Journal;
  readonly save: (changes: Partial<Journal>) => void;
};

export const openLedger = (machine: Machine, journal: Journal): Ledger => {
  let current = journal;
  return {
    current: () => current,
    save: (changes) => {
      current = {...current, ...changes};
      replacePrivate(machine, journalFile(current.id), Buffer.from(`${JSON.stringify(current, null, 1)}\n`));
    },
  };
};

export const saveItem = (ledger: Ledger, index: number, item: JournalItem): void =>
  ledger.save({items: Object.assign([...ledger.current().items], {[index]: item})});

export const saveRun = (ledger: Ledger, index: number, changes: Pick<JournalRun, 'state' | 'reason' | 'made'>): void =>
  ledger.save({runs: ledger.current().runs.map((run, at) => (at === index ? {...run, ...changes} : run))});
