import {dirname, join} from 'node:path';

export const stateDirectory = '/var/lib/vfio-pilot';
export const journalRoot = `${stateDirectory}/journal`;
export const journalDirectory = (id: string): string => `${journalRoot}/${id}`;
export const journalFile = (id: string): string => `${journalDirectory(id)}/journal.json`;
export const planFile = (id: string): string => `${journalDirectory(id)}/plan.json`;
export const backupFile = (id: string, index: number): string => `${journalDirectory(id)}/backup/${number(index)}`;
/** What was put there, for a rollback after somebody's edit. */
export const appliedFile = (id: string, index: number): string => `${backupFile(id, index)}-applied`;
/** What is put there by such a rollback. */
export const keptFile = (id: string, index: number): string => `${backupFile(id, index)}-kept`;
export const lateFile = (id: string, index: number): string => `${backupFile(id, index)}-late`;
export const generatedDirectory = (id: string): string => `${journalDirectory(id)}/generated`;
/** Of this process alone: a program whose starter was killed may still be writing when recovery starts it again. */
export const generatedFile = (id: string, index: number, pid: number): string => `${generatedDirectory(id)}/${number(index)}-${pid}`;
export const defineFile = (id: string, index: number): string => `${journalDirectory(id)}/define-${number(index)}.xml`;

/** Beside the target, because a rename must not cross file systems; the dot keeps it out of what shells list. */
export const tempFile = (path: string, id: string, index: number): string => join(dirname(path), `.vfio-pilot-${id}-${number(index)}`);

/** /run is empty after a boot, so a lock there cannot outlive the machine; another tree has no /run of its own. */
export const lockFile = (isLive: boolean): string => (isLive ? '/run/vfio-pilot.lock' : `${stateDirectory}/lock`);

const idPattern = /^\d{8}T\d{6}Z-[0-9a-z]{4}$/u;

/** Ids are names of directories: nothing else may get into a path. */
export const isTransactionId = (text: string): boolean => idPattern.test(text);

/** `20260131T120000Z-x7k2`; `random` is any string with at least four of 0-9 a-z. */
export const transactionId = (now: Date, random: string): string => {
  const time = now.toISOString().replaceAll(/[-:]|\.\d+/gu, '');
  const suffix = random.toLowerCase().replaceAll(/[^0-9a-z]/gu, '').slice(0, 4).padEnd(4, '0');
  return `${time}-${suffix}`;
};

const number = (index: number): string => String(index).padStart(3, '0');
