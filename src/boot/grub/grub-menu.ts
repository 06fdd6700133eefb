import type {GrubEntry, GrubMenu} from '../../facts/boot.ts';
import type {BootReading} from '../boot-chain.ts';

/** GRUB's menu as it was generated; `null` where it is not there or not readable. */
export const readGrubMenu = (reading: BootReading): GrubMenu | null => {
  const {source, commandLine} = reading;
  const directory = ['/boot/grub', '/boot/grub2'].find((one) => source.exists(`${one}/grub.cfg`));
  const text = directory === undefined ? null : source.text(`${directory}/grub.cfg`);
  if (directory === undefined || text === null) return null;
  return {
    directory,
    running:
      commandLine === null ? null : (parseGrubEntries(text).find((entry) => isRunning(entry, commandLine)) ?? null),
    readsCustom: /^\s*source\s+"?\$\{?(?:config_directory|prefix)\}?\/custom\.cfg/m.test(text),
    obeysNextEntry: /^\s*set\s+default="\$\{next_entry\}"/m.test(text),
    environmentObstacle: findObstacle(reading, `${directory}/grubenv`),
  };
};

/** Every entry of the menu, submenus included, that starts one Linux kernel with words that need no shell to be read. */
export const parseGrubEntries = (text: string): readonly GrubEntry[] =>
  [...text.matchAll(/^[ \t]*menuentry [^\n]*\{\n([^]*?)^[ \t]*\}/gm)].flatMap(([, body = '']) =>
    parseEntry(body.split('\n').map((line) => line.trim())),
  );

const parseEntry = (lines: readonly string[]): readonly GrubEntry[] => {
  const start = lines.findIndex((line) => /^linux(?:efi)?\s/.test(line));
  const [, kernel = '', ...words] = lines[start]?.split(/\s+/) ?? [];
  const [, ...images] =
    lines.find((line, index) => index > start && /^initrd(?:efi)?\s/.test(line))?.split(/\s+/) ?? [];
  const isPlain = [kernel, ...words, ...images].every((word) => !/["'\\$`]/.test(word));
  if (start === -1 || images.length === 0 || !isPlain) return [];
  // They change what the next boot starts, or only speak.
  const preparation = lines
    .slice(0, start)
    .filter((line) => line !== '' && !/^(?:echo|recordfail|savedefault)\b/.test(line));
  return [{kernel, arguments: words.join(' '), images, preparation}];
};

/** GRUB adds BOOT_IMAGE= with the path that it loaded. */
const isRunning = (entry: GrubEntry, commandLine: string): boolean => {
  const [first = '', ...words] = commandLine.split(/\s+/);
  const [, loaded = ''] = /^BOOT_IMAGE=(?:\([^)]*\))?(.*)$/.exec(first) ?? [];
  return loaded === entry.kernel && words.join(' ') === entry.arguments;
};

/** GRUB writes into the blocks of the file, past the file system (grub-reboot(8): not on LVM or RAID; seen to loop on btrfs). */
const findObstacle = ({source, placeOf}: BootReading, path: string): string | null => {
  if (!source.exists(path)) return `${path} does not exist`;
  const place = placeOf(path);
  if (place === null) return `it is unknown on which file system ${path} is`;
  if (!['ext2', 'ext3', 'ext4', 'xfs', 'vfat'].includes(place.type))
    return `${path} is on ${place.type}, which GRUB can't write to`;
  if (place.device === null) return `it is unknown on which disk ${path} is`;
  return place.isLayered
    ? `${path} is on ${place.device}, which is put together from other devices (LVM, RAID or encryption), and GRUB can't write through that`
    : null;
};
