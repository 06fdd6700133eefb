/** `content` of the last member of that name, as a later one replaces it; `restAt` where something begins that is no cpio. */
export type CpioMember = {readonly content: Buffer | null; readonly restAt: number | null};

const headerBytes = 110;
const trailer = 'TRAILER!!!';

/** Looks through the uncompressed archives at the beginning of an image, one behind the other (kernel: Documentation/driver-api/early-userspace/buffer-format.rst). */
export const readCpioMember = (image: Buffer, wanted: string): CpioMember => {
  let content: Buffer | null = null;
  let at = 0;
  while (at < image.length) {
    // Archives are padded to whatever their maker liked.
    if (image[at] === 0) {
      at += 1;
      continue;
    }
    const member = readHeader(image, at);
    if (member === null) return {content, restAt: at};
    if (member.name.replace(/^\.\//, '') === wanted)
      content = image.subarray(member.dataAt, member.dataAt + member.size);
    at = member.name === trailer ? member.dataAt : aligned(member.dataAt + member.size);
  }
  return {content, restAt: null};
};

type Header = {readonly name: string; readonly dataAt: number; readonly size: number};

const readHeader = (image: Buffer, at: number): Header | null => {
  if (!/^07070[12]$/.test(image.toString('latin1', at, at + 6))) return null;
  const [size, nameSize] = [54, 94].map((offset) =>
    Number.parseInt(image.toString('latin1', at + offset, at + offset + 8), 16),
  );
  if (size === undefined || nameSize === undefined || !(size >= 0 && nameSize > 0)) return null;
  const nameAt = at + headerBytes;
  return {name: image.toString('utf8', nameAt, nameAt + nameSize - 1), dataAt: aligned(nameAt + nameSize), size};
};

const aligned = (offset: number): number => Math.ceil(offset / 4) * 4;

/** The program that unpacks a file by its first bytes, and the ending that it wants; `null` where none is known (initramfs-tools: unmkinitramfs). */
export const unpackerOf = (bytes: Buffer): {readonly program: string; readonly ending: string} | null =>
  unpackers.find(({magic}) => bytes.subarray(0, magic.length / 2).toString('hex') === magic) ?? null;

const unpackers = [
  {magic: '1f8b', program: '/usr/bin/gzip', ending: 'gz'},
  {magic: '28b52ffd', program: '/usr/bin/zstd', ending: 'zst'},
  {magic: '02214c18', program: '/usr/bin/lz4', ending: 'lz4'},
  {magic: 'fd377a585a00', program: '/usr/bin/xz', ending: 'xz'},
  {magic: '5d0000', program: '/usr/bin/xz', ending: 'lzma'},
  {magic: '425a68', program: '/usr/bin/bzip2', ending: 'bz2'},
  {magic: '894c5a4f', program: '/usr/bin/lzop', ending: 'lzo'},
] as const;
