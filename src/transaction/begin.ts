import {basename, dirname} from 'node:path';
import type {Machine} from '../system/machine.ts';
import type {Inspection, Target} from './inspect.ts';
import {type Journal, type JournalItem, journalVersion, type Ledger, openLedger} from './journal.ts';
import {guestRecordFile, journalDirectory, journalFile, stateDirectory} from '../system/state-directory.ts';
import {backupFile, defineFile, planFile} from './path-state.ts';
import {tempFile} from './staging.ts';
import {ensureDirectory, removeTree, writePrivate} from './write-file.ts';

/** A run that changed nothing: its directory holds only our files. What cannot go now goes at the next start. */
const discard = (machine: Machine, id: string): void => {
  try {
    removeRun(machine, id);
  } catch {
    // A journal that is PREPARED, or a directory without anything else: recover removes both.
  }
};

/** The journal last: without it the rest would look like a run that lost its journal. */
export const removeRun = (machine: Machine, id: string): void => {
  const directory = journalDirectory(id);
  for (const name of machine.list(directory))
    if (name !== basename(journalFile(id))) removeTree(machine, `${directory}/${name}`);
  removeTree(machine, directory);
};

export type Beginning = Pick<Journal, 'id' | 'profile' | 'toolVersion' | 'startedAt' | 'sequence'> & {
  readonly plan: unknown;
  readonly guest: unknown;
};

/** The journal, before anything else is written: from here on a crash is known about. */
export const begin = (machine: Machine, beginning: Beginning, inspection: Inspection): Ledger => {
  const {plan, guest, ...head} = beginning;
  const {id} = head;
  try {
    ensureDirectory(machine, stateDirectory, 0o700);
    ensureDirectory(machine, dirname(backupFile(id, 0)), 0o700);
    const ledger = openLedger(machine, {
      version: journalVersion,
      ...head,
      state: 'PREPARED',
      failure: null,
      directories: inspection.directories,
      items: inspection.targets.map((target, index) => itemOf(machine, id, target, index)),
      runs: inspection.commands.map((artifact) => ({artifact, state: 'pending', reason: null})),
    });
    ledger.save({});
    writePrivate(machine, planFile(id), jsonBytes(plan));
    if (guest !== undefined) writePrivate(machine, guestRecordFile(id), jsonBytes(guest));
    return ledger;
  } catch (error) {
    discard(machine, id);
    throw error;
  }
};

const jsonBytes = (value: unknown): Buffer => Buffer.from(`${JSON.stringify(value, null, 1)}\n`);

const itemOf = (
  machine: Machine,
  id: string,
  {path, placing, by, onRollback, old, wanted}: Target,
  index: number,
): JournalItem => ({
  path,
  placing,
  by,
  onRollback,
  old,
  backup: old.state === 'file' ? backupFile(id, index) : null,
  new: wanted.kind === 'absent' ? {state: 'absent'} : null,
  temp:
    wanted.kind === 'absent' ? null : by === 'registry' ? defineFile(id, index) : tempFile(machine, path, id, index),
  isUnsettled: false,
});
