import {existsSync, mkdirSync, readdirSync, rmSync} from 'node:fs';
import {homedir} from 'node:os';
import {join} from 'node:path';
import {buildDisk} from './build-disk.js';
import {prepareHost} from './prepare-host.js';
import {recipeHash} from './recipe.js';

const cache = process.env.VFIO_PILOT_LAB_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'vfio-pilot-lab');

/** The folder with base.raw and installed.qcow2 for today's recipe; older ones are thrown away. */
export const findHostImage = async (say) => {
  mkdirSync(cache, {recursive: true});
  const directory = join(cache, `host-${recipeHash()}`);
  if (existsSync(join(directory, 'installed.qcow2'))) return directory;
  for (const name of readdirSync(cache)) if (name.startsWith('host-')) rmSync(join(cache, name), {recursive: true});
  mkdirSync(directory);
  const started = Date.now();
  say(`building the host image in ${directory}`);
  await buildDisk(directory);
  say(`Debian is on the disk after ${seconds(started)} s; preparing it`);
  await prepareHost(directory, say);
  say(`image ready after ${seconds(started)} s`);
  return directory;
};

const seconds = (started) => Math.round((Date.now() - started) / 1000);
