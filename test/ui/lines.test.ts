import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {fitLine, plainText, segment, wrapExactly, wrapText} from '../../src/words/lines.ts';
import {displayWidth} from '../../src/words/width.ts';

describe('lines', () => {
  it('wraps at words and hangs what follows', () => {
    expect(wrapText('one two three', 8, 'plain', 2).map(plainText)).toEqual(['one two', '  three']);
  });

  it('breaks a word that is longer than the row', () => {
    expect(wrapText('abcdefgh', 3).map(plainText)).toEqual(['abc', 'def', 'gh']);
  });

  it('keeps every character of a diff row and marks where it goes on', () => {
    expect(wrapExactly('+abcdefgh', 5, 'added').map(plainText)).toEqual(['+abcd', '↪ efg', '↪ h']);
  });

  it('cuts a coloured line at the column', () => {
    expect(plainText(fitLine([segment('abc', 'good'), segment('def')], 5))).toBe('abcd…');
  });

  it('makes no row wider than the terminal', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({min: 12, max: 90}), (text, columns) => {
        for (const row of [...wrapText(text, columns), ...wrapExactly(text, columns, 'plain')])
          expect(displayWidth(plainText(row))).toBeLessThanOrEqual(columns);
      }),
    );
  });
});
