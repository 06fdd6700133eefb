import {dirname} from 'node:path';
import type {Machine} from '../system/machine.ts';
import {digestOf, type PathState} from './path-state.ts';
import {type Content, createWhole, removeIfThere, setAttributes} from './write-file.ts';

type Copy = {
  readonly path: string;
  readonly backup: string;
  readonly content: Content;
  readonly old: Extract<PathState, {state: 'file'}>;
};

export const backUp = (machine: Machine, path: string, backup: string, old: Copy['old']): void => {
  if (!isOld(machine, path, old)) throw new Error(`${path} changed while it was backed up.`);
  keepBackup(machine, {path, backup, content: {from: path}, old});
};

/**
 * A copy, not a second hard link: the state directory may lie on another file system, a link would be changed by an
 * editor that writes in place, and a link next to the file would be run or read by whatever enumerates the directory.
 * The copy carries the attributes too, for ACLs and labels that the journal cannot hold.
 */
export const keepBackup = (machine: Machine, {path, backup, content, old}: Copy): void => {
  removeIfThere(machine, backup);
  createWhole(machine, backup, content, (file) => {
    file.copyAttributes(path);
    // Not given to root: a change of the owner takes file capabilities away (inode_change_ok of the kernel), and the directory is private.
    setAttributes(file, {...old, mode: 0o600});
  });
  machine.syncDirectory(dirname(backup));
  if (!isOld(machine, backup, old)) throw new Error(`The backup ${backup} is not what was written.`);
};

const isOld = (machine: Machine, path: string, old: Copy['old']): boolean =>
  digestOf((each) => machine.readParts(path, each)).sha256 === old.sha256;
