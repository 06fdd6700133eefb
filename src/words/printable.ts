/** C0, DEL, C1, line and paragraph separators, bidi controls, zero-width marks, two that XML forbids: what could move the cursor or lie about the order of text. */
const unprintable =
  // oxlint-disable-next-line no-control-regex
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ufffe\uffff\u{e0000}-\u{e007f}]/gu;
/** Of JSON, which has line breaks of its own: thousands of them, so none is looked at one by one. */
const unprintableInLines = new RegExp(
  unprintable.source.replace(String.raw`\u0000-\u001f`, String.raw`\u0000-\u0009\u000b-\u001f`),
  'gu',
);
const lone = /[\ud800-\udfff]/gu;
/** Nearly every text: one quick look instead of three long ones. */
const plainLine = /^[ -~]*$/;
const plainLines = /^[\n -~]*$/;
const replacement = '\ufffd';

/** Text of the machine or of a profile, safe to put on a terminal: one line, every control character shown as U+FFFD. */
export const printable = (text: string): string =>
  plainLine.test(text)
    ? text
    : text.replace(/\t/g, '    ').replace(unprintable, replacement).replace(lone, replacement);

/** Each line by `printable`, and a newline after it. */
export const printableLines = (lines: readonly string[]): string => {
  const text = [...lines, ''].join('\n');
  // One look at all of them, unless a line has a newline of its own.
  return plainLines.test(text) && countOf('\n', text) === lines.length
    ? text
    : lines.map((line) => `${printable(line)}\n`).join('');
};

const countOf = (sign: string, text: string): number => {
  let count = 0;
  for (let at = text.indexOf(sign); at !== -1; at = text.indexOf(sign, at + 1)) count += 1;
  return count;
};

// oxlint-disable-next-line no-control-regex
const colour = /^\u001b\[[0-9;]*m$/;

/** The last look at whole lines on their way out: nothing but newlines, tabs and our own colours moves anything. */
export const printableOutput = (text: string, hasColor: boolean): string =>
  plainLines.test(text)
    ? text
    : text
        // oxlint-disable-next-line no-control-regex
        .replace(new RegExp(`\u001b\\[[0-9;]*m|${unprintable.source}`, 'gu'), (match) =>
          match === '\n' || match === '\t' || (hasColor && colour.test(match)) ? match : replacement,
        )
        .replace(lone, replacement);

/** JSON.stringify escapes C0 only; the rest of what a terminal obeys is written as escapes as well, which mean the same. */
export const escapeJson = (json: string): string =>
  json.replace(unprintableInLines, (match) =>
    [...Array(match.length).keys()]
      .map((index) => `\\u${match.charCodeAt(index).toString(16).padStart(4, '0')}`)
      .join(''),
  );
