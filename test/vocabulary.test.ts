import {describe, expect, it} from 'vitest';
import {assertedTexts, findingCodes, textsOf} from './support/vocabulary.ts';

const declaration = 'src/findings/codes.ts';

describe('the finding codes', () => {
  it('are all reported somewhere', () => {
    const source = [...textsOf('src', /\.tsx?$/)].filter(([path]) => path !== declaration).map(([, text]) => text);
    expect(findingCodes.length).toBeGreaterThan(40);
    expect(findingCodes.filter((code) => !source.some((text) => text.includes(`'${code}'`)))).toEqual([]);
  });

  it('are all asserted by a test or an expected output, not only mentioned', () => {
    const asserted = [
      ...[...textsOf('test', /\.tsx?$/)].map(([, text]) => assertedTexts(text)),
      ...textsOf('test/golden', /\.json$/).values(),
    ].join('\n');
    expect(findingCodes.filter((code) => !new RegExp(`(?<![\\w-])${code}(?![\\w-])`).test(asserted))).toEqual([]);
  });

  it('count as asserted in an expect, a table or the evidence of a host, and not in a title or comment', () => {
    const text = (code: string): string => assertedTexts(code);
    expect(text("expect(codes).toContain('only-gpu');\n")).toContain('only-gpu');
    expect(text("it.each([\n  ['a', 'only-gpu'],\n])('of %s', () => {});\n")).toContain('only-gpu');
    expect(text("it.each([1])('only-gpu', () => {});\nconst x = 'only-gpu';\n// expect('only-gpu');\n")).not.toContain(
      'only-gpu',
    );
  });

  it('are written once each', () => expect(new Set(findingCodes).size).toBe(findingCodes.length));
});
