/** ACPI tables put together byte by byte, with length and checksum as firmware has them. */
export const u16 = (value: number): number[] => [value & 0xff, value >> 8];
export const u32 = (value: number): number[] => [...u16(value & 0xffff), ...u16(value >>> 16)];
export const u64 = (value: bigint): number[] => [...u32(Number(value & 0xffff_ffffn)), ...u32(Number(value >> 32n))];

/** `body` starts at byte 36, after the standard header. */
export const acpiTable = (signature: string, body: readonly number[]): Uint8Array => {
  const header = [...Buffer.from(signature), ...u32(36 + body.length), ...Array.from({length: 28}, () => 0)];
  const bytes = Uint8Array.from([...header, ...body]);
  bytes[9] = (256 - (bytes.reduce((sum, byte) => sum + byte, 0) % 256)) % 256;
  return bytes;
};

export const zeros = (length: number): number[] => Array.from({length}, () => 0);
