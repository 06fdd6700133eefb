import {closeSync, constants, fsyncSync, lstatSync, openSync, statSync, unlinkSync, writeFileSync} from 'node:fs';
import {basename, dirname, resolve} from 'node:path';
import {UsageError} from '../errors.ts';
import {asInvokingUser} from './invoking-user.ts';
import {errorCode} from './machine-error.ts';
import {withDirectory} from './open-directory.ts';

/**
 * A new file that belongs to the person and not to the machine: a profile, a plan, a capture. Never over an existing
 * one, never through a link, and under sudo with the rights of who called: whoever owns the directory may swap any part
 * of the path for a link while root is on its way.
 */
export const createUserFile = (path: string, content: string | Uint8Array, mode = 0o644): void => {
  const fd = openNewUserFile(path, mode);
  try {
    writeFileSync(fd, content);
    fsyncSync(fd);
  } catch (error) {
    removeUserFile(path);
    throw unwritable(path, error);
  } finally {
    closeSync(fd);
  }
};

/** A descriptor to write to; the caller closes it. */
export const openNewUserFile = (path: string, mode: number): number => {
  try {
    return inItsDirectory(path, (real) => openSync(real, createFlags, mode));
  } catch (error) {
    throw unwritable(path, error);
  }
};

/**
 * A descriptor to read a file that the user names; the caller closes it. Under sudo what who called may not read is not
 * shown to them either, and a home on NFS, which root may not read, can be read. Throws what `open` says.
 */
export const openUserFile = (path: string): number => withUserRights(dirname(resolve(path)), () => openSync(path, constants.O_RDONLY), isRootsOwnRoom);

/** One that was made just now and could not be filled. */
export const removeUserFile = (path: string): void => inItsDirectory(path, unlinkSync);

const createFlags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

const inItsDirectory = <Result>(path: string, use: (real: string) => Result): Result => {
  const whole = resolve(path);
  return withUserRights(dirname(whole), () => withDirectory('/', dirname(whole), (directory) => use(`${directory}/${basename(whole)}`)));
};

/** `sudo -i` works in /root, where who called may not even look; there nobody else can swap anything either. */
const withUserRights = <Result>(directory: string, act: () => Result, isForRoot = isRootsOwnPath): Result => {
  try {
    return asInvokingUser(act);
  } catch (error) {
    if (errorCode(error) !== 'EACCES' || !isForRoot(directory)) throw error;
    return act();
  }
};

/** Not /etc with its shadow, where all may look and not read everything. */
const isRootsOwnRoom = (directory: string): boolean => {
  try {
    asInvokingUser(() => statSync(`${directory}/.`));
    return false;
  } catch {
    return isRootsOwnPath(directory);
  }
};

const isRootsOwnPath = (directory: string): boolean => {
  const {uid, mode} = lstatSync(directory);
  return uid === 0 && (mode & 0o170_022) === 0o040_000 && (directory === '/' || isRootsOwnPath(dirname(directory)));
};

const unwritable = (path: string, error: unknown): UsageError => {
  const code = errorCode(error) ?? String(error);
  return new UsageError(`${path} ${reasons[code] ?? `could not be written (${code})`}.`, 'Choose another file.', {cause: error});
};

const reasons: Readonly<Record<string, string>> = {
  EEXIST: 'exists already',
  ENOENT: 'lies in a directory that does not exist',
  ENOTDIR: 'lies in something that is no directory',
  EACCES: 'may not be written by this user',
  EPERM: 'is reached through a symbolic link of another user',
  ELOOP: 'is reached through links that loop',
  EROFS: 'lies on a read-only file system',
  ENOSPC: 'does not fit: the disk is full',
  EDQUOT: 'does not fit: the quota is used up',
  EFBIG: 'does not fit: the file size is limited (ulimit -f)',
};
