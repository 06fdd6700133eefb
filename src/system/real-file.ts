import {
  accessSync,
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  readSync,
  statfsSync,
  type Stats,
  statSync,
} from 'node:fs';
import {basename} from 'node:path';
import {errorCode} from './machine-error.ts';
import type {EachPart, HeldFile, MachineStat, Space} from './machine.ts';
import {isOpenForWriting} from './processes.ts';

const readFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
/** linux/magic.h: MSDOS_SUPER_MAGIC; vfat and msdos share it. */
const fatMagic = 0x4d44;

export const statOf = (stat: Stats): MachineStat => ({
  type: stat.isFile() ? 'file' : stat.isDirectory() ? 'directory' : stat.isSymbolicLink() ? 'symlink' : 'other',
  mode: stat.mode & 0o7777,
  uid: stat.uid,
  gid: stat.gid,
  size: stat.size,
  links: stat.nlink,
  device: stat.dev,
  inode: stat.ino,
  modifiedMs: stat.mtimeMs,
  changedMs: stat.ctimeMs,
});

export const openRegular = (real: string): number => {
  const fd = openSync(real, readFlags);
  if (fstatSync(fd).isFile()) return fd;
  closeSync(fd);
  throw new Error('it is no regular file');
};

export const readRegular = (real: string): Buffer => {
  const fd = openRegular(real);
  try {
    return readFileSync(fd);
  } finally {
    closeSync(fd);
  }
};

export const readRegularParts = (real: string, each: EachPart): void => {
  const fd = openRegular(real);
  try {
    readPartsFromStart(fd, each);
  } finally {
    closeSync(fd);
  }
};

export const hold = (real: string): HeldFile => {
  const fd = openRegular(real);
  return {
    readLast: (each) => {
      awaitWriters(basename(real), fstatSync(fd));
      readPartsFromStart(fd, each);
    },
    close: () => closeSync(fd),
  };
};

const patienceMs = 2000;

/** A file without a name can't be opened anew: once who has it open for writing has closed it, its content is final. */
const awaitWriters = (name: string, file: Stats): void => {
  const giveUp = performance.now() + patienceMs;
  while (isOpenForWriting(name, file) && performance.now() < giveUp)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
};

const partBytes = 1024 * 1024;

/** By position: a descriptor that was read before would go on where that ended. */
const readPartsFromStart = (fd: number, each: EachPart): void => {
  const part = Buffer.allocUnsafe(Math.min(partBytes, Math.max(1, fstatSync(fd).size)));
  for (let at = 0; ;) {
    const count = readSync(fd, part, 0, part.length, at);
    if (count === 0) return;
    each(part.subarray(0, count));
    at += count;
  }
};

export const spaceOf = (directory: string): Space => {
  const {bavail, bsize, ffree, files, type} = statfsSync(directory);
  return {
    device: statSync(directory).dev,
    freeBytes: bavail * bsize,
    blockSize: bsize,
    freeFiles: files === 0 ? null : ffree,
    isFat: type === fatMagic,
  };
};

export const whyNotWritable = (real: string): string | null => {
  try {
    accessSync(real, constants.W_OK);
    return null;
  } catch (error) {
    return errorCode(error) ?? 'EIO';
  }
};

export const syncDirectory = (directory: string): void => sync(directory, constants.O_DIRECTORY);

export const syncFile = (real: string): void => sync(real, constants.O_NOFOLLOW | constants.O_NONBLOCK);

const sync = (real: string, flags: number): void => {
  const fd = openSync(real, constants.O_RDONLY | flags);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
};
