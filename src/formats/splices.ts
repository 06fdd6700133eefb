/** Replaces the text from `start` to `end` (exclusive); everything outside keeps its bytes. */
export type Splice = {readonly start: number; readonly end: number; readonly text: string};

/** Splices of one batch are made against the same text and don't overlap; at one place, insertions keep their order. */
export const applySplices = (text: string, splices: readonly Splice[]): string => {
  const parts: string[] = [];
  let position = 0;
  for (const splice of inOrder(splices)) {
    if (splice.start < position) throw new RangeError(`Two edits overlap at offset ${splice.start}`);
    parts.push(text.slice(position, splice.start), splice.text);
    position = splice.end;
  }
  return parts.join('') + text.slice(position);
};

/** Array.prototype.sort is stable; an insertion goes before a replacement that starts at the same place. */
const inOrder = (splices: readonly Splice[]): readonly Splice[] =>
  [...splices].sort((a, b) => a.start - b.start || Number(a.end > a.start) - Number(b.end > b.start));
