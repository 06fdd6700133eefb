import {assert, constantFrom, oneof, property, string} from 'fast-check';
import {describe, expect, it} from 'vitest';
import {attributeOf, childNamed, parseXmlDocument} from '../../../src/formats/xml/document.ts';
import {applySplices} from '../../../src/formats/splices.ts';
import {element, IllegalCharacterError, renderFragment} from '../../../src/formats/xml/edit.ts';
import {reconcile, type Wish} from '../../../src/formats/xml/reconcile.ts';
import {parse} from './canonical.ts';

const edit = (text: string, wish: Omit<Wish, 'name'>): string => {
  const document = parse(text);
  return applySplices(text, reconcile(document, document.root, {name: 'a', ...wish}));
};

describe('parsing', () => {
  it.each([
    ['<a><b></a>', 'unexpected close tag', 1],
    ['<a>\n<b x=1/></a>', 'unquoted attribute value', 2],
    ['<a/>\nmore', 'text data outside of root node', 2],
    ['<a/><b/>', 'documents may contain only one root', 1],
    ['<!DOCTYPE a [<!ENTITY x "y">]>\n<a/>', 'document type declaration', 1],
    ['<a>&nbsp;</a>', 'undefined entity', 1],
    ['<a>&#1;</a>', 'character', 1],
    ['<q:a/>', 'unbound namespace prefix', 1],
    ['<a b="1" b="2"/>', 'duplicate attribute', 1],
    ['\u0000', 'disallowed character', 1],
    ['', 'root element', 1],
    [`${'<a>'.repeat(300)}${'</a>'.repeat(300)}`, 'deeper than 256', 1],
    [`<a>${' '.repeat(4 * 1024 * 1024)}</a>`, '4 MiB', 1],
  ])('refuses %.40j with a position', (text, message, line) => {
    expect(parseXmlDocument(text)).toMatchObject({
      ok: false,
      problem: {line, message: expect.stringContaining(message)},
    });
  });

  it('knows values after entities and where they stand in the source', () => {
    const text = '\uFEFF<?xml version="1.0"?>\r\n<a  b = "x&amp;&#9;y"\r\n c=\'"\'>t&lt;<![CDATA[<]]></a>';
    const {root} = parse(text);

    expect(root.attributes.map(({value}) => value)).toEqual(['x&\ty', '"']);
    expect(root.attributes.map(({valueStart, valueEnd}) => text.slice(valueStart, valueEnd))).toEqual([
      'x&amp;&#9;y',
      '"',
    ]);
    expect(root.text).toBe('t<<');
    expect(text.slice(root.startTagEnd, root.contentEnd)).toBe('t&lt;<![CDATA[<]]>');
  });
});

describe('editing', () => {
  it('leaves a text alone when nothing is wished', () => {
    const text = "\uFEFF<!-- x -->\r\n<a\tb = '1' ><c/>\r\n\t<!-- y --></a >\r\n";
    expect(edit(text, {attributes: {b: '1'}, children: [{name: 'c'}]})).toBe(text);
  });

  it('writes new children with the indentation, quotes and line ends of the file', () => {
    const text = '<a x="1">\r\n\t<b y="2"/> <!-- about b -->\r\n\t<d/>\r\n</a>\r\n';
    const child: Wish = {name: 'c', attributes: {z: '<">'}, children: [{name: 'e'}]};

    expect(edit(text, {children: [child], order: ['b', 'c', 'd']})).toBe(
      '<a x="1">\r\n\t<b y="2"/> <!-- about b -->\r\n\t<c z="&lt;&quot;&gt;">\r\n\t\t<e/>\r\n\t</c>\r\n\t<d/>\r\n</a>\r\n',
    );
  });

  it('opens an empty element, and puts what is first in the order in front', () => {
    expect(edit('<a>\n  <b/>\n</a>', {children: [{name: 'b', children: [{name: 'c', text: 'x&y'}]}]})).toBe(
      '<a>\n  <b>\n    <c>x&amp;y</c>\n  </b>\n</a>',
    );
    expect(edit('<a>\n  <b/>\n</a>', {children: [{name: 'first'}], order: ['first', 'b']})).toBe(
      '<a>\n  <first/>\n  <b/>\n</a>',
    );
    expect(
      edit('<a>\n  <b>\n    <!-- kept -->\n  </b>\n</a>', {children: [{name: 'b', children: [{name: 'c'}]}]}),
    ).toBe('<a>\n  <b>\n    <!-- kept -->\n    <c/>\n  </b>\n</a>');
  });

  it('keeps a document on one line on one line', () => {
    expect(
      edit('<a><b><c/></b></a>', {children: [{name: 'b', children: [{name: 'd', children: [{name: 'e'}]}]}]}),
    ).toBe('<a><b><c/><d><e/></d></b></a>');
  });

  it('takes an element away with its line, and puts its successor in its place', () => {
    const text = '<a>\n  <b/>\n  <c>\n    <x/>\n  </c>\n  <d/>\n</a>\n';
    const drops = [childNamed(parse(text).root, 'c')!];
    const document = parse(text);
    const dropped = document.root.children.filter((child) => child.name === 'c');

    expect(drops).toHaveLength(1);
    expect(applySplices(text, reconcile(document, document.root, {name: 'a', drops: dropped}))).toBe(
      '<a>\n  <b/>\n  <d/>\n</a>\n',
    );
    expect(
      applySplices(
        text,
        reconcile(document, document.root, {
          name: 'a',
          drops: dropped,
          children: [{name: 'c', existing: null}],
          order: ['b', 'c', 'd'],
        }),
      ),
    ).toBe('<a>\n  <b/>\n  <c/>\n  <d/>\n</a>\n');
  });

  it('keeps the quotes of an attribute that it changes, and takes one away with the space before it', () => {
    expect(edit(`<a b="1" c='2' d="3"/>`, {attributes: {b: `"'`, c: null, e: 'new'}})).toBe(
      `<a b="&quot;'" d="3" e="new"/>`,
    );
  });

  it('refuses edits that overlap', () => {
    expect(() =>
      applySplices('abcdef', [
        {start: 0, end: 3, text: ''},
        {start: 2, end: 4, text: ''},
      ]),
    ).toThrow('overlap');
  });
});

describe('values', () => {
  const style = {lineEnding: '\n', quote: "'", indent: '  '} as const;
  const anyString = oneof(
    string({unit: 'binary'}),
    string({unit: 'grapheme'}),
    constantFrom('</name><qemu:commandline>', ']]>', '&amp;', '\u0000', '\uD800', '😀', '\r\n\t', '\'"'),
  );

  const roundTrip = (attribute: string, text: string, quote: "'" | '"'): boolean => {
    try {
      const {root} = parse(
        renderFragment(element('a', {b: attribute}, [element('c', {}, text)]), {...style, quote}, ''),
      );
      return attributeOf(root, 'b') === attribute && childNamed(root, 'c')?.text === text && root.children.length === 1;
    } catch (error) {
      return error instanceof IllegalCharacterError && isIllegal(attribute + text);
    }
  };
  const isIllegal = (value: string): boolean =>
    Array.from(value).some((character) => {
      const code = character.codePointAt(0) ?? 0;
      return (
        (code < 0x20 && !'\t\n\r'.includes(character)) ||
        (code >= 0xd800 && code < 0xe000) ||
        code === 0xfffe ||
        code === 0xffff
      );
    });

  it('come back as they were, and are refused only where XML has no way to write them', () => {
    expect(() =>
      assert(property(anyString, anyString, constantFrom("'" as const, '"' as const), roundTrip), {numRuns: 1000}),
    ).not.toThrow();
  });
});
