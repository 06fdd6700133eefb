import {closeSync, constants, lstatSync, openSync, readdirSync, readlinkSync, readSync} from 'node:fs';
import {UsageError} from '../errors.ts';
import {isExhausted} from './machine-error.ts';
import {folderResolver, resolveInRoot} from './root-path.ts';

/** How the host is read. Nothing here can write; readers get no other way to the machine. */
export type Source = {
  readonly root: string;
  readonly isLive: boolean;
  readonly isPrivileged: boolean;
  /** Whole content as text, `null` when it is absent or can't be read (then the path is in `denied` where that was the reason). */
  readonly text: (path: string) => string | null;
  readonly bytes: (path: string) => Buffer | null;
  /** The first 4096 bytes, or all there is; `null` as above. */
  readonly head: (path: string) => Buffer | null;
  /** So many bytes from there on, fewer at the end of the file; `null` as above. */
  readonly part: (path: string, offset: number, length: number) => Buffer | null;
  /** Names in a directory, sorted; empty when there is none. */
  readonly list: (path: string) => readonly string[];
  /** The same without files: directories, and links, which may lead to one. A boot partition may hold thousands of files. */
  readonly directories: (path: string) => readonly string[];
  /** Target of a symlink, exactly as written; `null` when it is none. */
  readonly link: (path: string) => string | null;
  readonly stat: (path: string) => SourceStat | null;
  /** A link is there, wherever it leads: a capture has many that lead nowhere. */
  readonly exists: (path: string) => boolean;
  /** Absolute host path with links followed inside the root; `null` when they loop. */
  readonly resolve: (path: string) => string | null;
  /**
   * stdout of a program that only reads; `null` when it is not installed, or when it fails. Under another root what a
   * capture has kept of it there, else `null`.
   */
  readonly run: (program: string, args: readonly string[]) => string | null;
  /** Paths that exist and that this user may not read. */
  readonly denied: ReadonlySet<string>;
};

export type SourceStat = {
  readonly type: 'file' | 'directory' | 'symlink' | 'other';
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly inode: number;
  /** Milliseconds since 1970; the fraction matters. */
  readonly modifiedMs: number;
  /** Of content, attributes and names alike. */
  readonly changedMs: number;
};

/** Where a capture keeps what a program said, of a host that has no such directory. */
export const outputDirectory = '/run/vfio-pilot/output';

export const outputFile = (argv: readonly string[]): string =>
  `${outputDirectory}/${argv.map((word) => word.replaceAll(/[^\w.=:+-]/g, '_')).join('_')}`;

/** Larger than any file that facts come from; a captured tree from a stranger may hold anything. */
const maximumBytes = 64 * 1024 * 1024;

/** People edit what is in /etc, and every byte of it is parsed: a larger file is a mistake or an attack. */
const maximumEditedBytes = 256 * 1024;

export type Runner = (program: string, args: readonly string[]) => string | null;

export const openSource = (root: string, run: Runner | null): Source => {
  const base = root === '/' ? '' : root;
  const isLive = root === '/';
  const denied = new Set<string>();
  const resolver = folderResolver(root);
  // Also below /sys and /proc: the tree may come from a stranger, and a link in it must not lead to a file of this machine.
  const real = (path: string, followLast = true): string | null => (isLive ? path : resolver(path, followLast));

  // Few files are links: asking each of thousands before it is opened would cost as much again as opening it.
  const open = (path: string): number | null => {
    const file = real(path, false);
    if (file === null) return null;
    if (isLive) return openSync(file, openFlags);
    try {
      return openSync(file, openFlags | constants.O_NOFOLLOW);
    } catch (error) {
      if (!isLink(error)) throw error;
      const place = real(path);
      return place === null ? null : openSync(place, openFlags | constants.O_NOFOLLOW);
    }
  };

  const readWith = <Content>(path: string, read: (fd: number) => Content): Content | null => {
    try {
      const fd = open(path);
      if (fd === null) return null;
      try {
        return read(fd);
      } finally {
        closeSync(fd);
      }
    } catch (error) {
      if (error instanceof UsageError) throw error;
      refuseExhausted(error);
      if (isDenied(error)) denied.add(path);
      return null;
    }
  };

  const names = (path: string, read: (directory: string) => string[]): readonly string[] => {
    const directory = real(path);
    if (directory === null) return [];
    try {
      return read(directory).sort();
    } catch (error) {
      refuseExhausted(error);
      if (isDenied(error)) denied.add(path);
      return [];
    }
  };

  const text = (path: string): string | null => readWith(path, (fd) => readWhole(fd, path, textOf));

  return {
    root,
    isLive,
    isPrivileged: process.geteuid?.() === 0,
    bytes: (path) => readWith(path, (fd) => readWhole(fd, path, copyOf)),
    head: (path) => readWith(path, readHead),
    part: (path, offset, length) => readWith(path, (fd) => readPart(fd, offset, length)),
    text,
    list: (path) => names(path, (directory) => readdirSync(directory)),
    directories: (path) =>
      names(path, (directory) =>
        readdirSync(directory, {withFileTypes: true})
          .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
          .map(({name}) => name),
      ),
    link: (path) => {
      const file = real(path, false);
      try {
        return file === null ? null : readlinkSync(file);
      } catch {
        return null;
      }
    },
    stat: (path) => statOf(real(path, false)),
    exists: (path) => statOf(real(path, false)) !== null,
    resolve: (path) => {
      const file = resolveInRoot(root, path);
      return file === null ? null : file.slice(base.length) || '/';
    },
    run: (program, args) => {
      if (!isLive) return text(outputFile([program, ...args]));
      return run === null ? null : run(program, args);
    },
    denied,
  };
};

const firstBytes = Buffer.allocUnsafe(4096);

/** O_NONBLOCK: a FIFO planted in a captured tree must not hang the reader. */
const openFlags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

/**
 * sysfs files report 4096 bytes whatever they hold, so the size is never believed; but sysfs gives all it has in one
 * read (kernel: fs/sysfs/file.c), so a short one is the end there. With thousands of functions each saved call counts.
 */
const readWhole = <Content>(fd: number, path: string, take: Take<Content>): Content => {
  const isSysfs = path.startsWith('/sys/');
  const count = readSync(fd, firstBytes, 0, firstBytes.length, null);
  if (count === 0 || (isSysfs && count < firstBytes.length)) return take(firstBytes, count);
  const whole = readRest(fd, copyOf(firstBytes, count), path);
  return take(whole, whole.length);
};

/** Of so many bytes at the start of a buffer. */
type Take<Content> = (buffer: Buffer, length: number) => Content;

/** What `firstBytes` holds is gone with the next file. */
const copyOf: Take<Buffer> = (buffer, length) => Buffer.from(buffer.subarray(0, length));

const textOf: Take<string> = (buffer, length) => buffer.toString('utf8', 0, length);

const readHead = (fd: number): Buffer =>
  Buffer.from(firstBytes.subarray(0, readSync(fd, firstBytes, 0, firstBytes.length, null)));

const readPart = (fd: number, offset: number, length: number): Buffer => {
  const part = Buffer.alloc(length);
  return part.subarray(0, readSync(fd, part, 0, length, offset));
};

const readRest = (fd: number, first: Buffer, path: string): Buffer => {
  const isEdited = path.startsWith('/etc/');
  const chunks = [first];
  let total = first.length;
  for (let size = 16_384; ; size = Math.min(size * 4, 1024 * 1024)) {
    const chunk = Buffer.allocUnsafe(size);
    const count = readSync(fd, chunk, 0, size, null);
    if (count === 0) return Buffer.concat(chunks);
    chunks.push(chunk.subarray(0, count));
    total += count;
    if (isEdited && total > maximumEditedBytes)
      throw new UsageError(
        `${path} is larger than ${maximumEditedBytes / 1024} KiB, and no configuration file is.`,
        'Look at what fills it, and take that out.',
      );
    if (total > maximumBytes) throw new Error(`${path} is larger than ${maximumBytes} bytes`);
  }
};

const statOf = (file: string | null): SourceStat | null => {
  if (file === null) return null;
  try {
    const stat = lstatSync(file, {throwIfNoEntry: false});
    if (stat === undefined) return null;
    const type = stat.isFile()
      ? 'file'
      : stat.isDirectory()
        ? 'directory'
        : stat.isSymbolicLink()
          ? 'symlink'
          : 'other';
    return {
      type,
      mode: stat.mode & 0o7777,
      uid: stat.uid,
      gid: stat.gid,
      size: stat.size,
      inode: stat.ino,
      modifiedMs: stat.mtimeMs,
      changedMs: stat.ctimeMs,
    };
  } catch {
    return null;
  }
};

/** A file that could not be opened for want of descriptors or memory is there all the same: nothing may be concluded. */
const refuseExhausted = (error: unknown): void => {
  if (isExhausted(error)) throw error;
};

/** What open(2) says of a link with O_NOFOLLOW. */
const isLink = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ELOOP';

const isDenied = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'EACCES' || error.code === 'EPERM');
