import {createHash} from 'node:crypto';
import {existsSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Program} from '../../../src/system/machine.ts';
import {listDracutImage} from './stand-ins.ts';

const entries = '/boot/efi/loader/entries';
const images = '/boot/efi/opensuse-tumbleweed/6.16.3-1-default';
const subvolume = 'rootflags=subvol=@/.snapshots/1/snapshot';

/** What sdbootutil does for the snapshot that runs (sdbootutil: update_entry_conf, install_kernel). */
export const sdbootutil: Program = (argv, {root}) => {
  const conf = argv[1] === 'mkinitrd' ? makeImage(root) : argv[1] === 'update-all-entries' ? updateEntries : null;
  if (conf === null) return {exitCode: 1};
  const options = readFileSync(join(root, '/etc/kernel/cmdline'), 'utf8').trim();
  for (const file of readdirSync(join(root, entries)).map((name) => join(root, entries, name))) {
    const text = readFileSync(file, 'utf8');
    if (text.includes(subvolume))
      writeFileSync(
        file,
        conf(text).replace(/^options\s.*$/m, () => `options    ${options}`),
      );
  }
  removeUnused(root);
  return {exitCode: 0};
};

const updateEntries = (text: string): string => text;

const makeImage = (root: string): ((text: string) => string) => {
  const listing = listDracutImage(root);
  const name = `initrd-${createHash('sha1').update(listing).digest('hex')}`;
  if (!existsSync(join(root, images, name))) writeFileSync(join(root, images, name), listing);
  return (text) => text.replace(/^initrd\s.*$/m, `initrd     ${images.replace('/boot/efi', '')}/${name}`);
};

/** bootctl cleanup. */
const removeUnused = (root: string): void => {
  const all = readdirSync(join(root, entries))
    .map((name) => readFileSync(join(root, entries, name), 'utf8'))
    .join('');
  for (const name of readdirSync(join(root, images)).filter((one) => one.startsWith('initrd-') && !all.includes(one)))
    rmSync(join(root, images, name));
};
