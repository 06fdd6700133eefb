import {createHash} from 'node:crypto';
import type {Fingerprint} from '../changes/change.ts';
import type {Machine} from '../system/machine.ts';

/** What is at a path now, as exactly as it is to be restored. */
export type PathState =
  | {readonly state: 'absent'}
  | {readonly state: 'file'; readonly sha256: string; readonly size: number; readonly mode: number; readonly uid: number; readonly gid: number}
  | {readonly state: 'symlink'; readonly target: string; readonly uid: number; readonly gid: number}
  | {readonly state: 'other'; readonly what: string};

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export const readPathState = (machine: Machine, path: string): PathState => {
  const stat = machine.stat(path);
  if (stat === null) return {state: 'absent'};
  const {mode, uid, gid} = stat;
  if (stat.type === 'symlink') return {state: 'symlink', target: machine.readLink(path), uid, gid};
  if (stat.type !== 'file') return {state: 'other', what: stat.type === 'directory' ? 'a directory' : 'a device, socket or FIFO'};
  const bytes = machine.read(path);
  return {state: 'file', sha256: sha256(bytes), size: bytes.length, mode, uid, gid};
};

export const isSameState = (one: PathState, other: PathState): boolean => describeDifference(one, other) === null;

/** What changed between two looks at one path, in words; `null` when nothing did. */
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
    if ('uid' in expected && (expected.uid !== found.uid || expected.gid !== found.gid)) return 'the owner of the link changed';
  }
  return null;
};

const what = {absent: 'nothing', file: 'a file', symlink: 'a symbolic link', other: 'something that is no file'} as const;
const octal = (mode: number): string => mode.toString(8).padStart(4, '0');
