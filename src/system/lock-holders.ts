import {readdirSync, readFileSync, statSync} from 'node:fs';
import type {LockHolder} from './machine.ts';

/**
 * Node cannot ask with F_GETLK; /proc/locks (proc(5)) lists `1: POSIX ADVISORY WRITE 723 08:01:4711 0 EOF`, waiting ones
 * with `->`. Its device is the superblock's, which on btrfs and overlayfs is not what stat(2) tells: there the
 * process must have the file open.
 */
export const readLockHolders = (real: string): readonly LockHolder[] => {
  const file = statSync(real);
  const lines = readFileSync('/proc/locks', 'latin1').matchAll(/^\d+: (?:POSIX|FLOCK|OFDLCK) +\w+ +WRITE +(-?\d+) ([\da-f]+):([\da-f]+):(\d+) /gm);
  const pids = [...lines].flatMap(([, pid, major, minor, inode]) => {
    const isHere = Number(inode) === file.ino && deviceOf(major, minor) === file.dev;
    return isHere || hasOpen(Number(pid), file) ? [Number(pid)] : [];
  });
  return [...new Set(pids)].map((pid) => ({pid, name: nameOf(pid)}));
};

/** Processes that have the file open, as far as this user may see: for a lock that consists in a file being there. */
export const readOpeners = (real: string): readonly LockHolder[] => {
  const file = statSync(real);
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number);
  return pids.filter((pid) => hasOpen(pid, file)).map((pid) => ({pid, name: nameOf(pid)}));
};

/** linux/kdev_t.h, new_encode_dev: what stat(2) tells. */
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
