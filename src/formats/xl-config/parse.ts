/** `"text"` or `8192`, which xl reads alike, or a list. */
export type XlValue = string | readonly XlValue[];

/** One statement `name = value`; offsets are of the text. */
export type XlSetting = {
  readonly name: string;
  /** `+=` appends to what an earlier statement has set. */
  readonly operator: '=' | '+=';
  readonly value: XlValue;
  readonly start: number;
  readonly valueStart: number;
  /** Of the value, and of the statement. */
  readonly end: number;
};

export type XlProblem = {readonly offset: number; readonly reason: string};

export type XlConfig =
  {readonly ok: true; readonly settings: readonly XlSetting[]} | ({readonly ok: false} & XlProblem);

type Token = {
  readonly kind: 'name' | 'text' | 'sign' | 'newline';
  readonly text: string;
  readonly start: number;
  readonly end: number;
};

/** As the lexer of libxlutil has them: names are of small letters, a number may be hexadecimal, and no string goes over a line. */
const patterns: readonly (readonly [Token['kind'] | null, RegExp])[] = [
  [null, /[ \t]+|#[^\n]*/y],
  // A carriage return is no blank to xl: it refuses the file.
  ['newline', /\n/y],
  ['name', /[a-z][_0-9a-z]*/y],
  ['text', /[0-9][0-9a-fx]*|"(?:[^"\\\n]|\\[^\n])*"|'(?:[^'\\\n]|\\[^\n])*'/y],
  ['sign', /\+=|[=,;[\]]/y],
];

/**
 * A guest's file as xl reads it (xl.cfg(5), libxlutil): statements end with a line or with `;`, a list may go over lines.
 * What xl would refuse is refused here, with its place.
 */
export const parseXlConfig = (text: string): XlConfig => {
  const tokens = tokensOf(text);
  if (!Array.isArray(tokens)) return {ok: false, ...tokens};
  const settings: XlSetting[] = [];
  let at = 0;
  while (at < tokens.length) {
    const token = tokens[at];
    if (token === undefined) break;
    if (isEnd(token)) {
      at += 1;
      continue;
    }
    const statement = readStatement(tokens, at, text.length);
    if ('reason' in statement) return {ok: false, ...statement};
    settings.push(statement.setting);
    at = statement.next;
  }
  return {ok: true, settings};
};

const tokensOf = (text: string): Token[] | XlProblem => {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const found = patterns
      .map(([kind, pattern]) => {
        pattern.lastIndex = at;
        return {kind, match: pattern.exec(text)?.[0] ?? null};
      })
      .find(({match}) => match !== null);
    if (found?.match === undefined || found.match === null)
      return {offset: at, reason: `xl does not understand ${JSON.stringify(text[at])} here`};
    const end = at + found.match.length;
    if (found.kind !== null) tokens.push({kind: found.kind, text: found.match, start: at, end});
    at = end;
  }
  return tokens;
};

const isEnd = (token: Token | undefined): boolean =>
  token === undefined || token.kind === 'newline' || token.text === ';';

type Statement = {readonly setting: XlSetting; readonly next: number};

const readStatement = (tokens: readonly Token[], at: number, end: number): Statement | XlProblem => {
  const [name, operator] = [tokens[at], tokens[at + 1]];
  if (name?.kind !== 'name')
    return {offset: name?.start ?? end, reason: 'a statement begins with the name of a setting'};
  if (operator === undefined || (operator.text !== '=' && operator.text !== '+='))
    return {offset: operator?.start ?? end, reason: `${name.text} is not followed by =`};
  const value = readValue(tokens, at + 2, end);
  if ('reason' in value) return value;
  const after = tokens[value.next];
  if (!isEnd(after))
    return {offset: after?.start ?? end, reason: `the value of ${name.text} goes on where it should end`};
  const setting: XlSetting = {
    name: name.text,
    operator: operator.text,
    value: value.value,
    start: name.start,
    valueStart: value.start,
    end: value.end,
  };
  return {setting, next: value.next};
};

/** xl's own settings have lists of texts, and vNUMA one of lists. */
const deepest = 8;

type Value = {readonly value: XlValue; readonly start: number; readonly end: number; readonly next: number};

const readValue = (tokens: readonly Token[], at: number, end: number, depth = 0): Value | XlProblem => {
  const token = tokens[at];
  if (token?.kind === 'text') return {value: textOf(token.text), start: token.start, end: token.end, next: at + 1};
  if (token?.text === '[')
    return depth < deepest
      ? readList(tokens, at, end, depth + 1)
      : {offset: token.start, reason: `lists are nested more than ${deepest} deep`};
  return {offset: token?.start ?? end, reason: 'a value is text in quotes, a number or a list in brackets'};
};

const readList = (tokens: readonly Token[], first: number, end: number, depth: number): Value | XlProblem => {
  const values: XlValue[] = [];
  const skip = (from: number): number => {
    let at = from;
    while (tokens[at]?.kind === 'newline') at += 1;
    return at;
  };
  let at = skip(first + 1);
  while (tokens[at]?.text !== ']') {
    const value = readValue(tokens, at, end, depth);
    if ('reason' in value) return value;
    values.push(value.value);
    at = skip(value.next);
    const separator = tokens[at];
    if (separator?.text === ',') at = skip(at + 1);
    else if (separator?.text !== ']')
      return {offset: separator?.start ?? end, reason: 'the list is not closed, or a comma is missing'};
  }
  const [open, close] = [tokens[first], tokens[at]];
  return {value: values, start: open?.start ?? 0, end: close?.end ?? end, next: at + 1};
};

const escapes: Readonly<Record<string, string>> = {n: '\n', t: '\t', r: '\r'};

const textOf = (token: string): string =>
  /^["']/.test(token)
    ? token.slice(1, -1).replaceAll(/\\([^])/g, (_, character: string) => escapes[character] ?? character)
    : token;

/** What is in force: the last statement of a name; `null` where there is none. */
export const xlValueOf = (settings: readonly XlSetting[], name: string): XlValue | null =>
  settings.findLast((setting) => setting.name === name)?.value ?? null;

/** Of a setting that is text or a number; `null` also where it is a list. */
export const xlTextOf = (settings: readonly XlSetting[], name: string): string | null => {
  const value = xlValueOf(settings, name);
  return typeof value === 'string' ? value : null;
};

/** The texts of a list; `null` where there is none, or no plain one. */
export const xlListOf = (settings: readonly XlSetting[], name: string): readonly string[] | null => {
  const value = xlValueOf(settings, name);
  if (value === null || typeof value === 'string') return null;
  const texts = value.filter((one): one is string => typeof one === 'string');
  return texts.length === value.length ? texts : null;
};
