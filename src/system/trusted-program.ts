import {lstatSync, readdirSync, realpathSync, statSync} from 'node:fs';
import {dirname, join} from 'node:path';

export type Distrust = {
  readonly path: string;
  /** `anyone`: every user of this machine could have changed it; `other`: its owner or group could. */
  readonly by: 'anyone' | 'other';
  /** For a person, `user 1000`. */
  readonly who: string;
};

export const filesBelow = (directory: string): readonly string[] =>
  readdirSync(directory, {recursive: true, encoding: 'utf8'}).map((name) => join(directory, name));

/** Who, other than root, could have changed what root is about to run: the files, and each directory above them. */
export const findDistrust = (files: readonly string[]): readonly Distrust[] => {
  const paths = new Set(files.flatMap((file) => withParents(realpathSync(file))));
  return [...paths].sort().flatMap(judge);
};

const withParents = (path: string): readonly string[] => (path === '/' ? ['/'] : [...withParents(dirname(path)), path]);

const judge = (path: string): readonly Distrust[] => {
  const {uid, gid, mode} = lstatSync(path);
  // In a sticky directory only its owner can replace what is there (/tmp).
  const isSticky = (mode & 0o1000) !== 0;
  if ((mode & 0o002) !== 0 && !isSticky) return [{path, by: 'anyone', who: 'every user'}];
  if (uid !== 0) return [{path, by: 'other', who: `user ${uid}`}];
  return (mode & 0o020) !== 0 && gid !== 0 && !isSticky ? [{path, by: 'other', who: `group ${gid}`}] : [];
};

/** NixOS has its programs in the last one only. */
const directories = ['/usr/sbin', '/usr/bin', '/sbin', '/bin', '/run/current-system/sw/bin'];

/** The whole environment of a program: nothing of the caller's may steer what root runs. */
export const programEnvironment = {PATH: directories.join(':'), LC_ALL: 'C.UTF-8', HOME: '/root'} as const;

/** Absolute path of a program that only root can replace; `null` when there is none. */
export const trustedProgram = (name: string, places: readonly string[] = directories): string | null => {
  if (!/^[\w.+-]+$/.test(name)) return null;
  return places.map((directory) => `${directory}/${name}`).find(isTrusted) ?? null;
};

const isTrusted = (path: string): boolean => isRootsOwnFile(path) && (statSync(path).mode & 0o111) !== 0;

/** Whether only root can write to it, or put another one in its place. */
export const isRootsOwnFile = (path: string): boolean => {
  try {
    const real = realpathSync(path);
    const parts = real.split('/').slice(1);
    const above = parts.map((_, index) => `/${parts.slice(0, index).join('/')}`);
    return [...above, real].every(isRootsOwn);
  } catch {
    return false;
  }
};

/** The group of Nix's builders may add to its store, and the sticky bit keeps it from what root has put there. */
const isRootsOwn = (path: string): boolean => {
  const {uid, mode} = lstatSync(path);
  const isStore = path === '/nix/store' && (mode & 0o1002) === 0o1000;
  return uid === 0 && (isStore || (mode & 0o022) === 0);
};
