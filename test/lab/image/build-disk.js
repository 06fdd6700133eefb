import {copyFileSync, mkdirSync, openSync, closeSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync, writeSync} from 'node:fs';
import {join} from 'node:path';
import {run} from '../processes.js';
import {customizeHook, diskMiB, essentialHook, excludedPaths, nodePackage, sourcesFor, uuid} from './recipe.js';

const sectorBytes = 512;
const partitionStart = 2048;

/** Makes base.raw (MBR, GRUB, one ext4) and the kernel and initramfs for the first boot. Needs root, but no loop device. */
export const buildDisk = async (recipe, directory) => {
  const tree = join(directory, 'tree');
  await run('mmdebstrap', bootstrapArguments(recipe, tree, await fetchNode(directory)), {seconds: 900});
  for (const name of ['vmlinuz', 'initrd.img']) copyFileSync(join(tree, 'boot', findBootFile(tree, name)), join(directory, name));
  const disk = join(directory, 'base.raw');
  writeFileSync(disk, '');
  truncateSync(disk, diskMiB * 1048576);
  await run('mke2fs', ['-q', '-F', '-t', 'ext4', '-U', uuid, '-d', tree, '-E', `offset=${partitionStart * sectorBytes}`, disk, `${diskMiB - 2}M`], {seconds: 300});
  await writeBootSectors(tree, directory, disk);
  rmSync(tree, {recursive: true});
};

const bootstrapArguments = (recipe, tree, node) => [
  '--mode=root', '--variant=minbase', '--aptopt=Acquire::Languages "none"',
  ...excludedPaths.map((path) => `--dpkgopt=path-exclude=${path}`),
  `--essential-hook=sh ${essentialHook} "$1" ${recipe.initramfs} ${recipe.displayModule}`,
  `--include=${[...recipe.packages, recipe.initramfs].join(',')}`,
  `--customize-hook=sh ${customizeHook} "$1" ${node} ${uuid}`,
  recipe.suite, tree, ...sourcesFor(recipe),
];

const fetchNode = async (directory) => {
  const folder = join(directory, 'node');
  mkdirSync(folder, {recursive: true});
  await run('npm', ['pack', '--silent', '--pack-destination', folder, nodePackage], {seconds: 300});
  const [archive] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  await run('tar', ['-xzf', join(folder, archive), '-C', folder, 'package/bin/node'], {seconds: 60});
  return join(folder, 'package/bin/node');
};

const findBootFile = (tree, name) => readdirSync(join(tree, 'boot')).find((file) => file.startsWith(`${name}-`));

/** What grub-install would write: boot.img into the first sector, the core image into the gap before the partition. */
const writeBootSectors = async (tree, directory, disk) => {
  const modules = join(tree, 'usr/lib/grub/i386-pc');
  const core = join(directory, 'core.img');
  await run('grub-mkimage', ['-d', modules, '-O', 'i386-pc', '-o', core, '-p', '(hd0,msdos1)/boot/grub', 'biosdisk', 'part_msdos', 'ext2', 'normal', 'search', 'search_fs_uuid'], {seconds: 60});
  const file = openSync(disk, 'r+');
  writeSync(file, readFileSync(join(modules, 'boot.img')).subarray(0, 440), 0, 440, 0);
  writeSync(file, partitionTable(), 0, 66, 446);
  const image = readFileSync(core);
  writeSync(file, image, 0, image.length, sectorBytes);
  closeSync(file);
};

const partitionTable = () => {
  const table = Buffer.alloc(66);
  table.set([0x80, 0xfe, 0xff, 0xff, 0x83, 0xfe, 0xff, 0xff], 0);
  table.writeUInt32LE(partitionStart, 8);
  table.writeUInt32LE((diskMiB - 2) * 2048, 12);
  table.writeUInt16LE(0xaa55, 64);
  return table;
};
