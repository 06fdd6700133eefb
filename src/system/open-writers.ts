import {readdirSync, readFileSync, readlinkSync, statSync, type Stats} from 'node:fs';
import {errorCode} from './machine-error.ts';

/**
 * Whether a process, as far as this user may see, has the file open for writing whose name is gone (proc(5):
 * `/proc/PID/fd/N` reads `PATH (deleted)`). Only such files are looked at closer: stat(2) of any other may wait for
 * a network file system that is away.
 */
export const isOpenForWriting = (name: string, file: Stats): boolean =>
  readdirSync('/proc').some((pid) => /^\d+$/.test(pid) && orWhenGone([], () => readdirSync(`/proc/${pid}/fd`)).some((fd) => orWhenGone(false, () => isWriter(pid, fd, name, file))));

const isWriter = (pid: string, fd: string, name: string, {dev, ino}: Stats): boolean => {
  const link = `/proc/${pid}/fd/${fd}`;
  if (!readlinkSync(link).endsWith(`/${name} (deleted)`)) return false;
  const open = statSync(link);
  return open.dev === dev && open.ino === ino && isForWriting(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'latin1'));
};

/** `flags:	0100002`, octal; the last two bits are the access mode, 0 for reading. */
const isForWriting = (info: string): boolean => (Number.parseInt(/^flags:\s*([0-7]+)/m.exec(info)?.[1] ?? '0', 8) & 0b11) !== 0;

/** A process or its descriptor may end while it is looked at; those of others are not ours to see. */
const orWhenGone = <Result>(otherwise: Result, read: () => Result): Result => {
  try {
    return read();
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(errorCode(error) ?? '')) return otherwise;
    throw error;
  }
};
