import type {Source} from '../system/source.ts';
import {findBlockDevice} from './block-devices.ts';
import type {UdevBlocks} from './device-names.ts';
import {deviceByName, deviceByNumber, readUdevBlocks} from './device-names.ts';
import type {BootFacts, GrubEntry, GrubMenu} from './facts.ts';
import type {Mount} from './mounts.ts';
import {mountOf, readMounts} from './mounts.ts';

/** GRUB's menu as it was generated; nothing where it is not there or not readable. */
export const readGrubMenu = (source: Source, commandLine: string | null): Pick<BootFacts, 'grubMenu'> => {
  const directory = ['/boot/grub', '/boot/grub2'].find((one) => source.exists(`${one}/grub.cfg`));
  const text = directory === undefined ? null : source.text(`${directory}/grub.cfg`);
  if (directory === undefined || text === null) return {};
  const grubMenu: GrubMenu = {
    directory,
    running: commandLine === null ? null : (parseGrubEntries(text).find((entry) => isRunning(entry, commandLine)) ?? null),
    readsCustom: /^\s*source\s+"?\$\{?(?:config_directory|prefix)\}?\/custom\.cfg/m.test(text),
    obeysNextEntry: /^\s*set\s+default="\$\{next_entry\}"/m.test(text),
    environmentObstacle: findObstacle(source, `${directory}/grubenv`),
  };
  return {grubMenu};
};

/** Every entry of the menu, submenus included, that starts one Linux kernel with words that need no shell to be read. */
export const parseGrubEntries = (text: string): readonly GrubEntry[] =>
  [...text.matchAll(/^[ \t]*menuentry [^\n]*\{\n([^]*?)^[ \t]*\}/gm)].flatMap(([, body = '']) => parseEntry(body.split('\n').map((line) => line.trim())));

const parseEntry = (lines: readonly string[]): readonly GrubEntry[] => {
  const start = lines.findIndex((line) => /^linux(?:efi)?\s/.test(line));
  const [, kernel = '', ...words] = lines[start]?.split(/\s+/) ?? [];
  const [, ...images] = lines.find((line, index) => index > start && /^initrd(?:efi)?\s/.test(line))?.split(/\s+/) ?? [];
  const isPlain = [kernel, ...words, ...images].every((word) => !/["'\\$`]/.test(word));
  if (start === -1 || images.length === 0 || !isPlain) return [];
  // They change what the next boot starts, or only speak.
  const preparation = lines.slice(0, start).filter((line) => line !== '' && !/^(?:echo|recordfail|savedefault)\b/.test(line));
  return [{kernel, arguments: words.join(' '), images, preparation}];
};

/** GRUB adds BOOT_IMAGE= with the path that it loaded. */
const isRunning = (entry: GrubEntry, commandLine: string): boolean => {
  const [first = '', ...words] = commandLine.split(/\s+/);
  const [, loaded = ''] = /^BOOT_IMAGE=(?:\([^)]*\))?(.*)$/.exec(first) ?? [];
  return loaded === entry.kernel && words.join(' ') === entry.arguments;
};

/** GRUB writes into the blocks of the file, past the file system (grub-reboot(8): not on LVM or RAID; seen to loop on btrfs). */
const findObstacle = (source: Source, path: string): string | null => {
  const mount = mountOf(readMounts(source), path);
  if (!source.exists(path)) return `${path} does not exist`;
  if (mount === null) return `nothing tells on which file system ${path} is`;
  if (!['ext2', 'ext3', 'ext4', 'xfs', 'vfat'].includes(mount.type)) return `${path} is on ${mount.type}, which GRUB can't write to`;
  return findLayer(source, readUdevBlocks(source), path, mount);
};

const findLayer = (source: Source, udev: UdevBlocks, path: string, mount: Mount): string | null => {
  const name = (mount.number === null ? null : deviceByNumber(source, mount.number)) ?? deviceByName(source, udev, mount.device);
  const device = name === null ? null : findBlockDevice(source, name);
  if (name === null || device === null) return `nothing tells on which disk ${path} is`;
  if (!device.includes('/virtual/')) return null;
  return `${path} is on ${name}, which is put together from other devices (LVM, RAID or encryption), and GRUB can't write through that`;
};
