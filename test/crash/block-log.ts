import {closeSync, ftruncateSync, openSync, readFileSync, readSync, writeSync} from 'node:fs';

/**
 * The writes of a disk in their order, as QEMU's `blklogwrites` notes them: the format of dm-log-writes
 * (kernel: Documentation/admin-guide/device-mapper/log-writes.rst).
 */
export type BlockWrite =
  {readonly kind: 'write' | 'discard'; readonly offset: number; readonly bytes: Buffer} | {readonly kind: 'flush'};

const sectorSize = 512;
const blockSize = 4096;
const flags = {flush: 1n, fua: 2n, discard: 4n};

/** How many writes are noted by now; the driver brings the count up to date after each. */
export const countWrites = (file: string): number => {
  const fd = openSync(file, 'r');
  try {
    const superBlock = Buffer.alloc(24);
    readSync(fd, superBlock, 0, 24, 0);
    return Number(superBlock.readBigUInt64LE(16));
  } finally {
    closeSync(fd);
  }
};

/** A part of the disk, in bytes. */
export type Region = {readonly offset: number; readonly size: number};

/** One entry of the log each; a flush that also writes is one entry, with the flush first. Writes elsewhere than in `region` are left out, offsets begin with it. */
export const readBlockLog = (
  file: string,
  region: Region = {offset: 0, size: Number.MAX_SAFE_INTEGER},
): readonly (readonly BlockWrite[])[] => {
  const fd = openSync(file, 'r');
  const read = (length: number, at: number): Buffer => {
    const bytes = Buffer.alloc(length);
    readSync(fd, bytes, 0, length, at);
    return bytes;
  };
  try {
    const entries: (readonly BlockWrite[])[] = [];
    const count = Number(read(sectorSize, 0).readBigUInt64LE(16));
    for (let at = sectorSize; entries.length < count;) {
      const head = read(sectorSize, at);
      const [sector = 0n, sectors = 0n, kind = 0n] = [0, 8, 16].map((field) => head.readBigUInt64LE(field));
      const [offset, length] = [Number(sector) * sectorSize, Number(sectors) * sectorSize];
      const isDiscard = (kind & flags.discard) !== 0n;
      const isMeant = length > 0 && offset >= region.offset && offset < region.offset + region.size;
      const write = (): BlockWrite => ({
        kind: isDiscard ? 'discard' : 'write',
        offset: offset - region.offset,
        bytes: isDiscard ? Buffer.alloc(length) : read(length, at + sectorSize),
      });
      const flush: BlockWrite = {kind: 'flush'};
      entries.push([
        ...((kind & flags.flush) === 0n ? [] : [flush]),
        ...(isMeant ? [write()] : []),
        ...((kind & flags.fua) === 0n ? [] : [flush]),
      ]);
      at += sectorSize + (isDiscard ? 0 : length);
    }
    return entries;
  } finally {
    closeSync(fd);
  }
};

/** What a disk holds, by blocks of 4 KiB; a block that is not listed is zero. */
export type DiskImage = Map<number, Buffer>;

export const readImage = (file: string): DiskImage => {
  const bytes = readFileSync(file);
  const image: DiskImage = new Map();
  const zero = Buffer.alloc(blockSize);
  for (let at = 0; at < bytes.length; at += blockSize) {
    const block = bytes.subarray(at, at + blockSize);
    if (!block.equals(zero)) image.set(at / blockSize, block);
  }
  return image;
};

/** Blocks are replaced, never changed: an image that shares them is not. */
export const writeTo = (image: DiskImage, {offset, bytes}: {readonly offset: number; readonly bytes: Buffer}): void => {
  for (let done = 0; done < bytes.length;) {
    const [index, within] = [Math.floor((offset + done) / blockSize), (offset + done) % blockSize];
    const part = bytes.subarray(done, done + blockSize - within);
    const block = Buffer.from(image.get(index) ?? Buffer.alloc(blockSize));
    part.copy(block, within);
    image.set(index, block);
    done += part.length;
  }
};

export const saveImage = (image: DiskImage, file: string, size: number): void => {
  const fd = openSync(file, 'r+');
  try {
    ftruncateSync(fd, 0);
    ftruncateSync(fd, size);
    for (const [index, block] of image) writeSync(fd, block, 0, blockSize, index * blockSize);
  } finally {
    closeSync(fd);
  }
};

/** By number. */
export const differingBlocks = (one: DiskImage, other: DiskImage): readonly number[] => {
  const zero = Buffer.alloc(blockSize);
  return [...new Set([...one.keys(), ...other.keys()])].filter(
    (index) => !(one.get(index) ?? zero).equals(other.get(index) ?? zero),
  );
};
