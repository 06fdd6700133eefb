import {mkdirSync, readdirSync, rmSync} from 'node:fs';
import {homedir} from 'node:os';
import {join} from 'node:path';
import {holdLock} from '../lock.js';

const cache =
  process.env.VFIO_PILOT_LAB_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'vfio-pilot-lab');

const lockOf = (directory) => `${directory}.lock`;

/**
 * The folder of the cache for a name and the hash of its recipe. Another run that wants the same waits while `make` fills
 * it, unless `isFinished`; what an interrupted one has finished is there. The folder is held until this process ends.
 */
export const findMade = async ({name, hash, isFinished, make}) => {
  mkdirSync(cache, {recursive: true});
  const directory = join(cache, `${name}.${hash}`);
  for (;;) {
    const reader = await holdLock(lockOf(directory), {isShared: true});
    if (isFinished(directory)) return directory;
    await reader.release();
    const maker = await holdLock(lockOf(directory));
    try {
      if (isFinished(directory)) continue;
      await removeOld(name, directory);
      mkdirSync(directory, {recursive: true});
      await make(directory);
    } finally {
      await maker.release();
    }
  }
};

/** Those of other recipes for the same name that no run holds. */
const removeOld = async (name, directory) => {
  const old = readdirSync(cache, {withFileTypes: true})
    .filter((entry) => entry.isDirectory() && entry.name.startsWith(`${name}.`))
    .map((entry) => join(cache, entry.name));
  for (const folder of old.filter((path) => path !== directory)) {
    const lock = await holdLock(lockOf(folder), {isImpatient: true});
    if (lock === null) continue;
    rmSync(folder, {recursive: true});
    await lock.release();
  }
};
