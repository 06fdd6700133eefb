/** The word that a typing mistake most likely meant, at most a third of its letters away; `null` when none is near. */
export const nearestWord = (word: string, words: readonly string[]): string | null => {
  const wanted = word.toLowerCase();
  if (wanted.length > 40) return null;
  const ranked = words
    .map((candidate) => ({candidate, distance: editDistance(wanted, candidate.toLowerCase())}))
    .toSorted((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best !== undefined && best.distance <= Math.max(1, Math.floor(best.candidate.length / 3))
    ? best.candidate
    : null;
};

/** Insertions, deletions, replacements, and swaps of two neighbours (optimal string alignment). */
export const editDistance = (a: string, b: string): number => {
  const rows: number[][] = [Array.from({length: b.length + 1}, (_, column) => column)];
  for (let row = 1; row <= a.length; row += 1) {
    const cells = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const cost = a[row - 1] === b[column - 1] ? 0 : 1;
      const isSwap = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      cells.push(
        Math.min(
          cellAt(rows, row - 1, column) + 1,
          (cells[column - 1] ?? 0) + 1,
          cellAt(rows, row - 1, column - 1) + cost,
          isSwap ? cellAt(rows, row - 2, column - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    rows.push(cells);
  }
  return cellAt(rows, a.length, b.length);
};

const cellAt = (rows: readonly (readonly number[])[], row: number, column: number): number => rows[row]?.[column] ?? 0;
