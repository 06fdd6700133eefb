import {isMap, isScalar, isSeq, type Node} from 'yaml';
import type {FindingCode} from '../../findings/codes.ts';
import type {Severity} from '../../findings/finding.ts';
import {nearestWord} from '../../profile/nearest.ts';
import {shorten} from '../../profile/scalars.ts';

export type Words = {readonly message: string; readonly remedy: string};

/** Says something about a place of the file. */
export type Tell = (severity: Severity, node: Node | null, words: Words, code?: FindingCode) => void;

/** A map of the file, with the keys that arcd knows. */
export type Section = {
  /** `cpus`; empty at the top. */
  readonly name: string;
  readonly node: Node | null;
  readonly entries: ReadonlyMap<string, Entry>;
};

export type Entry = {readonly key: Node; readonly value: Node | null};

/** arcd writes `!!null ~` for what is absent; by hand people write less. */
const isNothing = (node: Node | null): boolean =>
  node === null || (isScalar(node) && ['', '~', 'null'].includes(String(node.value)));

export const emptySection = (name: string): Section => ({name, node: null, entries: new Map()});

const asNode = (value: unknown): Node | null => (isMap(value) || isSeq(value) || isScalar(value) ? value : null);

/** A map, or a list of maps with one key each, which is how arcd writes what has variants. */
export const readSection = (node: Node | null, name: string, known: readonly string[], tell: Tell): Section => {
  if (isNothing(node)) return emptySection(name);
  const maps = isSeq(node) ? node.items : [node];
  const entries = new Map<string, Entry>();
  const unknown: {readonly key: Node; readonly word: string}[] = [];
  for (const map of maps) {
    if (!isMap(map)) {
      tell('blocker', asNode(map) ?? node, notA(name, 'a map of keys and values'), 'profile-wrong-type');
      continue;
    }
    for (const item of map.items) {
      const key = asNode(item.key);
      const word = isScalar(key) ? String(key.value) : '?';
      if (key === null) continue;
      if (entries.has(word))
        tell(
          'blocker',
          key,
          {message: `\`${shorten(word)}\` is written twice.`, remedy: 'Keep one of the two lines.'},
          'profile-duplicate-key',
        );
      else if (known.includes(word)) entries.set(word, {key, value: asNode(item.value)});
      else unknown.push({key, word});
    }
  }
  tellUnknown(unknown, name, known, tell);
  return {name, node, entries};
};

const mostListed = 8;

const tellUnknown = (
  unknown: readonly {readonly key: Node; readonly word: string}[],
  name: string,
  known: readonly string[],
  tell: Tell,
): void => {
  const [first] = unknown;
  if (first === undefined) return;
  const near = nearestWord(first.word, known);
  const listed = unknown.slice(0, mostListed).map(({word}) => `\`${shorten(word)}\``);
  const more = unknown.length > mostListed ? ` and ${unknown.length - mostListed} more` : '';
  tell('warning', first.key, {
    message: `arcd has no key ${listed.join(', ')}${more}${name === '' ? '' : ` in ${name}`}, and refuses such a file. What it says is left out.`,
    remedy:
      near === null ? 'Look whether you need it.' : `Did you mean \`${near}\`? Then correct it, and import it again.`,
  });
};

const pathOf = (section: Section, key: string): string => (section.name === '' ? key : `${section.name}.${key}`);

const notA = (path: string, what: string): Words => ({
  message: `${path === '' ? 'The file' : `\`${path}\``} is not ${what}.`,
  remedy: 'Correct it as arcd has it, or take it out.',
});

export const valueAt = (section: Section, key: string): Node | null => {
  const value = section.entries.get(key)?.value ?? null;
  return isNothing(value) ? null : value;
};

/** Where a finding about the key points. */
export const placeOf = (section: Section, key: string): Node | null => {
  const entry = section.entries.get(key);
  return entry?.value ?? entry?.key ?? section.node;
};

export const readText = (section: Section, key: string, tell: Tell): string | null => {
  const node = valueAt(section, key);
  if (node === null) return null;
  if (isScalar(node)) return String(node.value);
  tell('blocker', node, notA(pathOf(section, key), 'a text'), 'profile-wrong-type');
  return null;
};

type Numbers = {readonly least: number; readonly most: number; readonly fallback: number};

export const readNumber = (section: Section, key: string, {least, most, fallback}: Numbers, tell: Tell): number => {
  const text = readText(section, key, tell);
  if (text === null) return fallback;
  const number = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  tell(
    'blocker',
    placeOf(section, key),
    {
      message: `\`${pathOf(section, key)}\` is ${shorten(text)}, which is no whole number from ${least} to ${most}.`,
      remedy: 'Correct it in the file, and import it again.',
    },
    'profile-bad-value',
  );
  return fallback;
};

const truths: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  false: false,
  no: false,
  off: false,
};

export const readFlag = (section: Section, key: string, fallback: boolean, tell: Tell): boolean => {
  const text = readText(section, key, tell);
  if (text === null) return fallback;
  const word = text.toLowerCase();
  const flag = Object.hasOwn(truths, word) ? truths[word] : undefined;
  if (flag !== undefined) return flag;
  tell('blocker', placeOf(section, key), notA(pathOf(section, key), 'true or false'), 'profile-wrong-type');
  return fallback;
};

export const readList = (section: Section, key: string, tell: Tell): readonly Node[] => {
  const node = valueAt(section, key);
  if (node === null) return [];
  if (isSeq(node)) return node.items.map(asNode).filter((item) => item !== null);
  tell('blocker', node, notA(pathOf(section, key), 'a list'), 'profile-wrong-type');
  return [];
};

export const readTexts = (section: Section, key: string, tell: Tell): readonly string[] =>
  readList(section, key, tell).flatMap((node) => {
    if (isScalar(node)) return [String(node.value)];
    tell('blocker', node, notA(pathOf(section, key), 'a list of texts'), 'profile-wrong-type');
    return [];
  });
