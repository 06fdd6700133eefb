import {dirname} from 'node:path';
import type {HeldFile, Machine} from '../system/machine.ts';
import type {Journal} from './journal.ts';
import {describeDifference, digestOf, type PathState, readPathState} from './path-state.ts';
import {leaveStagingPlace, makeStagingPlace} from './staging.ts';
import {type Content, createWhole, setAttributes} from './write-file.ts';

/** The new content next to its target, complete and on the disk; `like` is the file whose attributes it takes over. */
export type NewContent =
  | {
      readonly kind: 'file';
      readonly content: Content;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
      readonly like: string | null;
    }
  | {readonly kind: 'symlink'; readonly target: string; readonly uid: number; readonly gid: number};

/** Returns what the temp is, as it will be found at the target. */
export const stage = (machine: Machine, temp: string, content: NewContent): PathState => {
  makeStagingPlace(machine, temp);
  const {isFat} = machine.space(dirname(temp));
  if (content.kind === 'symlink') {
    machine.symlink(content.target, temp);
    const stat = machine.stat(temp);
    if (stat?.uid !== content.uid || stat.gid !== content.gid) machine.changeLinkOwner(temp, content.uid, content.gid);
  } else {
    createWhole(machine, temp, content.content, (file) => {
      // FAT has no owners and modes of its own: each file has those of the mount.
      if (isFat) return;
      if (content.like !== null) file.copyAttributes(content.like);
      setAttributes(file, content);
    });
  }
  machine.syncDirectory(dirname(temp));
  return readPathState(machine, temp);
};

/** What an editor saved into the old file after the last look at it; `null` when nobody did. */
export type LateEdit = Buffer | null;

/**
 * Puts the temp at the target (or removes it, `temp` null), when the target still is what was seen. An editor that
 * writes in place can come between the look and the rename: the old file is kept open over it and read once more.
 */
export const replace = (machine: Machine, path: string, temp: string | null, seen: PathState): LateEdit => {
  const held = seen.state === 'file' ? machine.hold(path) : null;
  try {
    const difference = describeDifference(seen, readPathState(machine, path));
    if (difference !== null) throw new Error(`${path} changed in the meantime: ${difference}.`);
    if (temp === null) machine.unlink(path);
    else machine.rename(temp, path);
    if (temp !== null) settleOnFat(machine, path);
    const late = held === null || seen.state !== 'file' ? null : readLate(held, seen);
    if (temp !== null) leaveOrKeepEdit(machine, temp, late);
    return late;
  } finally {
    held?.close();
  }
};

const readLate = (held: HeldFile, seen: Extract<PathState, {state: 'file'}>): LateEdit => {
  if (digestOf(held.readLast).sha256 === seen.sha256) return null;
  const parts: Buffer[] = [];
  held.readLast((part) => parts.push(Buffer.from(part)));
  return Buffer.concat(parts);
};

/** An edit is nowhere but in our hands: an empty folder that stays is no reason to lose it. */
const leaveOrKeepEdit = (machine: Machine, temp: string, late: LateEdit): void => {
  try {
    leaveStagingPlace(machine, temp);
  } catch (error) {
    if (late === null) throw error;
  }
};

/**
 * The name that FAT gives in a rename is one of an empty file until the file itself is saved once more (kernel:
 * fs/fat/namei_vfat.c, vfat_rename). The directory goes first, so that the disk never has two names for one content.
 */
const settleOnFat = (machine: Machine, path: string): void => {
  if (!machine.space(dirname(path)).isFat) return;
  machine.syncDirectory(dirname(path));
  machine.syncFile(path);
};

/**
 * A run that was killed may have renamed or removed something without saving the directory: it is so for everybody who
 * looks, and after a power cut it is not. Before what is there is believed, it is put on the disk.
 */
export const saveNames = (machine: Machine, {items, directories}: Journal): void => {
  const touched = new Set([
    ...items.map(({path}) => dirname(path)),
    ...directories.flatMap(({path}) => [path, dirname(path)]),
  ]);
  for (const directory of touched) if (machine.isDirectory(directory)) machine.syncDirectory(directory);
  for (const {path} of items) if (machine.stat(path)?.type === 'file') settleOnFat(machine, path);
};
