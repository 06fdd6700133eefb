import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  type Stats,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import {userInfo} from 'node:os';
import {basename, dirname, isAbsolute, join, resolve} from 'node:path';
import {getegid, geteuid, getgroups, pid, setegid, seteuid, setgroups} from 'node:process';
import {UsageError} from '../errors.ts';
import {errorCode} from './machine-error.ts';
import {withDirectory} from './open-directory.ts';

type Ids = {readonly uid: number; readonly gid: number};

/** Who called sudo; `null` for root itself and for ordinary users, who have no rights to lay down. */
const invokingUser = (): Ids | null => {
  const [uid, gid] = [process.env['SUDO_UID'], process.env['SUDO_GID']].map((text) =>
    text !== undefined && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : null,
  );
  return geteuid?.() === 0 && typeof uid === 'number' && typeof gid === 'number' ? {uid, gid} : null;
};

/** @types/node leaves it out. */
const {initgroups} = process as {readonly initgroups?: (user: number, group: number) => void};

/**
 * With the rights of who called sudo, and nobody else's, for as long as the synchronous `act` takes. Not for a long
 * time: the system calls of other threads lose root's rights as well.
 */
const asInvokingUser = <Result>(act: () => Result): Result => {
  const user = invokingUser();
  if (
    user === null ||
    seteuid === undefined ||
    setegid === undefined ||
    setgroups === undefined ||
    initgroups === undefined
  )
    return act();
  const [gid, groups] = [getegid?.() ?? 0, getgroups?.() ?? []];
  try {
    initgroups(user.uid, user.gid);
    setegid(user.gid);
    seteuid(user.uid);
    return act();
  } finally {
    seteuid(0);
    setegid(gid);
    setgroups(groups);
  }
};

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

/**
 * The same over a file that is there, with its mode: next to it first, then in its place, so that the old one or the new
 * one is there whatever happens. `backup`: the old one has this name too, in place of an older one.
 */
export const replaceUserFile = (path: string, content: string, backup: string | null = null): void =>
  replace(path, content, {backup, mode: null});

/** `mode`: `null` keeps that of the file that is there. */
const replace = (
  path: string,
  content: string,
  {backup, mode: wanted}: {readonly backup: string | null; readonly mode: number | null},
): void => {
  // A name that no file of a person has.
  const fresh = join(dirname(path), `.${basename(path)}.${pid}.new`);
  const mode = modeOfRegular(path);
  createUserFile(fresh, content, wanted ?? mode ?? 0o644);
  try {
    inItsDirectory(path, (real) => {
      if (backup !== null && mode !== null) linkAs(real, `${dirname(real)}/${basename(backup)}`);
      renameSync(`${dirname(real)}/${basename(fresh)}`, real);
    });
  } catch (error) {
    removeUserFile(fresh);
    throw unwritable(path, error);
  }
};

/** `null` where there is none. */
const modeOfRegular = (path: string): number | null => {
  let present: Stats | undefined;
  try {
    present = inItsDirectory(path, (real) => lstatSync(real, {throwIfNoEntry: false}));
  } catch (error) {
    throw unwritable(path, error);
  }
  if (present === undefined) return null;
  if (!present.isFile()) throw new UsageError(`${path} is no regular file.`, 'Choose another file.');
  return present.mode & 0o777;
};

/** A second name and no move, so that the first one is never missing; FAT has no second names. */
const linkAs = (real: string, backup: string): void => {
  try {
    unlinkSync(backup);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
  try {
    linkSync(real, backup);
  } catch (error) {
    if (errorCode(error) !== 'EPERM') throw error;
    renameSync(real, backup);
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
 * shown to them either, and a home on NFS, which root may not read, can be read. Throws what `open` says. A pipe without
 * a writer would hold the program up where no Ctrl-C reaches it, so nothing is waited for.
 */
export const openUserFile = (path: string): number =>
  withUserRights(
    dirname(resolve(path)),
    () => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK),
    isRootsOwnRoom,
  );

/** One that was made just now and could not be filled. */
export const removeUserFile = (path: string): void => inItsDirectory(path, unlinkSync);

/** Under sudo that of who called; `null` for a user without one. */
export const userHome = (environment: Readonly<Record<string, string | undefined>>): string | null => {
  const {HOME: home = ''} = environment;
  if (invokingUser() === null && isAbsolute(home)) return home;
  try {
    return asInvokingUser(() => userInfo().homedir);
  } catch {
    return null;
  }
};

/**
 * Where a program keeps what a person would miss and can do without (XDG Base Directory Specification): under sudo that
 * of who called. `null` for a user without a home.
 */
export const userStateDirectory = (environment: Readonly<Record<string, string | undefined>>): string | null => {
  const {XDG_STATE_HOME: wanted = ''} = environment;
  if (isAbsolute(wanted)) return join(wanted, 'vfio-pilot');
  const home = userHome(environment);
  return home === null ? null : join(home, '.local/state/vfio-pilot');
};

/** Over the one that is there; nobody else may read it, and the directories that are missing are made. */
export const writePrivateFile = (path: string, content: string): void => {
  makeDirectory(dirname(path));
  replace(path, content, {backup: null, mode: 0o600});
};

const makeDirectory = (path: string): void => {
  try {
    inItsDirectory(path, (real) => mkdirSync(real, 0o700));
  } catch (error) {
    const code = errorCode(error);
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || path === dirname(path)) throw unwritable(path, error);
    makeDirectory(dirname(path));
    makeDirectory(path);
  }
};

/**
 * What `writePrivateFile` wrote; `null` where there is none. A link is not followed, and what somebody else could have
 * put there (another owner, a pipe, a second name, write permission for others) is refused.
 */
export const readPrivateFile = (path: string, mostBytes: number): string | null => {
  try {
    return inItsDirectory(path, (real) => {
      // A pipe without a writer would hold the program up.
      const fd = openSync(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      try {
        const {uid, mode, nlink, size} = fstatSync(fd);
        const isOwn = uid === geteuid?.() && nlink === 1 && (mode & 0o170_022) === constants.S_IFREG;
        if (!isOwn || size > mostBytes) throw withCode('EPERM');
        return readFileSync(fd, 'utf8');
      } finally {
        closeSync(fd);
      }
    });
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT') return null;
    const reason =
      code === 'ELOOP' || code === 'EPERM'
        ? 'is not a plain file that only you can write'
        : `can't be read (${code ?? String(error)})`;
    throw new UsageError(`${path} ${reason}.`, 'Look at it, and remove it.', {cause: error});
  }
};

const withCode = (code: string): Error => Object.assign(new Error(code), {code});

const createFlags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

const inItsDirectory = <Result>(path: string, use: (real: string) => Result): Result => {
  const whole = resolve(path);
  return withUserRights(dirname(whole), () =>
    withDirectory('/', dirname(whole), (directory) => use(`${directory}/${basename(whole)}`)),
  );
};

/** `sudo -i` works in /root, where who called may not even look; there nobody else can swap anything either. */
export const withUserRights = <Result>(directory: string, act: () => Result, isForRoot = isRootsOwnPath): Result => {
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
  return new UsageError(`${path} ${reasons[code] ?? `could not be written (${code})`}.`, 'Choose another file.', {
    cause: error,
  });
};

const reasons: Readonly<Record<string, string>> = {
  EEXIST: 'exists already',
  ENOENT: 'lies in a directory that does not exist',
  ENOTDIR: 'lies in something that is no directory',
  EACCES: 'cannot be written: permission denied',
  EPERM: 'is reached through a symbolic link of another user',
  ELOOP: 'is reached through links that loop',
  EROFS: 'lies on a read-only file system',
  ENOSPC: 'does not fit: the disk is full',
  EDQUOT: 'does not fit: the quota is used up',
  EFBIG: 'does not fit: the file size is limited (ulimit -f)',
};
