import {describe, expect, it} from 'vitest';
import {attributeOf, elementsAt, parseXmlBeginning, parseXmlDocument} from '../../src/formats/xml/document.ts';

describe('the beginning of a broken text', () => {
  it('has what was read before the fault, and says where that is', () => {
    const {root, problem} = parseXmlBeginning('<domain>\n  <name>a</name>\n  <vcpu>2</vcp>\n<name>b</name></domain>');
    expect(problem).toMatchObject({line: 3});
    expect(root?.children.map(({name, text}) => [name, text])).toEqual([
      ['name', 'a'],
      ['vcpu', '2'],
    ]);
  });

  it('is all of a text that is well-formed, and nothing of an empty one', () => {
    const text = "<a x='1'><b>&lt;</b><!-- <b/> --><b><![CDATA[<b/>]]></b></a>";
    const parsed = parseXmlDocument(text);
    expect(parseXmlBeginning(text)).toEqual({root: parsed.ok ? parsed.document.root : null, problem: null});
    expect(elementsAt(parseXmlBeginning(text).root, 'b').map((element) => element.text)).toEqual(['<', '<b/>']);
    expect(parseXmlBeginning(' \n')).toEqual({root: null, problem: null});
  });
});

/** A reader whose time grows with the square of the length would be at it for hours. */
describe('a text of two megabytes that was made to take long', () => {
  const length = 2 * 1024 * 1024;
  it.each([
    ['elements in elements', '<a>'.repeat(length / 3), /deeper than 256/],
    ['elements that are never closed', `<a>${'<b></c>'.repeat(length / 7)}`, /tag/],
    ['a tag that never ends', `<a ${'b'.repeat(length)}`, /./],
    ['openings of comments', `<a>${'<!--'.repeat(length / 4)}`, /./],
    ['openings of CDATA', `<a>${'<![CDATA['.repeat(length / 9)}`, /./],
  ])('ends soon with an error for %s', (_name, text, message) => {
    expect(parseXmlBeginning(text).problem?.message).toMatch(message);
  });

  it('is read when it is blanks in a tag', () => {
    const {root, problem} = parseXmlBeginning(`<a b='1'${' '.repeat(length)}/>`);
    expect([problem, attributeOf(root, 'b'), root?.attributes.length]).toEqual([null, '1', 1]);
  });
});
