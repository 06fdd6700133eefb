import {existsSync, mkdirSync, readdirSync, rmSync} from 'node:fs';
import {homedir} from 'node:os';
import {join} from 'node:path';
import {holdLock} from '../lock.js';
import {buildDisk} from './build-disk.js';
import {prepareHost} from './prepare-host.js';
import {recipeHash, recipes} from './recipe.js';

const cache =
  process.env.VFIO_PILOT_LAB_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'vfio-pilot-lab');

const lockOf = (directory) => `${directory}.lock`;
const isFinished = (directory) => existsSync(join(directory, 'installed.qcow2'));

/**
 * The folder with base.raw and installed.qcow2 of a host for today's recipe. Another run that wants the same waits while it
 * is made; what an interrupted one has finished is used. The folder is held until this process ends.
 */
export const findHostImage = async (name, say) => {
  const recipe = recipes[name];
  mkdirSync(cache, {recursive: true});
  const directory = join(cache, `${name}.${recipeHash(recipe)}`);
  for (;;) {
    const reader = await holdLock(lockOf(directory), {isShared: true});
    if (isFinished(directory)) return directory;
    await reader.release();
    const maker = await holdLock(lockOf(directory));
    try {
      if (!isFinished(directory)) await make(name, directory, say);
    } finally {
      await maker.release();
    }
  }
};

const make = async (name, directory, say) => {
  await removeOld(name, directory);
  mkdirSync(directory, {recursive: true});
  const started = Date.now();
  say(`building the image ${name} in ${directory}`);
  await buildDisk(recipes[name], directory);
  say(`Debian is on the disk after ${seconds(started)} s; preparing it`);
  await prepareHost(recipes[name], directory, say);
  say(`image ready after ${seconds(started)} s`);
};

/** Those of other recipes for the same host that no run holds. */
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

const seconds = (started) => Math.round((Date.now() - started) / 1000);
