import {copyFileSync, mkdirSync, readdirSync, rmSync, truncateSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {run} from '../processes.js';
import {layouts} from './partitions.js';
import {customizeHook, diskMiB, essentialHook, excludedPaths, nodePackage, packagesFor, sourcesFor, uuid} from './recipe.js';

/** Makes base.raw (partitions, boot loader, ext4) and the kernel and initramfs for the first boot. Needs root, but no loop device. */
export const buildDisk = async (recipe, directory) => {
  const tree = join(directory, 'tree');
  await run('mmdebstrap', bootstrapArguments(recipe, tree, await fetchNode(directory)), {seconds: 900});
  for (const name of ['vmlinuz', 'initrd.img']) copyFileSync(join(tree, 'boot', findBootFile(tree, name)), join(directory, name));
  const disk = join(directory, 'base.raw');
  writeFileSync(disk, '');
  truncateSync(disk, diskMiB * 1048576);
  const {rootStartMiB, makeBootable} = layouts[recipe.loader];
  await run('mke2fs', ['-q', '-F', '-t', 'ext4', '-U', uuid, '-d', tree, '-E', `offset=${rootStartMiB * 1048576}`, disk, `${diskMiB - rootStartMiB - 1}M`], {seconds: 300});
  await makeBootable(tree, directory, disk, diskMiB);
  rmSync(tree, {recursive: true});
};

const bootstrapArguments = (recipe, tree, node) => [
  '--mode=root', '--variant=minbase', '--aptopt=Acquire::Languages "none"',
  ...excludedPaths.map((path) => `--dpkgopt=path-exclude=${path}`),
  ...(recipe.keptPaths ?? []).map((path) => `--dpkgopt=path-include=${path}`),
  `--essential-hook=sh ${essentialHook} "$1" ${recipe.initramfs} ${recipe.displayModule}`,
  `--include=${packagesFor(recipe).join(',')}`,
  `--customize-hook=sh ${customizeHook} "$1" ${node} ${uuid} ${recipe.loader}`,
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
