import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import {basename, join} from 'node:path';
import type {Program} from '../../../src/system/machine.ts';
import {realFile} from './real-file.ts';

export const ostreeEntry = '/boot/loader.0/entries/ostree-2-fedora.conf';
export const ostreeOrigin =
  '/sysroot/ostree/deploy/fedora/deploy/f27cef34ca6ef2626b7413d3d6c4f376c47d04b4d6d3e420df651078478a288e.0.origin';

export const present = 'rhgb quiet root=UUID=1-2 rootflags=subvol=root rw';
const bootChecksum = '5aad5874b79a910b1ccb27e069c168ad4a5ee0c3fcd0f8d565aa6f7770818c36';
export const link = `/ostree/boot.0/fedora/${bootChecksum}/0`;
const origin = realFile('silverblue/deployment.origin');

/** Entries, links and origin are those that `ostree admin deploy` wrote for two deployments (real/README.md); rpm-ostree's own additions to them are invented. */
export const silverblue = (options = present, originText = origin) =>
  ({
    '/proc/cmdline': `BOOT_IMAGE=(hd0,gpt2)/ostree/fedora-${bootChecksum}/vmlinuz-6.12.5-200.fc41.x86_64 ${options} ostree=${link}\n`,
    '/run/ostree-booted': '',
    '/boot/loader': {link: 'loader.0'},
    '/boot/loader.0/entries/ostree-1-fedora.conf': realFile('silverblue/ostree-1-fedora.conf'),
    [ostreeEntry]: realFile('silverblue/ostree-2-fedora.conf').replace(present, () => options),
    '/ostree': {link: 'sysroot/ostree'},
    '/sysroot/ostree/boot.0': {link: 'boot.0.1'},
    [`/sysroot/ostree/boot.0.1/fedora/${bootChecksum}/0`]: {
      link: `../../../deploy/fedora/deploy/${basename(ostreeOrigin, '.origin')}`,
    },
    [ostreeOrigin.replace(/\.origin$/, '')]: {directory: true},
    [ostreeOrigin]: originText,
    '/usr/bin/dracut': {text: '', mode: 0o755},
    '/etc/dracut.conf': realFile('debian-12/dracut.conf'),
    '/etc/default/grub': 'GRUB_ENABLE_BLSCFG=true\n',
  }) as const;

/** What rpm-ostree does to the entry and the origin of the deployment that starts next (rpm-ostree: transaction types; libostree: kernel args). */
export const rpmOstree: Program = (argv, {root}) => {
  const options = argv.slice(2).map((word) => /^--([a-z-]+)(?:=(.*))?$/.exec(word) ?? []);
  const values = (name: string): readonly string[] =>
    options.filter((option) => option[1] === name).map((option) => option[2] ?? '');
  if (options.length === 0) return {exitCode: 0, stdout: describe(root, argv[1])};
  if (argv[1] === 'kargs')
    changeArguments(join(root, ostreeEntry), values('delete-if-present'), values('append-if-missing'));
  else if (argv[1] === 'initramfs-etc') changeOrigin(join(root, ostreeOrigin), values('track'), values('untrack'));
  else return {exitCode: 1};
  // A deployment is made each time, and reads what is laid over.
  if (!trackedFiles(root).every((path) => path === '/etc/foreign' || existsSync(join(root, path))))
    return {exitCode: 1};
  return {exitCode: 0, stdout: 'Staging deployment... done\n'};
};

/** Without options both say what the deployment that starts next has. */
const describe = (root: string, command: string | undefined): string =>
  command === 'kargs'
    ? `${/^options (.*)$/m.exec(readFileSync(join(root, ostreeEntry), 'utf8'))?.[1] ?? ''}\n`
    : `Tracked files:\n${trackedFiles(root)
        .map((path) => `  ${path}\n`)
        .join('')}`;

const trackedFiles = (root: string): readonly string[] =>
  (/^initramfs-etc=(.*)$/m.exec(readFileSync(join(root, ostreeOrigin), 'utf8'))?.[1] ?? '')
    .split(';')
    .filter((path) => path !== '');

const changeArguments = (file: string, gone: readonly string[], added: readonly string[]): void => {
  const text = readFileSync(file, 'utf8');
  const words = (/^options (.*)$/m.exec(text)?.[1] ?? '').split(' ');
  for (const word of gone) if (words.includes(word)) words.splice(words.indexOf(word), 1);
  for (const word of added) if (!words.includes(word)) words.push(word);
  writeFileSync(
    file,
    text.replace(/^options .*$/m, () => `options ${words.join(' ')}`),
  );
};

const changeOrigin = (file: string, tracked: readonly string[], untracked: readonly string[]): void => {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const before = (/^initramfs-etc=(.*)$/m.exec(text)?.[1] ?? '').split(';').filter((path) => path !== '');
  const files = [...new Set([...before, ...tracked])].filter((path) => !untracked.includes(path));
  const rest = text.replace(/\n?\[rpmostree\]\ninitramfs-etc=.*\n/, '');
  writeFileSync(file, files.length === 0 ? rest : `${rest}\n[rpmostree]\ninitramfs-etc=${files.join(';')};\n`);
};
