import {existsSync, mkdirSync, readdirSync, rmSync} from 'node:fs';
import {homedir} from 'node:os';
import {join} from 'node:path';
import {buildDisk} from './build-disk.js';
import {prepareHost} from './prepare-host.js';
import {recipeHash, recipes} from './recipe.js';

const cache = process.env.VFIO_PILOT_LAB_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'vfio-pilot-lab');

/** The folder with base.raw and installed.qcow2 of a host for today's recipe; older ones of the same host are thrown away. */
export const findHostImage = async (name, say) => {
  const recipe = recipes[name];
  mkdirSync(cache, {recursive: true});
  const directory = join(cache, `${name}.${recipeHash(recipe)}`);
  if (existsSync(join(directory, 'installed.qcow2'))) return directory;
  for (const old of readdirSync(cache)) if (old.startsWith(`${name}.`)) rmSync(join(cache, old), {recursive: true});
  mkdirSync(directory);
  const started = Date.now();
  say(`building the image ${name} in ${directory}`);
  await buildDisk(recipe, directory);
  say(`Debian is on the disk after ${seconds(started)} s; preparing it`);
  await prepareHost(recipe, directory, say);
  say(`image ready after ${seconds(started)} s`);
  return directory;
};

const seconds = (started) => Math.round((Date.now() - started) / 1000);
