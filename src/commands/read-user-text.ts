import {closeSync, readSync} from 'node:fs';
import {UsageError} from '../errors.ts';
import {openUserFile} from '../system/user-file.ts';

/** The beginning of a file that the user names, `mostBytes` at most. Throws a UsageError that says why it cannot be read. */
export const readUserText = (path: string, mostBytes: number): string => {
  try {
    return readBeginning(path, mostBytes);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const reason = code === 'ENOENT' ? 'does not exist' : code === 'EISDIR' ? 'is a directory' : code === 'EACCES' ? 'may not be read by this user' : `can't be read (${code})`;
    throw new UsageError(`${path} ${reason}.`, 'Check the path of the profile.', {cause: error});
  }
};

const readBeginning = (path: string, mostBytes: number): string => {
  const fd = openUserFile(path);
  try {
    const buffer = Buffer.alloc(mostBytes);
    let length = 0;
    for (let count = -1; count !== 0 && length < mostBytes; length += count) count = readSync(fd, buffer, length, mostBytes - length, null);
    return buffer.toString('utf8', 0, length);
  } finally {
    closeSync(fd);
  }
};
