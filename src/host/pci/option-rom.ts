import {readU16} from '../../facts/bytes.ts';
import type {RomFile} from '../../facts/pci.ts';
import type {Source} from '../../system/source.ts';

const maximumImages = 16;

/**
 * An option ROM: images one behind the other, each `55 AA` with a PCIR structure at the offset in 0x18
 * (PCI Firmware spec; kernel: drivers/pci/rom.c). NVIDIA's tools save more in front, which QEMU does not skip.
 */
export const parseOptionRom = (bytes: Buffer): RomFile => {
  const images: RomFile['images'][number][] = [];
  let at = 0;
  for (let count = 0; count < maximumImages; count += 1) {
    if (readU16(bytes, at) !== 0xaa55) return {images, problem: describeStart(bytes, at)};
    const pcir = at + (readU16(bytes, at + 0x18) ?? 0);
    if (bytes.toString('latin1', pcir, pcir + 4) !== 'PCIR')
      return {images, problem: `the image at ${hex(at)} has no PCIR structure`};
    const length = (readU16(bytes, pcir + 0x10) ?? 0) * 512;
    images.push({
      id: `${word(bytes, pcir + 4)}:${word(bytes, pcir + 6)}`,
      kind: kinds[bytes[pcir + 0x14] ?? -1] ?? 'other',
    });
    const isLast = ((bytes[pcir + 0x15] ?? 0x80) & 0x80) !== 0;
    if (isLast || length === 0)
      return {images, problem: at + length > bytes.length ? 'it ends in the middle of an image' : null};
    at += length;
  }
  return {images, problem: null};
};

const kinds: Readonly<Record<number, 'bios' | 'efi'>> = {0: 'bios', 3: 'efi'};

const describeStart = (bytes: Buffer, at: number): string => {
  if (at > 0) return `behind ${hex(at)} nothing begins with 55 AA, although one more image is announced`;
  const later = bytes.indexOf(Buffer.from([0x55, 0xaa]));
  return later > 0
    ? `it does not begin with 55 AA; that is first at ${hex(later)}, so there is something in front of it to cut off`
    : 'it does not begin with 55 AA';
};

const word = (bytes: Buffer, at: number): string => (readU16(bytes, at) ?? 0).toString(16).padStart(4, '0');

const hex = (value: number): string => `0x${value.toString(16)}`;

/** Where libvirt's AppArmor profile lets QEMU read ROM files. */
const ownDirectory = '/usr/share/vgabios';
const directories = [ownDirectory, '/usr/share/qemu', '/usr/share/kvm'];
/** Larger than any that a card has; firmware images lie in the same directories. */
const maximumBytes = 2 * 1024 * 1024;

/** QEMU brings ROMs of its own for what it emulates. */
const isEmulated = /^(?:efi-|pxe-|vgabios|vapic|kvmvapic|linuxboot|multiboot|sgabios|bios|pvh|edk2-)/;

export const readRomFiles = (source: Source): Readonly<Record<string, RomFile>> => {
  const paths = directories.flatMap((directory) =>
    source
      .list(directory)
      .filter((name) => /\.(?:rom|bin|dump)$/i.test(name) && !isEmulated.test(name))
      .map((name) => `${directory}/${name}`),
  );
  return Object.fromEntries(
    paths.flatMap((path): readonly (readonly [string, RomFile])[] => {
      const size = source.stat(path)?.size ?? maximumBytes + 1;
      const bytes = size > maximumBytes ? null : source.bytes(path);
      const file = bytes === null ? null : parseOptionRom(bytes);
      // QEMU's own directories hold all kinds of firmware.
      return file === null || (file.images.length === 0 && !path.startsWith(ownDirectory)) ? [] : [[path, file]];
    }),
  );
};
