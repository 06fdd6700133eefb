import {Document, isMap, isScalar, isSeq, type Node, type Pair, parseDocument, type YAMLMap} from 'yaml';
import {applySplices, type Splice} from '../formats/splices.ts';
import {decodeProfile} from './decode-profile.ts';
import type {DeviceFormat} from './device-format.ts';
import {type DeviceNames, encodeProfile, layOut, profileValue} from './encode-profile.ts';
import type {WrittenProfile} from './profile.ts';

/**
 * The file of a profile with another profile in it: what means the same stays as its author wrote it, comments
 * included. A file that can't be edited line by line (`{a: b}` on one line) is written anew.
 */
export const editProfile = (
  text: string,
  profile: WrittenProfile,
  names: DeviceNames,
  formats: readonly DeviceFormat[],
): string => {
  const anew = encodeProfile(profile, names, formats);
  const before = decodeProfile(text, '', formats).profile;
  const {contents} = parseDocument(text, {schema: 'failsafe', uniqueKeys: false, logLevel: 'silent'});
  if (before === null || !isMap(contents)) return anew;
  const splices = mapEdits(
    {text, newline: text.includes('\r\n') ? '\r\n' : '\n'},
    contents,
    profileValue({...before, name: nameIn(contents, profile.name)}, formats),
    profileValue(profile, formats),
  );
  if (splices === null) return anew;
  const edited = applySplices(text, splices);
  return JSON.stringify(decodeProfile(edited, '', formats).profile) === JSON.stringify(profile) ? edited : anew;
};

/** Without a name in it, the file's own name is the profile's. */
const nameIn = (contents: YAMLMap, name: string): string =>
  contents.has('name') ? String(contents.get('name')) : name;

type Source = {readonly text: string; readonly newline: string};
type Values = Readonly<Record<string, unknown>>;

const isValues = (value: unknown): value is Values =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

/** `null`: it can't be done line by line. */
const mapEdits = (source: Source, map: YAMLMap, before: Values, wanted: Values): readonly Splice[] | null => {
  if (map.flow === true) return null;
  const edits: Splice[] = [];
  const added: string[] = [];
  const [first] = map.items;
  const indent = first === undefined ? '' : ' '.repeat(columnOf(source.text, startOf(first)));
  for (const key of new Set([...Object.keys(before), ...Object.keys(wanted)])) {
    if (isSame(before[key], wanted[key])) continue;
    const pair = map.items.find((item) => isScalar(item.key) && item.key.value === key);
    const value = wanted[key];
    if (pair === undefined) {
      // Sections are set apart, as in a file that is written anew.
      const isSection = indent === '' && typeof value !== 'string';
      if (value !== undefined) added.push(`${isSection ? source.newline : ''}${render(key, value, indent, source)}`);
      continue;
    }
    const own =
      value === undefined ? [removal(source, pair)] : pairEdits(source, pair, [key, before[key], value], indent);
    if (own === null) return null;
    edits.push(...own);
  }
  const last = map.items.at(-1);
  if (added.length === 0) return edits;
  if (last === undefined) return null;
  const end = lineEnd(source.text, endOf(last));
  return [...edits, {start: end, end, text: added.map((line) => `${source.newline}${line}`).join('')}];
};

const pairEdits = (
  source: Source,
  pair: Pair,
  [key, before, wanted]: readonly [key: string, before: unknown, wanted: unknown],
  indent: string,
): readonly Splice[] | null => {
  const {value} = pair;
  if (isMap(value) && isValues(before) && isValues(wanted)) return mapEdits(source, value, before, wanted);
  if (isScalar(value) && typeof wanted === 'string') {
    const [start, end] = value.range ?? [0, 0, 0];
    return value.type === 'BLOCK_FOLDED' || value.type === 'BLOCK_LITERAL' || start === end
      ? null
      : [{start, end, text: scalarText(wanted)}];
  }
  if (isSeq(value) && Array.isArray(before) && Array.isArray(wanted) && before.length === wanted.length) {
    const own = value.items.map((item, index) => {
      const [one, other] = [before[index] as unknown, wanted[index] as unknown];
      if (isSame(one, other)) return [];
      return isMap(item) && isValues(one) && isValues(other) ? mapEdits(source, item, one, other) : null;
    });
    if (own.every((edits) => edits !== null)) return own.flat();
  }
  const {text} = source;
  return [
    {start: lineStart(text, startOf(pair)), end: lineEnd(text, endOf(pair)), text: render(key, wanted, indent, source)},
  ];
};

const removal = ({text}: Source, pair: Pair): Splice => {
  const end = lineEnd(text, endOf(pair));
  return {
    start: lineStart(text, startOf(pair)),
    end: Math.min(text.length, text.indexOf('\n', end) + 1 || end),
    text: '',
  };
};

const scalarText = (value: string): string => new Document(value, {schema: 'failsafe'}).toString({lineWidth: 0}).trim();

const render = (key: string, value: unknown, indent: string, {newline}: Source): string =>
  layOut(new Document({[key]: value}, {schema: 'failsafe'}))
    .trimEnd()
    .split('\n')
    .map((line) => `${indent}${line}`)
    .join(newline);

const rangeOf = (node: unknown): readonly [number, number] => {
  const [start, end] = (node as Node | null)?.range ?? [0, 0, 0];
  return [start, end];
};

const startOf = ({key}: Pair): number => rangeOf(key)[0];

/** Where its last character is, which the range of a block does not say: comments and blank lines are in it. */
const endOf = ({key, value}: Pair): number => {
  if (isMap(value) && value.flow !== true && value.items.length > 0) return endOf(value.items.at(-1) as Pair);
  if (isSeq(value) && value.flow !== true && value.items.length > 0) {
    const item = value.items.at(-1);
    return isMap(item) && item.flow !== true && item.items.length > 0
      ? endOf(item.items.at(-1) as Pair)
      : rangeOf(item)[1];
  }
  return Math.max(rangeOf(key)[1], rangeOf(value)[1]);
};

const lineStart = (text: string, offset: number): number => text.lastIndexOf('\n', offset - 1) + 1;

/** Before the end of the line, with a comment behind the value. */
const lineEnd = (text: string, offset: number): number => {
  const end = text.indexOf('\n', offset);
  if (end === -1) return text.length;
  return text[end - 1] === '\r' ? end - 1 : end;
};

const columnOf = (text: string, offset: number): number => offset - lineStart(text, offset);
