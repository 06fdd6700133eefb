import {lstatSync, realpathSync, statSync} from 'node:fs';

/** NixOS has its programs in the last one only. */
const directories = ['/usr/sbin', '/usr/bin', '/sbin', '/bin', '/run/current-system/sw/bin'];

/** The whole environment of a program: nothing of the caller's may steer what root runs. */
export const programEnvironment = {PATH: directories.join(':'), LC_ALL: 'C.UTF-8', HOME: '/root'} as const;

/** Absolute path of a program that only root can replace; `null` when there is none. */
export const trustedProgram = (name: string, places: readonly string[] = directories): string | null => {
  if (!/^[\w.+-]+$/.test(name)) return null;
  return places.map((directory) => `${directory}/${name}`).find(isTrusted) ?? null;
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

/** The group of Nix's builders may add to its store, and the sticky bit keeps it from what root has put there. */
const isRootsOwn = (path: string): boolean => {
  const {uid, mode} = lstatSync(path);
  const isStore = path === '/nix/store' && (mode & 0o1002) === 0o1000;
  return uid === 0 && (isStore || (mode & 0o022) === 0);
};
