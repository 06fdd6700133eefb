const size = process.env['VFIO_PILOT_SIZE'];

/** Every point and every state (`npm run test:nightly`). */
export const isNightly = size === 'night';

/** How much of a harness is run by `npm test`, by `npm run test:deep`, and at night. */
export const bySize = <Value>(quick: Value, deep: Value, night: Value): Value =>
  isNightly ? night : size === 'deep' ? deep : quick;

/** Each of how many steps is tried; every one at night, and where VFIO_PILOT_STRIDE says so, as for a fault made by hand. */
export const strideOf = (quick: number, deep: number): number =>
  Number(process.env['VFIO_PILOT_STRIDE'] ?? bySize(quick, deep, 1));

/** The same for a campaign that `npm test` leaves out (`*.deep.test.ts`). */
export const deepOrNight = <Value>(deep: Value, night: Value): Value => (isNightly ? night : deep);

/** That many of them, evenly spread, from a place that differs from run to run. */
export const sample = <Item>(items: readonly Item[], count: number, random: () => number): readonly Item[] => {
  if (items.length <= count) return items;
  const start = random() * (items.length / count);
  return Array.from({length: count}, (_, index) => items[Math.floor(start + (index * items.length) / count)]).filter(
    (item) => item !== undefined,
  );
};
