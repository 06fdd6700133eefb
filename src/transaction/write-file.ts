import {dirname} from 'node:path';
import type {EachPart, Machine, NewFile} from '../system/machine.ts';
import type {PathState} from './path-state.ts';

type FileState = Extract<PathState, {state: 'file'}>;

/** write(2) may take fewer bytes than it is given, on a full disk without any error at all: ask until all are taken. */
const writeAll = (file: NewFile, bytes: Uint8Array): void => {
  for (let done = 0; done < bytes.length;) {
    const count = file.write(bytes.subarray(done));
    if (count <= 0) throw new Error('the kernel takes no more bytes');
    done += count;
  }
};

/** Bytes in hand, or those of another file, which may be of any size. */
export type Content = Uint8Array | {readonly from: string};

const readContent = (machine: Machine, content: Content, each: EachPart): void => {
  if (content instanceof Uint8Array) each(content);
  else machine.readParts(content.from, each);
};

/** A new file of our own, complete and on the disk when this returns. Its directory is not synced yet. */
export const createWhole = (
  machine: Machine,
  path: string,
  content: Content,
  attributes: (file: NewFile) => void,
): void => {
  const file = machine.create(path);
  try {
    let wanted = 0;
    readContent(machine, content, (part) => {
      writeAll(file, part);
      wanted += part.length;
    });
    attributes(file);
    file.sync();
    const {size} = file.stat();
    if (size !== wanted) throw new Error(`Writing ${path}: ${size} of ${wanted} bytes arrived`);
  } finally {
    file.close();
  }
};

/** Owner first: chown takes setuid and setgid away. What is right already is not touched, as FAT refuses both. */
export const setAttributes = (file: NewFile, wanted: Pick<FileState, 'mode' | 'uid' | 'gid'>): void => {
  const {uid, gid} = file.stat();
  if (uid !== wanted.uid || gid !== wanted.gid) file.chown(wanted.uid, wanted.gid);
  if (file.stat().mode !== wanted.mode) file.chmod(wanted.mode);
};

/** A file in our own directory: replaces a leftover of an interrupted run, readable by its owner only. */
export const writePrivate = (machine: Machine, path: string, content: Content): void => {
  removeIfThere(machine, path);
  createWhole(machine, path, content, (file) =>
    setAttributes(file, {mode: 0o600, uid: machine.self.uid, gid: machine.self.gid}),
  );
};

/** Old or new at every instant, also of a power cut (not on FAT, where renaming over a file can lose both). */
export const replacePrivate = (machine: Machine, path: string, content: Content): void => {
  writePrivate(machine, `${path}.new`, content);
  machine.rename(`${path}.new`, path);
  machine.syncDirectory(dirname(path));
};

export const removeIfThere = (machine: Machine, path: string): boolean => {
  if (machine.stat(path) === null) return false;
  machine.unlink(path);
  return true;
};

export const removeTree = (machine: Machine, path: string): void => {
  const stat = machine.stat(path);
  if (stat === null) return;
  if (stat.type !== 'directory') return machine.unlink(path);
  for (const name of machine.list(path)) removeTree(machine, `${path}/${name}`);
  machine.removeDirectory(path);
};

/** Makes the directory and those above it that are missing. */
export const ensureDirectory = (machine: Machine, path: string, mode: number): void => {
  if (machine.isDirectory(path)) return;
  ensureDirectory(machine, dirname(path), 0o755);
  machine.makeDirectory(path, mode);
  machine.syncDirectory(dirname(path));
};
