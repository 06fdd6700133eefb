import {readdirSync, readFileSync, readlinkSync, type Stats, statSync} from 'node:fs';
import {errorCode} from './machine-error.ts';
import type {LockHolder, ProcessIdentity} from './machine.ts';

/** proc(5): field 22 of stat, counted after the command's name, which may itself hold spaces and parentheses. */
export const readStartTime = (pid: number): string | null => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
};

export const readProcessIdentity = (): ProcessIdentity => ({
  pid: process.pid,
  startTime: readStartTime(process.pid) ?? '0',
  bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim(),
  uid: process.geteuid?.() ?? 0,
  gid: process.getegid?.() ?? 0,
});

/**
 * Node cannot ask with F_GETLK; /proc/locks (proc(5)) lists `1: POSIX ADVISORY WRITE 723 08:01:4711 0 EOF`, waiting ones
 * with `->`. Its device is the superblock's, which on btrfs and overlayfs is not what stat(2) reports: there the
 * process must have the file open.
 */
export const readLockHolders = (real: string): readonly LockHolder[] => {
  const file = statSync(real);
  const lines = readFileSync('/proc/locks', 'latin1').matchAll(
    /^\d+: (?:POSIX|FLOCK|OFDLCK) +\w+ +WRITE +(-?\d+) ([\da-f]+):([\da-f]+):(\d+) /gm,
  );
  const pids = [...lines].flatMap(([, pid, major, minor, inode]) => {
    const isHere = Number(inode) === file.ino && deviceOf(major, minor) === file.dev;
    return isHere || hasOpen(Number(pid), file) ? [Number(pid)] : [];
  });
  return [...new Set(pids)].map((pid) => ({pid, name: nameOf(pid)}));
};

/** Processes that have the file open, as far as this user may see: for a lock that consists in a file being there. */
export const readOpeners = (real: string): readonly LockHolder[] => {
  const file = statSync(real);
  const pids = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  return pids.filter((pid) => hasOpen(pid, file)).map((pid) => ({pid, name: nameOf(pid)}));
};

/** linux/kdev_t.h, new_encode_dev: what stat(2) reports. */
const deviceOf = (major = '', minor = ''): number => {
  const [high, low] = [Number.parseInt(major, 16), Number.parseInt(minor, 16)];
  return (low & 0xff) | (high << 8) | ((low & ~0xff) << 12);
};

const hasOpen = (pid: number, {dev, ino}: {readonly dev: number; readonly ino: number}): boolean => {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => {
      const open = statSync(`/proc/${pid}/fd/${fd}`, {throwIfNoEntry: false});
      return open?.dev === dev && open.ino === ino;
    });
  } catch {
    return false;
  }
};

const nameOf = (pid: number): string | null => {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return null;
  }
};

/**
 * Whether a process, as far as this user may see, has the file open for writing whose name is gone (proc(5):
 * `/proc/PID/fd/N` reads `PATH (deleted)`). Only such files are looked at closer: stat(2) of any other may wait for
 * a network file system that is away.
 */
export const isOpenForWriting = (name: string, file: Stats): boolean =>
  readdirSync('/proc').some(
    (pid) =>
      /^\d+$/.test(pid) &&
      orWhenGone([], () => readdirSync(`/proc/${pid}/fd`)).some((fd) =>
        orWhenGone(false, () => isWriter(pid, fd, name, file)),
      ),
  );

const isWriter = (pid: string, fd: string, name: string, {dev, ino}: Stats): boolean => {
  const link = `/proc/${pid}/fd/${fd}`;
  if (!readlinkSync(link).endsWith(`/${name} (deleted)`)) return false;
  const open = statSync(link);
  return open.dev === dev && open.ino === ino && isForWriting(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'latin1'));
};

/** `flags:	0100002`, octal; the last two bits are the access mode, 0 for reading. */
const isForWriting = (info: string): boolean =>
  (Number.parseInt(/^flags:\s*([0-7]+)/m.exec(info)?.[1] ?? '0', 8) & 0b11) !== 0;

/** A process or its descriptor may end while it is looked at; those of others are not ours to see. */
const orWhenGone = <Result>(otherwise: Result, read: () => Result): Result => {
  try {
    return read();
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(errorCode(error) ?? '')) return otherwise;
    throw error;
  }
};
