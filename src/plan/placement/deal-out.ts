/** Whole units by weight, the largest fractions rounded up first; no part is left without one as long as there are enough. */
export const dealOut = (sizeKiB: number, unitKiB: number, weights: readonly number[]): readonly number[] => {
  const units = sizeKiB / unitKiB;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const exact = weights.map((weight) => (units * weight) / total);
  const byFraction = exact
    .map((share, part) => ({part, fraction: share - Math.floor(share)}))
    .sort((a, b) => b.fraction - a.fraction || a.part - b.part);
  const left = Math.round(units - exact.reduce((sum, share) => sum + Math.floor(share), 0));
  const roundedUp = new Set(byFraction.slice(0, left).map(({part}) => part));
  return giveEachOne(exact.map((share, part) => Math.floor(share) + (roundedUp.has(part) ? 1 : 0))).map(
    (count) => count * unitKiB,
  );
};

const giveEachOne = (counts: readonly number[]): readonly number[] => {
  const [empty, most] = [counts.indexOf(0), Math.max(...counts)];
  if (empty < 0 || most < 2) return counts;
  const donor = counts.indexOf(most);
  return giveEachOne(counts.map((count, part) => count + Number(part === empty) - Number(part === donor)));
};
