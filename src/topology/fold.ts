/** One that is shown, and those that look like it and are only counted. */
export type Folded<T> = {readonly item: T; readonly more: readonly T[]};

/**
 * Items of one shape fold under the first of them, from `fewest` that would vanish on; `null` as shape never folds.
 */
export const foldAlike = <T>(items: readonly T[], shapeOf: (item: T) => string | null, fewest: number): readonly Folded<T>[] => {
  const byShape = new Map<string, T[]>();
  for (const item of items) {
    const shape = shapeOf(item);
    if (shape !== null) byShape.set(shape, [...(byShape.get(shape) ?? []), item]);
  }
  return items.flatMap((item) => {
    const alike = byShape.get(shapeOf(item) ?? '');
    if (alike === undefined || alike.length - 1 < fewest) return [{item, more: []}];
    return item === alike[0] ? [{item, more: alike.slice(1)}] : [];
  });
};

export const unfolded = <T>(item: T): Folded<T> => ({item, more: []});
