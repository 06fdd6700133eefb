/** `npm run test:nightly` sets it: every point and every state. */
export const isNightly = process.env['VFIO_PILOT_NIGHTLY'] !== undefined;
const isMeasured = process.env['VFIO_PILOT_FIGURES'] !== undefined;

/** How much of a harness is run by `npm test`, by `.ci/run` and `npm run figures`, and at night. */
export const bySize = <Value>(quick: Value, measured: Value, night: Value): Value => (isNightly ? night : isMeasured ? measured : quick);

/** That many of them, evenly spread, from a place that differs from run to run. */
export const sample = <Item>(items: readonly Item[], count: number, random: () => number): readonly Item[] => {
  if (items.length <= count) return items;
  const start = random() * (items.length / count);
  return Array.from({length: count}, (_, index) => items[Math.floor(start + (index * items.length) / count)]).filter((item) => item !== undefined);
};
