import stringWidth from 'string-width';

/**
 * Columns that printable text takes, measured with what Ink lays out its frames with. Of the libraries that come with
 * it only this one is used: wrap-ansi takes 5 ms for a paragraph of 350 characters, and slice-ansi lets half of a wide
 * character stand out of the row (both measured; wrap-ansi 9.0.2, slice-ansi 8.0.0).
 */
export const displayWidth = (text: string): number => {
  if (isAscii(text)) return text.length;
  const known = widths.get(text);
  if (known !== undefined) return known;
  const width = stringWidth(text);
  if (widths.size >= mostWidths) widths.clear();
  widths.set(text, width);
  return width;
};

/** The same words are on every screen, and each is looked at grapheme by grapheme. */
const widths = new Map<string, number>();
const mostWidths = 5000;

/** Most text by far, whose columns need no counting: a screen asks for the width of a thousand pieces. */
const isAscii = (text: string): boolean => /^[ -~]*$/.test(text);

const graphemes = new Intl.Segmenter();

/** The longest beginning that fits; a wide character that would be half outside is left out. */
export const takeColumns = (text: string, columns: number): string => {
  if (isAscii(text)) return text.slice(0, Math.max(0, columns));
  let width = 0;
  let taken = '';
  for (const {segment} of graphemes.segment(text)) {
    width += displayWidth(segment);
    if (width > columns) break;
    taken += segment;
  }
  return taken;
};

export const truncate = (text: string, columns: number): string =>
  displayWidth(text) <= columns ? text : columns < 1 ? '' : `${takeColumns(text, columns - 1)}…`;

export const padColumns = (text: string, columns: number): string => {
  const cut = truncate(text, columns);
  return cut + ' '.repeat(Math.max(0, columns - displayWidth(cut)));
};
