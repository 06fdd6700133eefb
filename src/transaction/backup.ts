import {dirname} from 'node:path';
import type {Machine} from '../system/machine.ts';
import type {PathState} from './path-state.ts';
import {sha256} from './path-state.ts';
import {createWhole, removeIfThere, setAttributes} from './write-file.ts';

type Copy = {readonly path: string; readonly backup: string; readonly bytes: Buffer; readonly old: Extract<PathState, {state: 'file'}>};

export const backUp = (machine: Machine, path: string, backup: string, old: Copy['old']): void => {
  const bytes = machine.read(path);
  if (sha256(bytes) !== old.sha256) throw new Error(`${path} changed while it was backed up.`);
  keepBackup(machine, {path, backup, bytes, old});
};

/**
 * A copy, not a second hard link: the state directory may lie on another file system, a link would be changed by an
 * editor that writes in place, and a link beside the file would be run or read by whatever enumerates the directory.
 * The copy carries the attributes too, for ACLs and labels that the journal cannot hold.
 */
export const keepBackup = (machine: Machine, {path, backup, bytes, old}: Copy): void => {
  removeIfThere(machine, backup);
  createWhole(machine, backup, bytes, (file) => {
    file.copyAttributes(path);
    // Not given to root: a change of the owner takes file capabilities away (inode_change_ok of the kernel), and the directory is private.
    setAttributes(file, {...old, mode: 0o600});
  });
  machine.syncDirectory(dirname(backup));
  if (sha256(machine.read(backup)) !== old.sha256) throw new Error(`The backup ${backup} is not what was written.`);
};
