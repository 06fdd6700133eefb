import {closeSync, ftruncateSync, openSync, readFileSync, readSync, writeSync} from 'node:fs';

/**
 * The writes of a disk in their order, as QEMU's `blklogwrites` notes them: the format of dm-log-writes
 * (kernel: Documentation/admin-guide/device-mapper/log-writes.rst).
 */
export type BlockWrite = {readonly kind: 'write' | 'discard'; readonly offset: number; readonly bytes: Buffer} | {readonly kind: 'flush'};

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

/** One entry of the log each; a flush that also writes is one entry, with the flush first. */
export const readBlockLog = (file: string): readonly (readonly BlockWrite[])[] => {
  const log = readFileSync(file);
  const entries: (readonly BlockWrite[])[] = [];
  let at = sectorSize;
  for (let index = 0; index < Number(log.readBigUInt64LE(16)); index += 1) {
    const [sector = 0n, count = 0n, kind = 0n] = [0, 8, 16].map((field) => log.readBigUInt64LE(at + field));
    const [offset, length] = [Number(sector) * sectorSize, Number(count) * sectorSize];
    const isDiscard = (kind & flags.discard) !== 0n;
    const data = isDiscard ? Buffer.alloc(length) : log.subarray(at + sectorSize, at + sectorSize + length);
    const write: BlockWrite[] = length === 0 ? [] : [{kind: isDiscard ? 'discard' : 'write', offset, bytes: data}];
    const flush: BlockWrite = {kind: 'flush'};
    entries.push([...((kind & flags.flush) === 0n ? [] : [flush]), ...write, ...((kind & flags.fua) === 0n ? [] : [flush])]);
    at += sectorSize + (isDiscard ? 0 : length);
  }
  return entries;
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
  for (let done = 0; done < bytes.length; ) {
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
