import {lstatSync, realpathSync, statSync} from 'node:fs';

const directories = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** The whole environment of a program: nothing of the caller's may steer what root runs. */
export const programEnvironment = {PATH: directories.join(':'), LC_ALL: 'C.UTF-8', HOME: '/root'} as const;

/** Absolute path of a program that only root can replace; `null` when there is none. */
export const trustedProgram = (name: string): string | null => {
  if (!/^[\w.+-]+$/.test(name)) return null;
  return directories.map((directory) => `${directory}/${name}`).find(isTrusted) ?? null;
};

const isTrusted = (path: string): boolean => {
  try {
    const real = realpathSync(path);
    const parts = real.split('/').slice(1);
    const above = parts.map((_, index) => `/${parts.slice(0, index).join('/')}`);
    return (statSync(real).mode & 0o111) !== 0 && [...above, real].every(isRootsOwn);
  } catch {
    return false;
  }
};

const isRootsOwn = (path: string): boolean => {
  const {uid, mode} = lstatSync(path);
  return uid === 0 && (mode & 0o022) === 0;
};
