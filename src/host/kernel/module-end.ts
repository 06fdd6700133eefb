import zlib from 'node:zlib';
import {isSigned, signatureBytes, trailerBytes} from '../../formats/module-signature.ts';
import type {Source} from '../../system/source.ts';

/** Unpacked; the largest drivers stay unknown, so that a crafted file cannot fill the memory. */
const maximumBytes = 64 * 1024 * 1024;

/**
 * The last bytes of a module, with the whole signature where it has one; `null` where it can't be read or unpacked.
 * A capture keeps these bytes alone under the name of the file, whatever it was packed with.
 */
export const readModuleEnd = (source: Source, path: string, unpacks = true): Buffer | null => {
  // A link of weak-updates leads to the module of another kernel.
  const file = source.resolve(path);
  const stat = file === null ? null : source.stat(file);
  if (file === null || stat?.type !== 'file' || stat.size === 0) return null;
  const packing = packingOf(source.part(file, 0, 6));
  if (packing === null) {
    const trailer = source.part(file, Math.max(0, stat.size - trailerBytes), trailerBytes);
    if (trailer === null || !isSigned(trailer)) return trailer;
    const length = Math.min(stat.size, trailerBytes + signatureBytes(trailer));
    return source.part(file, stat.size - length, length);
  }
  if (!unpacks || packing === 'xz' || stat.size > maximumBytes) return null;
  const packed = source.bytes(file);
  const whole = packed === null ? null : unpack(packed, packing);
  return whole === null ? null : whole.subarray(-(trailerBytes + signatureBytes(whole)));
};

type Packing = 'gzip' | 'zstd' | 'xz';

const packings: readonly (readonly [Packing, string])[] = [
  ['gzip', '1f8b'],
  ['zstd', '28b52ffd'],
  ['xz', 'fd377a585a00'],
];

const packingOf = (head: Buffer | null): Packing | null =>
  packings.find(([, magic]) => head?.toString('hex').startsWith(magic))?.[0] ?? null;

/** Node has it from 22.15 on. */
const {zstdDecompressSync: zstdDecompress} = zlib as {
  zstdDecompressSync?: (packed: Buffer, limit: {maxOutputLength: number}) => Buffer;
};

const unpack = (packed: Buffer, packing: 'gzip' | 'zstd'): Buffer | null => {
  const limit = {maxOutputLength: maximumBytes};
  try {
    if (packing === 'gzip') return zlib.gunzipSync(packed, limit);
    return zstdDecompress === undefined ? null : zstdDecompress(packed, limit);
  } catch {
    return null;
  }
};
