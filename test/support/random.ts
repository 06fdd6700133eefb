/** A seed from VFIO_PILOT_SEED, to see a failure again, or a new one; a test prints it. */
export const chooseSeed = (): number => Number(process.env['VFIO_PILOT_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

/** mulberry32: 0 up to but not including 1. */
export const randomOf = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};
