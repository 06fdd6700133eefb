import {execFileSync} from 'node:child_process';
import {copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Program} from '../../../src/system/machine.ts';
import {makeCpio} from '../../support/make-cpio.ts';

const at = (root: string, path: string | undefined): string => join(root, path ?? '');

/** bash reads our files as the real program does, and each function only says what it would put into the image. */
export const listWithBash = (script: string, root: string): string =>
  execFileSync('/bin/bash', ['--norc', '-euc', script, 'bash', root], {encoding: 'utf8', env: {PATH: '/usr/bin:/bin'}});

/** dracut 059 and later: configuration, then modules that it asks for (Debian: dracut-core 059-4, dracut and dracut-init.sh). */
const dracutScript = `
add_drivers=" a "; force_drivers=""; add_dracutmodules=""; install_items=""
for conf in "$1"/etc/dracut.conf.d/*.conf; do . "$conf"; done
for file in $install_items; do [ -f "$1$file" ] && echo "\${file#/}"; done
for module in $add_drivers $force_drivers; do echo "usr/lib/modules/K/kernel/drivers/\${module/vfio_pci/vfio-pci}.ko.xz"; done
inst_hook() { [ -f "$3" ] && echo "var/lib/dracut/hooks/$1/$2-\${3##*/}"; }
for name in $add_dracutmodules; do
  moddir=$(echo "$1"/usr/lib/dracut/modules.d/??"$name")
  . "$moddir/module-setup.sh"
  check || [ $? = 255 ]
  install
done`;

export const listDracutImage = (root: string): string => listWithBash(dracutScript, root);

/** mkinitcpio: mkinitcpio.conf, drop-ins, then \`build\` of each hook of our own. */
const mkinitcpioScript = `
. "$1/etc/mkinitcpio.conf"
for conf in "$1"/etc/mkinitcpio.conf.d/*.conf; do [ -f "$conf" ] && . "$conf"; done
add_module() { echo "usr/lib/modules/K/kernel/drivers/vfio/\${1/vfio_pci/vfio-pci}.ko.zst"; }
add_runscript() { [ -f "$root/etc/initcpio/hooks/$hook" ] && echo "hooks/$hook"; }
add_file() { [ -f "$root$1" ] && echo "\${2:-$1}" | cut -c2-; }
add_symlink() { echo "$1"; }
root=$1
BUILDROOT=$(mktemp -d)
for hook in "\${HOOKS[@]}"; do
  if [ "$hook" = systemd ]; then mkdir -p "$BUILDROOT/usr/lib/systemd/system"; : > "$BUILDROOT/usr/lib/systemd/system/initrd.target"; fi
  if [ -f "$1/etc/initcpio/install/$hook" ]; then . "$1/etc/initcpio/install/$hook"; build; fi
done
rm -r "$BUILDROOT"
for module in "\${MODULES[@]}"; do add_module "$module"; done
for file in "\${FILES[@]}"; do add_file "$file"; done`;

const variable = (name: string): string => `/sys/firmware/efi/efivars/${name}-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f`;

/** systemd 252: sets or takes away one variable; lists as its loader sorts, with the first as default where none is set. */
const bootctl: Program = (argv, {root}) => {
  const [, verb, id = ''] = argv;
  const path = at(root, variable(verb === 'set-preferred' ? 'LoaderEntryPreferred' : 'LoaderEntryDefault'));
  if (verb !== 'list') {
    if (id === '') rmSync(path, {force: true});
    else writeFileSync(path, Buffer.concat([Buffer.from([7, 0, 0, 0]), Buffer.from(`${id}\0`, 'utf16le')]));
    return {exitCode: 0};
  }
  const directory =
    ['/boot', '/boot/efi', '/efi'].map((one) => at(root, `${one}/loader/entries`)).find(existsSync) ?? '';
  const ids = readdirSync(directory)
    .filter((name) => !name.startsWith('.'))
    .sort()
    .reverse();
  return {
    exitCode: 0,
    stdout: ids
      .map(
        (name, index) =>
          `         type: Boot Loader Specification Type #1 (.conf)\n        title: ${name}${index === 0 ? ' (default)' : ''}\n           id: ${name}\n`,
      )
      .join('\n'),
  };
};

/** kernelstub 3.1.4 (application.py, installer.py, config.py): entries from the configuration, which it saves in its own form. */
const kernelstub: Program = (_argv, {root}) => {
  const path = at(root, '/etc/kernelstub/configuration');
  execFileSync('python3', [
    '-c',
    'import json, sys\nc = json.load(open(sys.argv[1]))\njson.dump(c, open(sys.argv[1], "w"), indent=2)',
    path,
  ]);
  const {user} = JSON.parse(readFileSync(path, 'utf8')) as {user: {kernel_options: string[]}};
  for (const name of ['current', 'oldkern']) {
    const entry = at(root, `/boot/efi/loader/entries/Pop_OS-${name}.conf`);
    if (existsSync(entry))
      writeFileSync(
        entry,
        readFileSync(entry, 'utf8').replace(
          /^options .*$/m,
          `options root=UUID=1-2 ro ${user.kernel_options.join(' ')}`,
        ),
      );
  }
  copyFileSync(at(root, '/boot/initrd.img-6.9.3-76060903-generic'), at(root, '/boot/efi/EFI/Pop_OS-1-2/initrd.img'));
  return {exitCode: 0};
};
export const listMkinitcpioImage = (root: string): string => listWithBash(mkinitcpioScript, root);

/** mkinitcpio joins the files of arguments without their comments. */
const unifiedLine = (root: string): string =>
  ['/etc/kernel/cmdline', ...['zz-vfio-pilot.conf', 'root.conf'].map((name) => `/etc/cmdline.d/${name}`)]
    .flatMap((path) =>
      existsSync(at(root, path)) ? [readFileSync(at(root, path), 'utf8').replaceAll(/^#.*$/gm, '')] : [],
    )
    .join(' ')
    .replaceAll(/\s+/g, ' ');

const list: Program = (argv, {root}) => ({exitCode: 0, stdout: readFileSync(at(root, argv.at(-1)), 'utf8')});

/** Not packed, so that its names can be found in it. */
const initramfsToolsImage = makeCpio({
  'scripts/init-top/00-vfio-pilot': '#!/bin/sh\n',
  'scripts/init-top/ORDER': '/scripts/init-top/00-vfio-pilot "$@"\n/scripts/init-top/udev "$@"\n',
  'etc/modprobe.d/vfio-pilot.conf': '',
  ...Object.fromEntries(
    ['vfio-pci', 'vfio', 'vfio_iommu_type1'].map((module) => [`usr/lib/modules/K/${module}.ko`, '']),
  ),
});

export const standIns: Readonly<Record<string, Program>> = {
  bootctl,
  kernelstub,
  dracut: (argv, {root}) => {
    const line = argv.includes('--uefi') ? (argv[argv.indexOf('--kernel-cmdline') + 1] ?? '') : '';
    writeFileSync(at(root, argv.at(-2)), `${listDracutImage(root)}${line}`);
    return {exitCode: argv[1] === '--force' && /^\d/.test(argv.at(-1) ?? '') ? 0 : 1};
  },
  lsinitrd: list,
  mkinitcpio: (argv, {root}) => {
    const isUnified = argv.includes('-U');
    writeFileSync(
      at(root, argv[argv.indexOf(isUnified ? '-U' : '-g') + 1]),
      `${listMkinitcpioImage(root)}${isUnified ? unifiedLine(root) : ''}`,
    );
    return {exitCode: argv[1] === '-k' ? 0 : 1};
  },
  lsinitcpio: list,
  mkinitramfs: (argv, {root}) => {
    writeFileSync(at(root, argv[2]), initramfsToolsImage);
    return {exitCode: 0};
  },
  lsinitramfs: list,
  ukify: (argv, {root}) => {
    const value = (name: string): string =>
      argv.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3) ?? '';
    writeFileSync(
      at(root, value('output')),
      `${'kernel'.repeat(100)} ${readFileSync(at(root, value('initrd')), 'utf8')} ${value('cmdline')}`,
    );
    return {exitCode: existsSync(at(root, value('linux'))) && argv[1] === 'build' ? 0 : 1};
  },
  'grub-mkconfig': (argv, {root}) => {
    writeFileSync(at(root, argv.at(-1)), `menu for ${readFileSync(at(root, '/etc/default/grub'), 'utf8')}`);
    return {exitCode: 0};
  },
  'grub-script-check': () => ({exitCode: 0}),
  'proxmox-boot-tool': (_argv, {root}) => {
    // Stands for the EFI partition: what the tool would have written, each time anew.
    writeFileSync(
      at(root, '/esp'),
      `version 6.8.12-4-pve\noptions  ${readFileSync(at(root, '/etc/kernel/cmdline'), 'utf8')}initrd\n`,
    );
    return {exitCode: 0};
  },
  // Its paths, and those that it prints, are on the partition.
  'grub-fstest': ([, device, verb], {root}) => {
    if (device !== '/dev/disk/by-uuid/ABCD-0123') return {exitCode: 1};
    return {
      exitCode: 0,
      stdout: verb === 'ls' ? 'proxmox-6.8.12-4-pve.conf loader.bak \n' : readFileSync(at(root, '/esp'), 'utf8'),
    };
  },
};
