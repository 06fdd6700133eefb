import {closeSync, constants, lstatSync, openSync, opendirSync, statSync} from 'node:fs';
import {dirname} from 'node:path';
import {errorCode} from './machine-error.ts';
import {resolveInRoot} from './root-path.ts';
import {withUserRights} from './user-file.ts';

/** `other`: neither; links are followed. */
export type FolderEntry = {readonly name: string; readonly kind: 'file' | 'folder' | 'other'};

/** What is at a path that a person named; links are followed. */
export type Looked =
  | {readonly kind: 'absent'}
  /** Who called may not see it. */
  | {readonly kind: 'hidden'}
  | {readonly kind: 'folder'}
  /** A device, a pipe, a socket. */
  | {readonly kind: 'other'}
  | {readonly kind: 'file'; readonly sizeBytes: number; readonly isReadable: boolean};

/** More than a person looks through; a folder of a mail server has millions. */
const mostEntries = 5000;

/**
 * The first entries of a folder below `root`, sorted, with the rights of who called, as `openUserFile` has them; `null`
 * where it is none or may not be read.
 */
export const listUserFolder = (root: string, path: string): readonly FolderEntry[] | null => {
  try {
    const folder = realPath(root, path);
    return withUserRights(folder, () => {
      const entries: FolderEntry[] = [];
      const directory = opendirSync(folder);
      try {
        for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) {
          if (entries.length === mostEntries) break;
          const {name} = entry;
          entries.push({name, kind: entry.isSymbolicLink() ? kindOf(root, `${path}/${name}`) : kindOfEntry(entry)});
        }
      } finally {
        directory.closeSync();
      }
      return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    });
  } catch {
    return null;
  }
};

/** Nothing is opened but a regular file, for reading: to open a device may do something. */
export const lookAtUserFile = (root: string, path: string): Looked => {
  try {
    const file = realPath(root, path);
    const stat = withUserRights(dirname(file), () => statSync(file));
    if (stat.isDirectory()) return {kind: 'folder'};
    return stat.isFile() ? {kind: 'file', sizeBytes: stat.size, isReadable: canOpen(file)} : {kind: 'other'};
  } catch (error) {
    return {kind: ['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '') ? 'absent' : 'hidden'};
  }
};

const realPath = (root: string, path: string): string => {
  if (root === '/') return path;
  const real = resolveInRoot(root, path);
  if (real === null) throw Object.assign(new Error('ELOOP'), {code: 'ELOOP'});
  // What a link swapped in just now leads to is not followed out of the tree.
  if (lstatSync(real).isSymbolicLink()) throw Object.assign(new Error('ELOOP'), {code: 'ELOOP'});
  return real;
};

type Kinds = {readonly isFile: () => boolean; readonly isDirectory: () => boolean};

const kindOfEntry = (one: Kinds): FolderEntry['kind'] =>
  one.isFile() ? 'file' : one.isDirectory() ? 'folder' : 'other';

const kindOf = (root: string, path: string): FolderEntry['kind'] => {
  try {
    return kindOfEntry(statSync(realPath(root, path)));
  } catch {
    return 'other';
  }
};

const canOpen = (file: string): boolean => {
  try {
    withUserRights(dirname(file), () => closeSync(openSync(file, constants.O_RDONLY | constants.O_NONBLOCK)));
    return true;
  } catch {
    return false;
  }
};
