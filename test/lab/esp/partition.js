import {spawnSync} from 'node:child_process';
import {lstatSync, mkdirSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {run} from '../processes.js';

/** Where build-disk.js puts the EFI partition, in bytes. */
export const espRegion = {offset: 2 ** 20, size: 256 * 2 ** 20};

/** The EFI partition of a disk that no machine uses, as an image of its own. */
export const copyEsp = async (disk, image) => {
  const part = `driver=raw,offset=${espRegion.offset},size=${espRegion.size},file.driver=qcow2,file.file.driver=file,file.file.filename=${disk}`;
  await run('qemu-img', ['convert', '-O', 'raw', '--image-opts', part, image], {seconds: 120});
};

/**
 * Lower-case path → bytes of each file in a FAT image, by way of a directory that is made for it. This machine's kernel may
 * not know FAT; mtools does, and reads what is broken as far as it goes.
 */
export const readEsp = (image, directory) => {
  rmSync(directory, {recursive: true, force: true});
  mkdirSync(directory);
  const isWhole = spawnSync('mcopy', ['-s', '-n', '-i', image, '::/*', directory]).status === 0;
  // systemd-boot itself renews its random seed.
  const files = (isWhole ? readTree(directory) : readEach(image)).filter(([path]) => path !== '/loader/random-seed');
  return new Map(files.map(([path, bytes]) => [path.toLowerCase(), bytes]));
};

const readTree = (directory) =>
  readdirSync(directory, {recursive: true, encoding: 'utf8'})
    .filter((path) => lstatSync(join(directory, path)).isFile())
    .map((path) => [`/${path}`, readFileSync(join(directory, path))]);

/** mcopy ends at the first file that it cannot read. */
const readEach = (image) => {
  const read = (program, ...args) => spawnSync(program, ['-i', image, ...args], {maxBuffer: espRegion.size}).stdout;
  const paths = read('mdir', '-/', '-b', '::')
    .toString()
    .split('\n')
    .filter((line) => line.startsWith('::/') && !line.endsWith('/'));
  return paths.map((path) => [path.slice(2), read('mtype', path)]);
};
