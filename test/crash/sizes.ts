/** `npm run test:nightly` sets it: every point and every state, where an ordinary run takes a sample. */
export const isNightly = process.env['VFIO_PILOT_NIGHTLY'] !== undefined;

/** All of them at night, otherwise that many, evenly spread, from a place that differs from run to run. */
export const sample = <Item>(items: readonly Item[], count: number, random: () => number): readonly Item[] => {
  if (isNightly || items.length <= count) return items;
  const start = random() * (items.length / count);
  return Array.from({length: count}, (_, index) => items[Math.floor(start + (index * items.length) / count)]).filter((item) => item !== undefined);
};
