import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {printable, printableLines} from '../../src/words/printable.ts';
import {displayWidth, padColumns, takeColumns, truncate} from '../../src/words/width.ts';

describe('text of the machine on the terminal', () => {
  it.each([
    ['a colour sequence', '\u001b[31mred', '\ufffd[31mred'],
    ['a line break', 'a\nb\rc', 'a\ufffdb\ufffdc'],
    ['a bidi override', 'a\u202eb', 'a\ufffdb'],
    ['a C1 control', 'a\u009bb', 'a\ufffdb'],
    ['a zero-width space', 'a\u200bb', 'a\ufffdb'],
    ['a tab', 'a\tb', 'a    b'],
    ['half a surrogate pair', 'a\ud800b', 'a\ufffdb'],
  ])('shows %s as something that can not act', (_what, text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  it('shows many lines as each of them alone, also where one has a line break of its own', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.string({unit: 'binary'}), fc.constant('a\nb'))), (lines) => {
        expect(printableLines(lines)).toBe(lines.map((line) => `${printable(line)}\n`).join(''));
      }),
    );
    expect(printableLines(['a', 'b\nc'])).toBe('a\nb\ufffdc\n');
  });

  it('keeps letters of every language', () => {
    expect(printable('Grüße, 日本 →')).toBe('Grüße, 日本 →');
  });

  it('never leaves a control character, whatever comes in', () => {
    fc.assert(
      fc.property(fc.string({unit: 'binary'}), (text) => {
        expect(printable(text)).not.toMatch(/\p{Cc}|\p{Bidi_Control}/u);
      }),
    );
  });
});

describe('columns', () => {
  it('counts wide characters twice and combining ones not at all', () => {
    expect([displayWidth('ab'), displayWidth('日本'), displayWidth('e\u0301')]).toEqual([2, 4, 1]);
  });

  it('leaves out a wide character that would stand half outside', () => {
    expect(takeColumns('a日本', 2)).toBe('a');
  });

  it('never exceeds the columns it is given', () => {
    fc.assert(
      fc.property(fc.string({unit: 'grapheme'}), fc.integer({min: 1, max: 30}), (text, columns) => {
        expect(displayWidth(truncate(printable(text), columns))).toBeLessThanOrEqual(columns);
      }),
    );
  });

  it('pads to exactly the columns', () => {
    expect([padColumns('日', 4), padColumns('abcdef', 4)]).toEqual(['日  ', 'abc…']);
  });
});
