/** What an ISO 9660 image says about itself (ECMA-119, 8.4: Primary Volume Descriptor). */
export type IsoVolume = {
  readonly systemId: string;
  readonly volumeId: string;
  readonly publisherId: string;
  readonly applicationId: string;
};

/** Sixteen sectors of 2048 bytes are the system area (ECMA-119, 6.2.1); the first descriptor follows. */
export const volumeDescriptorAt = 32_768;
export const volumeDescriptorBytes = 2048;

/** Of the sector at `volumeDescriptorAt`; `null` where it begins no ISO 9660 image. */
export const decodeIsoVolume = (sector: Uint8Array): IsoVolume | null => {
  if (sector.length < volumeDescriptorBytes) return null;
  const isPrimary = sector[0] === 1 && textAt(sector, 1, 5) === 'CD001' && sector[6] === 1;
  if (!isPrimary) return null;
  return {
    systemId: textAt(sector, 8, 32),
    volumeId: textAt(sector, 40, 32),
    publisherId: textAt(sector, 318, 128),
    applicationId: textAt(sector, 574, 128),
  };
};

/** Filled up with blanks; some programs use zeros. Anything that could steer a terminal becomes `?`. */
const textAt = (sector: Uint8Array, start: number, length: number): string => {
  const bytes = sector.subarray(start, start + length);
  const end = bytes.indexOf(0);
  return Buffer.from(end === -1 ? bytes : bytes.subarray(0, end))
    .toString('latin1')
    .replaceAll(/[^\x20-\x7E\xA1-\xFF]/g, '?')
    .trimEnd();
};
