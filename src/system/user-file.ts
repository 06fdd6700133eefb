import {closeSync, fchownSync, fsyncSync, openSync, writeFileSync} from 'node:fs';
import {UsageError} from '../errors.ts';

/**
 * A new file that belongs to the person and not to the machine: a profile, a capture. Never over an existing one and
 * never through a link (O_EXCL). Under sudo it is given to the user who called.
 */
export const createUserFile = (path: string, content: string | Uint8Array, mode = 0o644): void => {
  try {
    const fd = openSync(path, 'wx', mode);
    try {
      writeFileSync(fd, content);
      const [uid, gid] = [process.env['SUDO_UID'], process.env['SUDO_GID']].map((text) => (text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : null));
      if (process.geteuid?.() === 0 && typeof uid === 'number' && typeof gid === 'number') fchownSync(fd, uid, gid);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const reason: Readonly<Record<string, string>> = {EEXIST: 'exists already', ENOENT: 'lies in a directory that does not exist', EACCES: 'may not be written by this user', EROFS: 'lies on a read-only file system', ENOSPC: 'does not fit: the disk is full'};
    throw new UsageError(`${path} ${reason[code] ?? `could not be written (${code})`}.`, 'Choose another file.', {cause: error});
  }
};
