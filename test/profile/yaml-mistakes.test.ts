import {expect, it} from 'vitest';
import {parseYamlFile} from '../../src/profile/document.ts';

it.each([
  ['guest:\n  name: [win11\nmemory: 3\n', '2:9 This [ has no ].'],
  ['a: 1\nb: {c: 1\nd: 2\n', '2:4 This { has no }.'],
  ['a: 1\nb: "x\nc: 2\nd: 3\n', '2:4 This " has no partner.'],
  ["a: 'x\nc: it's\nd: 3 # it's\n", "1:4 This ' has no partner."],
  ['a: b: c\n', '1:4 A key follows a value here.'],
  ['a: 1\n b: 2\n', '1:4 A key follows a value here.'],
  ['a:\n  b: 1\n c: 2\n', '3:1 This line is not indented as the ones that it belongs to.'],
  ['version 1\nname: x\n', '1:1 This line has no colon with a blank behind it.'],
  ['a: @x\n', '1:4 A value cannot begin with this character.'],
  ['- a\nb: 1\n', '2:1 This does not belong here.'],
])('a mistake in %j is named where it was made, once and plainly', (text, expected) => {
  const parsed = parseYamlFile(text, 'x.yaml');
  const said =
    'findings' in parsed ? parsed.findings.map(({at, message}) => `${at?.line}:${at?.column} ${message}`) : [];
  expect(said).toEqual([expected]);
});

it('an explained mistake has a remedy that says what to write', () => {
  expect(JSON.stringify(parseYamlFile('name: "x\n', 'x.yaml'))).toContain('Close the quotation on this line.');
});
