import {createHash} from 'node:crypto';
import type {Fingerprint} from '../changes/change.ts';
import type {EachPart, Machine} from '../system/machine.ts';
import {journalDirectory, stateDirectory} from '../system/state-directory.ts';

/** What is at a path now, as exactly as it is to be restored. */
export type PathState =
  | {readonly state: 'absent'}
  | {
      readonly state: 'file';
      readonly sha256: string;
      readonly size: number;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
    }
  | {readonly state: 'symlink'; readonly target: string; readonly uid: number; readonly gid: number}
  | {readonly state: 'other'; readonly what: string};

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Of a file of any size, without holding it. */
export const digestOf = (readParts: (each: EachPart) => void): {readonly sha256: string; readonly size: number} => {
  const hash = createHash('sha256');
  let size = 0;
  readParts((part) => {
    hash.update(part);
    size += part.length;
  });
  return {sha256: hash.digest('hex'), size};
};

export const readPathState = (machine: Machine, path: string): PathState => {
  const stat = machine.stat(path);
  if (stat === null) return {state: 'absent'};
  const {mode, uid, gid} = stat;
  if (stat.type === 'symlink') return {state: 'symlink', target: machine.readLink(path), uid, gid};
  if (stat.type !== 'file')
    return {state: 'other', what: stat.type === 'directory' ? 'a directory' : 'a device, socket or FIFO'};
  return {state: 'file', ...digestOf((each) => machine.readParts(path, each)), mode, uid, gid};
};

export const isSameState = (one: PathState, other: PathState): boolean => describeDifference(one, other) === null;

/** What changed between two looks at one path, as the end of a sentence; `null` when nothing did. */
export const describeDifference = (expected: Fingerprint | PathState, found: PathState): string | null => {
  if (expected.state !== found.state) return `${what[expected.state]} was expected and ${what[found.state]} is there`;
  if (expected.state === 'file' && found.state === 'file') {
    if (expected.sha256 !== found.sha256) return 'its content changed';
    if (expected.mode !== found.mode) return `its mode changed from ${octal(expected.mode)} to ${octal(found.mode)}`;
    if (expected.uid !== found.uid || expected.gid !== found.gid)
      return `its owner changed from ${expected.uid}:${expected.gid} to ${found.uid}:${found.gid}`;
  }
  if (expected.state === 'symlink' && found.state === 'symlink') {
    if (expected.target !== found.target) return `the link now points to ${found.target}`;
    if ('uid' in expected && (expected.uid !== found.uid || expected.gid !== found.gid))
      return 'the owner of the link changed';
  }
  return null;
};

const what = {
  absent: 'nothing',
  file: 'a file',
  symlink: 'a symbolic link',
  other: 'something that is no file',
} as const;
const octal = (mode: number): string => mode.toString(8).padStart(4, '0');

export const planFile = (id: string): string => `${journalDirectory(id)}/plan.json`;
export const backupFile = (id: string, index: number): string => `${journalDirectory(id)}/backup/${number(index)}`;
/** What was put there, for a rollback after somebody's edit. */
export const appliedFile = (id: string, index: number): string => `${backupFile(id, index)}-applied`;
/** What is put there by such a rollback. */
export const keptFile = (id: string, index: number): string => `${backupFile(id, index)}-kept`;
export const lateFile = (id: string, index: number): string => `${backupFile(id, index)}-late`;
export const generatedDirectory = (id: string): string => `${journalDirectory(id)}/generated`;
/** Of this process alone: a program whose starter was killed may still be writing when recovery starts it again. */
export const generatedFile = (id: string, index: number, pid: number): string =>
  `${generatedDirectory(id)}/${number(index)}-${pid}`;
export const defineFile = (id: string, index: number): string => `${journalDirectory(id)}/define-${number(index)}.xml`;

/** /run is empty after a boot, so a lock there cannot outlive the machine; another tree has no /run of its own. */
export const lockFile = (isLive: boolean): string => (isLive ? '/run/vfio-pilot.lock' : `${stateDirectory}/lock`);

const idPattern = /^\d{8}T\d{6}Z-[0-9a-z]{4}$/u;

/** Ids are names of directories: nothing else may get into a path. */
export const isTransactionId = (text: string): boolean => idPattern.test(text);

/** `20260131T120000Z-x7k2`; `random` is any string with at least four of 0-9 a-z. */
export const transactionId = (now: Date, random: string): string => {
  const time = now.toISOString().replaceAll(/[-:]|\.\d+/gu, '');
  const suffix = random
    .toLowerCase()
    .replaceAll(/[^0-9a-z]/gu, '')
    .slice(0, 4)
    .padEnd(4, '0');
  return `${time}-${suffix}`;
};

const number = (index: number): string => String(index).padStart(3, '0');
