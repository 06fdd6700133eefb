/** C0, DEL, C1, line and paragraph separators, bidi controls, zero-width marks: what could move the cursor or lie about the order of text. */
const unprintable =
  // oxlint-disable-next-line no-control-regex
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;
const lone = /[\ud800-\udfff]/gu;
const replacement = '\ufffd';

/** Text of the machine or of a profile, safe to put on a terminal: one line, every control character shown as U+FFFD. */
export const printable = (text: string): string =>
  text.replace(/\t/g, '    ').replace(unprintable, replacement).replace(lone, replacement);

// oxlint-disable-next-line no-control-regex
const colour = /^\u001b\[[0-9;]*m$/;

/** The last look at whole lines on their way out: nothing but newlines, tabs and our own colours moves anything. */
export const printableOutput = (text: string, hasColor: boolean): string =>
  text
    // oxlint-disable-next-line no-control-regex
    .replace(new RegExp(`\u001b\\[[0-9;]*m|${unprintable.source}`, 'gu'), (match) => (match === '\n' || match === '\t' || (hasColor && colour.test(match)) ? match : replacement))
    .replace(lone, replacement);

/** JSON.stringify escapes C0 only; the rest of what a terminal obeys is written as escapes as well, which mean the same. */
export const escapeJson = (json: string): string =>
  json.replace(unprintable, (match) => (match === '\n' ? match : [...Array(match.length).keys()].map((index) => `\\u${match.charCodeAt(index).toString(16).padStart(4, '0')}`).join('')));

/** East Asian wide and emoji blocks (Unicode: EastAsianWidth.txt, W and F). */
const wide: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f], [0x2e80, 0x303e], [0x3041, 0x33ff], [0x3400, 0x4dbf], [0x4e00, 0x9fff], [0xa000, 0xa4cf], [0xa960, 0xa97f],
  [0xac00, 0xd7a3], [0xf900, 0xfaff], [0xfe30, 0xfe6f], [0xff00, 0xff60], [0xffe0, 0xffe6], [0x1f300, 0x1f64f], [0x1f680, 0x1f6ff],
  [0x1f900, 0x1faff], [0x20000, 0x3fffd],
];

const characterWidth = (character: string): number => {
  if (/^\p{M}$/u.test(character)) return 0;
  const code = character.codePointAt(0) ?? 0;
  return code >= 0x1100 && wide.some(([first, last]) => code >= first && code <= last) ? 2 : 1;
};

/** Columns that printable text takes. */
export const displayWidth = (text: string): number => {
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
};

/** The longest beginning that fits; a wide character that would stand half outside is left out. */
export const takeColumns = (text: string, columns: number): string => {
  let width = 0;
  let taken = '';
  for (const character of text) {
    width += characterWidth(character);
    if (width > columns) break;
    taken += character;
  }
  return taken;
};

export const truncate = (text: string, columns: number): string =>
  displayWidth(text) <= columns ? text : columns < 1 ? '' : `${takeColumns(text, columns - 1)}…`;

export const padColumns = (text: string, columns: number): string => {
  const cut = truncate(text, columns);
  return cut + ' '.repeat(Math.max(0, columns - displayWidth(cut)));
};
