import {dirname} from 'node:path';
import type {Machine} from '../system/machine.ts';
import {discard} from './discard.ts';
import type {Inspection, Target} from './inspect.ts';
import {type Journal, type JournalItem, type Ledger, openLedger} from './journal.ts';
import {backupFile, defineFile, journalDirectory, planFile, stateDirectory, tempFile} from './paths.ts';
import {ensureDirectory, writePrivate} from './write-file.ts';

export type Beginning = Pick<Journal, 'id' | 'profile' | 'toolVersion' | 'startedAt' | 'sequence'> & {readonly plan: unknown};

/** The journal, before anything else is written: from here on a crash is known about. */
export const begin = (machine: Machine, beginning: Beginning, inspection: Inspection): Ledger => {
  const {plan, ...head} = beginning;
  const {id} = head;
  try {
    ensureDirectory(machine, stateDirectory, 0o700);
    ensureDirectory(machine, dirname(backupFile(id, 0)), 0o700);
    writePrivate(machine, planFile(id), Buffer.from(`${JSON.stringify(plan, null, 1)}\n`));
    const ledger = openLedger(machine, {
      version: 1,
      ...head,
      state: 'PREPARED',
      failure: null,
      directories: inspection.directories,
      items: inspection.targets.map((target, index) => itemOf(id, target, index)),
      runs: inspection.commands.map((artifact) => ({artifact, state: 'pending', reason: null})),
    });
    ledger.save({});
    return ledger;
  } catch (error) {
    discard(machine, journalDirectory(id));
    throw error;
  }
};

const itemOf = (id: string, {path, installer, old, wanted}: Target, index: number): JournalItem => ({
  path,
  installer,
  old,
  backup: old.state === 'file' ? backupFile(id, index) : null,
  new: wanted.kind === 'absent' ? {state: 'absent'} : null,
  temp: wanted.kind === 'absent' ? null : installer === 'libvirt' ? defineFile(id, index) : tempFile(path, id, index),
  isUnsettled: false,
});
