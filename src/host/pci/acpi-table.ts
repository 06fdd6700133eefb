import {readU16, readU32, readU8} from '../../facts/bytes.ts';

export type AcpiBlock = {readonly type: number; readonly offset: number; readonly end: number};

/** `table` holds what was valid; `null` when the bytes are no such table at all. */
export type ParsedTable<T> = {readonly table: T | null; readonly problems: readonly string[]};

/** DMAR and IVRS both put their first block here (kernel: include/acpi/actbl1.h, actbl2.h). */
const firstBlock = 48;
/** Real tables stay below 64 KiB; a captured file of a stranger may hold anything. */
const maximumBytes = 1024 * 1024;

/** Why these bytes are not a table with this signature; `null` when they are. */
export const refuseTable = (bytes: Uint8Array, signature: string): string | null => {
  if (bytes.length === 0) return 'the table is empty';
  if (bytes.length > maximumBytes) return `the table has ${bytes.length} bytes, more than any firmware writes`;
  const found = String.fromCharCode(...bytes.subarray(0, 4));
  if (found !== signature) return `the table does not start with ${signature}`;
  return bytes.length < firstBlock ? `the table ends after ${bytes.length} bytes, within its header` : null;
};

/** End of the table: its own length, or where the bytes end. */
export const tableEnd = (bytes: Uint8Array, problems: string[]): number => {
  const length = readU32(bytes, 4) ?? 0;
  if (length > bytes.length) problems.push(`the table says ${length} bytes, but only ${bytes.length} are there`);
  else if (length < firstBlock) problems.push(`the table says ${length} bytes, less than its header`);
  else if (sumOf(bytes.subarray(0, length)) !== 0) problems.push('the checksum of the table is wrong');
  return Math.min(length, bytes.length);
};

const sumOf = (bytes: Uint8Array): number => bytes.reduce((sum, byte) => (sum + byte) & 0xff, 0);

/**
 * DMAR blocks start with `u16 type, u16 length`, IVRS blocks with `u8 type, u8 flags, u16 length`: the length has the
 * same place. Stops at the first block that makes no sense, since the next cannot be found.
 */
export const splitBlocks = (
  bytes: Uint8Array,
  end: number,
  typeBytes: 1 | 2,
  problems: string[],
): readonly AcpiBlock[] => {
  const blocks: AcpiBlock[] = [];
  let offset = firstBlock;
  while (offset < end) {
    const type = typeBytes === 1 ? readU8(bytes, offset) : readU16(bytes, offset);
    const length = readU16(bytes, offset + 2);
    if (type === null || length === null || length < 4 || offset + length > end) {
      problems.push(`the block at byte ${offset} is cut off or has an impossible length`);
      break;
    }
    blocks.push({type, offset, end: offset + length});
    offset += length;
  }
  return blocks;
};
