import {copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, truncateSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {run} from '../processes.js';
import {makeOnce} from './finished.js';
import {layouts} from './partitions.js';
import {
  customizeHook,
  diskMiB,
  essentialHook,
  excludedPaths,
  nodePackage,
  packagesFor,
  sourcesFor,
  uuid,
} from './recipe.js';

/** Makes base.raw (partitions, boot loader, ext4) and the kernel and initramfs for the first boot. Needs root, but no loop device. */
export const buildDisk = async (recipe, directory) => {
  const disk = join(directory, 'base.raw');
  if (existsSync(disk)) return;
  const tree = join(directory, 'tree');
  const node = join(directory, 'node');
  await makeOnce(node, fetchNode);
  await makeOnce(tree, (unfinished) =>
    run('mmdebstrap', bootstrapArguments(recipe, unfinished, join(node, 'package/bin/node')), {seconds: 900}),
  );
  for (const name of ['vmlinuz', 'initrd.img'])
    copyFileSync(join(tree, 'boot', newestBootFile(tree, name)), join(directory, name));
  await makeOnce(disk, async (unfinished) => {
    writeFileSync(unfinished, '');
    truncateSync(unfinished, diskMiB * 1048576);
    const {rootStartMiB, makeBootable} = layouts[recipe.loader];
    await run(
      'mke2fs',
      [
        '-q',
        '-F',
        '-t',
        'ext4',
        '-U',
        uuid,
        '-d',
        tree,
        '-E',
        `offset=${rootStartMiB * 1048576}`,
        unfinished,
        `${diskMiB - rootStartMiB - 1}M`,
      ],
      {seconds: 300},
    );
    await makeBootable(tree, directory, unfinished, diskMiB);
  });
  rmSync(tree, {recursive: true});
};

const bootstrapArguments = (recipe, tree, node) => [
  '--mode=root',
  '--variant=minbase',
  '--aptopt=Acquire::Languages "none"',
  ...excludedPaths.map((path) => `--dpkgopt=path-exclude=${path}`),
  ...(recipe.keptPaths ?? []).map((path) => `--dpkgopt=path-include=${path}`),
  `--essential-hook=sh ${essentialHook} "$1" ${recipe.initramfs} ${recipe.displayModule}`,
  `--include=${packagesFor(recipe).join(',')}`,
  `--customize-hook=sh ${customizeHook} "$1" ${node} ${uuid} ${recipe.loader} ${recipe.kernels ?? 1}`,
  recipe.suite,
  tree,
  ...sourcesFor(recipe),
];

const fetchNode = async (folder) => {
  mkdirSync(folder, {recursive: true});
  await run('npm', ['pack', '--silent', '--pack-destination', folder, nodePackage], {seconds: 300});
  const [archive] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  await run('tar', ['-xzf', join(folder, archive), '-C', folder, 'package/bin/node'], {seconds: 60});
};

/** Of several kernels, the one that GRUB puts first. */
const newestBootFile = (tree, name) =>
  readdirSync(join(tree, 'boot'))
    .filter((file) => file.startsWith(`${name}-`))
    .sort((one, other) => one.localeCompare(other, 'en', {numeric: true}))
    .at(-1);
