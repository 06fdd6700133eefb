import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {buildDisk} from './build-disk.js';
import {findMade} from './cache.js';
import {prepareHost} from './prepare-host.js';
import {prepareXenHost} from './prepare-xen-host.js';
import {recipeHash, recipes} from './recipe.js';

/** The folder with base.raw and installed.qcow2 of a host for today's recipe. */
export const findHostImage = (name, say) =>
  findMade({
    name,
    hash: recipeHash(recipes[name]),
    isFinished: (directory) => existsSync(join(directory, 'installed.qcow2')),
    make: (directory) => make(name, directory, say),
  });

const make = async (name, directory, say) => {
  const started = Date.now();
  say(`building the image ${name} in ${directory}`);
  await buildDisk(recipes[name], directory);
  say(`Debian is on the disk after ${seconds(started)} s; preparing it`);
  const prepare = recipes[name].hypervisor === 'xen' ? prepareXenHost : prepareHost;
  await prepare(recipes[name], directory, say);
  say(`image ready after ${seconds(started)} s`);
};

const seconds = (started) => Math.round((Date.now() - started) / 1000);
