import {basename, dirname, join} from 'node:path';
import type {Machine} from '../system/machine.ts';
import {nearestDirectory} from './inspect.ts';
import type {Journal} from './journal.ts';
import {removeTree} from './write-file.ts';

const mark = '.vfio-pilot-';

/**
 * Next to the target, as a rename must not cross file systems, and as SELinux labels and default ACLs come from there.
 * A folder for its owner only: libvirt runs each executable file of hooks/qemu.d, also one that begins with a dot
 * (src/util/virhook.c), and nothing that lists such a folder looks into folders in it.
 */
export const stagingPlace = (path: string, id: string, index: number): string =>
  join(dirname(path), `${mark}${id}-${String(index).padStart(3, '0')}`);

/**
 * Where the new content waits. On FAT directly at that place: a rename from another folder may leave two names for one
 * content there, and files have the mode of the mount anyway.
 */
export const tempFile = (machine: Machine, path: string, id: string, index: number): string => {
  const place = stagingPlace(path, id, index);
  return machine.space(nearestDirectory(machine, dirname(path))).isFat ? place : `${place}/new`;
};

/** Where a program makes a file that is there for the first time. */
export const creationPlace = (path: string, id: string, runIndex: number): string =>
  join(dirname(path), `${mark}${id}-run-${String(runIndex).padStart(3, '0')}`);

const folderOf = (temp: string): string | null => (basename(dirname(temp)).startsWith(mark) ? dirname(temp) : null);

/** Empty, whatever an interrupted run left there. */
export const makeStagingPlace = (machine: Machine, temp: string): void => {
  removeStaged(machine, temp);
  const folder = folderOf(temp);
  if (folder === null) return;
  machine.makeDirectory(folder, 0o700);
  machine.syncDirectory(dirname(folder));
};

/** Once the content is at its target. The folder above is not synced. */
export const leaveStagingPlace = (machine: Machine, temp: string): void => {
  const folder = folderOf(temp);
  if (folder !== null) machine.removeDirectory(folder);
};

/** Takes away the content that waits, and the folder in which it does. */
export const removeStaged = (machine: Machine, temp: string): void => {
  const place = folderOf(temp) ?? temp;
  if (machine.stat(place) === null) return;
  removeTree(machine, place);
  machine.syncDirectory(dirname(place));
};

/** Every place of a run whose content is at its target, or goes back: a kill may have come before the folder went. */
export const sweepStaged = (machine: Machine, {id, items, runs}: Pick<Journal, 'id' | 'items' | 'runs'>): void => {
  for (const [index, {path}] of items.entries()) removeStaged(machine, stagingPlace(path, id, index));
  for (const [index, {artifact}] of runs.entries())
    if (artifact.kind === 'created') removeStaged(machine, creationPlace(artifact.path, id, index));
};
