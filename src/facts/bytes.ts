/** Little-endian numbers out of firmware tables and config space; `null` where the bytes end before. */
export const readU8 = (bytes: Uint8Array, offset: number): number | null => bytes[offset] ?? null;

export const readU16 = (bytes: Uint8Array, offset: number): number | null => readNumber(bytes, offset, 2);

export const readU32 = (bytes: Uint8Array, offset: number): number | null => readNumber(bytes, offset, 4);

/** An address, as sysfs writes them: `0x00000000fed90000`. */
export const readHex64 = (bytes: Uint8Array, offset: number): string | null => {
  const low = readU32(bytes, offset);
  const high = readU32(bytes, offset + 4);
  if (low === null || high === null) return null;
  return `0x${high.toString(16).padStart(8, '0')}${low.toString(16).padStart(8, '0')}`;
};

const readNumber = (bytes: Uint8Array, offset: number, width: 2 | 4): number | null => {
  let value = 0;
  for (let index = width - 1; index >= 0; index -= 1) {
    const byte = bytes[offset + index];
    if (byte === undefined) return null;
    value = value * 256 + byte;
  }
  return value;
};
