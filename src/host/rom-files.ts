import type {Source} from '../system/source.ts';
import type {RomFile} from './facts.ts';
import {parseOptionRom} from './option-rom.ts';

/** Where libvirt's AppArmor profile lets QEMU read ROM files. */
const ownDirectory = '/usr/share/vgabios';
const directories = [ownDirectory, '/usr/share/qemu', '/usr/share/kvm'];
/** Larger than any that a card has; firmware images lie in the same directories. */
const maximumBytes = 2 * 1024 * 1024;

/** QEMU brings ROMs of its own for what it emulates. */
const isEmulated = /^(?:efi-|pxe-|vgabios|vapic|kvmvapic|linuxboot|multiboot|sgabios|bios|pvh|edk2-)/;

export const readRomFiles = (source: Source): Readonly<Record<string, RomFile>> => {
  const paths = directories.flatMap((directory) => source.list(directory).filter((name) => /\.(?:rom|bin|dump)$/i.test(name) && !isEmulated.test(name)).map((name) => `${directory}/${name}`));
  return Object.fromEntries(paths.flatMap((path): readonly (readonly [string, RomFile])[] => {
    const size = source.stat(path)?.size ?? maximumBytes + 1;
    const bytes = size > maximumBytes ? null : source.bytes(path);
    const file = bytes === null ? null : parseOptionRom(bytes);
    // QEMU's own directories hold all kinds of firmware.
    return file === null || (file.images.length === 0 && !path.startsWith(ownDirectory)) ? [] : [[path, file]];
  }));
};
