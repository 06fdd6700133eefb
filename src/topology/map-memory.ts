/** `23.6 GiB`, `512 MiB`, `64 KiB`: up to one decimal, none from 100 on. */
export const formatKiB = (kiB: number): string => {
  const [value, unit] = kiB >= 1024 * 1024 ? [kiB / 1024 / 1024, 'GiB'] : kiB >= 1024 ? [kiB / 1024, 'MiB'] : [kiB, 'KiB'];
  return `${value >= 100 ? Math.round(value) : Number(value.toFixed(1))} ${unit}`;
};

/** Units of a bar that are full: a share that is not nothing is never drawn as nothing, nor one that is not all as all. */
export const fullPart = (used: number, total: number, width: number): number => {
  const exact = total === 0 ? 0 : (used / total) * width;
  return used <= 0 ? 0 : used >= total ? width : Math.min(width - 1, Math.max(1, Math.round(exact)));
};
