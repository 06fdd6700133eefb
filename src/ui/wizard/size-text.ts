import type {NumberField} from './field.ts';

/** In GiB where two decimals say all of it, in MiB otherwise. */
export const exactMiB = (mebibytes: number): string =>
  mebibytes >= 1024 && (mebibytes / 1024) * 100 === Math.round((mebibytes / 1024) * 100)
    ? `${mebibytes / 1024} GiB`
    : `${mebibytes} MiB`;

/** Likewise, with the GiB that a person thinks in. */
export const renderMiB = (mebibytes: number): string => {
  const exact = exactMiB(mebibytes);
  return exact.endsWith('MiB') && mebibytes > 1024 ? `${exact} (about ${(mebibytes / 1024).toFixed(1)} GiB)` : exact;
};

/** `12`, `15.5`, `15.5 GiB`, `3072`, `3072 MiB`. Nobody means a guest of 16 MiB: small numbers without a unit are GiB. */
export const parseMiB: NumberField['parse'] = (text) => {
  const match = /^(\d+(?:\.\d+)?) *(g|gb|gib|m|mb|mib)?$/i.exec(text);
  if (match === null) return {problem: `"${text}" is not a size (try 12 GiB).`};
  const [, digits = '', unit = ''] = match;
  const isGiB = unit === '' ? Number(digits) < 1024 : unit.toLowerCase().startsWith('g');
  const mebibytes = Number(digits) * (isGiB ? 1024 : 1);
  return Number.isInteger(mebibytes)
    ? mebibytes
    : {problem: `${text} is no whole number of MiB; ${Math.round(mebibytes)} MiB is.`};
};
