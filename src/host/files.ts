import {createHash} from 'node:crypto';
import type {Source, SourceStat} from '../system/source.ts';
import {limineFiles} from './boot-evidence.ts';
import type {FileFacts} from './facts.ts';
import type {Note} from './reader.ts';

/** Files that may be edited, by path. What does not exist is not in it. */
export const readFiles = (source: Source, note: Note): Readonly<Record<string, FileFacts>> => {
  const found = [...new Set(candidates(source))].sort().map((path) => readFileFacts(source, path));
  const files = found.filter((file) => file !== null);
  for (const file of files) if (file.state === 'denied') note(denied(file.path));
  return Object.fromEntries(files.map((file) => [file.path, file]));
};

/** One file as comparison expects to find it again; `null` when there is none. */
const readFileFacts = (source: Source, path: string): FileFacts | null => {
  const stat = source.stat(path);
  if (stat === null) return null;
  const {mode, uid, gid, inode, modifiedMs, changedMs} = stat;
  const bare = {path, text: null, encoding: 'utf8', target: null, sha256: null, mode, uid, gid, stamp: {inode, modifiedMs, changedMs}} as const;
  if (stat.type === 'symlink') return {...bare, state: 'symlink', target: source.link(path)};
  if (stat.type !== 'file') return {...bare, state: stat.type};
  const bytes = source.bytes(path);
  if (bytes === null) return {...bare, state: 'denied'};
  return {...bare, state: 'file', ...decodeText(bytes), sha256: createHash('sha256').update(bytes).digest('hex')};
};

const decodeText = (bytes: Buffer): Pick<FileFacts, 'text' | 'encoding'> => {
  const text = bytes.toString('utf8');
  return Buffer.from(text, 'utf8').equals(bytes) ? {text, encoding: 'utf8'} : {text: bytes.toString('latin1'), encoding: 'latin1'};
};

const singleFiles = [
  '/etc/default/grub',
  // The directory itself: where it is empty, a drop-in of ours is still possible.
  '/etc/default/grub.d',
  '/etc/modules',
  '/etc/initramfs-tools/modules',
  '/etc/initramfs-tools/initramfs.conf',
  '/etc/kernel/cmdline',
  '/usr/lib/kernel/cmdline',
  '/etc/kernelstub/configuration',
  '/etc/kernel/uki.conf',
  '/usr/lib/kernel/uki.conf',
  '/boot/loader/loader.conf',
  '/boot/efi/loader/loader.conf',
  '/efi/loader/loader.conf',
  '/etc/libvirt/qemu.conf',
  '/etc/dracut.conf',
  '/etc/mkinitcpio.conf',
  '/etc/mkinitcpio.conf.d',
  '/etc/initcpio/hooks/vfio-pilot',
  '/etc/initcpio/install/vfio-pilot',
  '/etc/initcpio/vfio-pilot.service',
  '/etc/booster.yaml',
  '/etc/default/limine',
  ...limineFiles,
  '/etc/nixos/configuration.nix',
  '/etc/nixos/flake.nix',
  '/etc/nixos/vfio-pilot.nix',
];

/** A mount unit has to be named after its path. */
const ourUnits = /^(?:vfio-pilot|dev-hugepages(?:2M|1G)\.mount$)/;

const directories: readonly (readonly [string, RegExp])[] = [
  ['/etc/default/grub.d', /\.cfg$/],
  ['/etc/modprobe.d', /\.conf$/],
  ['/etc/modules-load.d', /\.conf$/],
  ['/etc/initramfs-tools/conf.d', /./],
  ['/etc/initramfs-tools/hooks', /./],
  ['/boot/grub', /^custom\.cfg$/],
  ['/boot/grub2', /^custom\.cfg$/],
  ['/etc/initramfs/post-update.d', /./],
  ['/etc/systemd/system', ourUnits],
  ['/etc/limine-entry-tool.d', /\.conf$/],
  ['/usr/share/limine-entry-tool.d', /\.conf$/],
  ['/etc/udev/rules.d', /vfio-pilot/],
  ['/etc/libvirt/qemu', /\.xml$/],
  ['/etc/libvirt/hooks/qemu.d', /^vfio-pilot/],
  ['/var/lib/libvirt/qemu', /\.xml$/],
  ['/etc/dracut.conf.d', /\.conf$/],
  ['/usr/lib/dracut/modules.d/90vfio-pilot', /\.sh$/],
  ['/etc/mkinitcpio.conf.d', /\.conf$/],
  ['/etc/mkinitcpio.d', /\.preset$/],
  ['/etc/cmdline.d', /\.conf$/],
  ['/boot/loader/entries', /\.conf$/],
  ['/boot/efi/loader/entries', /\.conf$/],
  ['/efi/loader/entries', /\.conf$/],
];

const candidates = (source: Source): readonly string[] => [
  ...singleFiles,
  ...directories.flatMap(([directory, pattern]) => filesOf(source, directory, pattern)),
  ...source.list('/etc/initramfs-tools/scripts').flatMap((stage) => filesOf(source, `/etc/initramfs-tools/scripts/${stage}`, /./)),
  ...source.list('/etc/systemd/system').filter((name) => /\.(?:wants|requires)$/.test(name)).flatMap((name) => filesOf(source, `/etc/systemd/system/${name}`, ourUnits)),
];

const filesOf = (source: Source, directory: string, pattern: RegExp): readonly string[] =>
  source.list(directory).filter((name) => pattern.test(name)).map((name) => `${directory}/${name}`).filter((path) => isNoDirectory(source.stat(path)));

const isNoDirectory = (stat: SourceStat | null): boolean => stat !== null && stat.type !== 'directory';

const denied = (path: string) =>
  ({
    code: 'host-needs-root',
    severity: 'note',
    subject: path,
    message: `${path} cannot be read by this user, so changes to it cannot be shown.`,
    remedy: 'Run the command with sudo.',
  }) as const;
