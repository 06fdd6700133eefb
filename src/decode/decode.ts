/** A shape that a value from outside is held to. Members that no shape names are let through. */
export type Check<out Type> = {
  /** The first thing that is wrong, as the end of a sentence (`items[3].mode is no whole number`); `null` when nothing is. */
  readonly problemOf: (value: unknown, at: string) => string | null;
  /** The same as JSON Schema (draft 2020-12), for other programs. */
  readonly schema: JsonSchema;
  /** The member may be missing. */
  readonly isOptional?: true;
  /** Never there: it only carries the type. */
  readonly type?: Type;
};

export type JsonSchema = {readonly [keyword: string]: unknown};

export type Decoded<Type> =
  {readonly isValid: true; readonly value: Type} | {readonly isValid: false; readonly problem: string};

export const decode = <Type>(check: Check<Type>, value: unknown): Decoded<Type> =>
  holds(check, value) ? {isValid: true, value} : invalid(check.problemOf(value, '') ?? 'it is of another shape');

const holds = <Type>(check: Check<Type>, value: unknown): value is Type => check.problemOf(value, '') === null;

const invalid = (problem: string): {readonly isValid: false; readonly problem: string} => ({isValid: false, problem});

/** A document of JSON with a `version`: brought up to the present one, then held to its shape. */
export const decodeDocument = <Type>(
  check: Check<Type>,
  text: string,
  {version, upgrades}: {readonly version: number; readonly upgrades: Upgrades},
): Decoded<Type> => {
  const parsed = parseJson(text);
  if (!parsed.isValid) return parsed;
  const upgraded = upgrade(parsed.value, version, upgrades);
  return upgraded.isValid ? decode(check, upgraded.value) : upgraded;
};

export type JsonObject = Readonly<Record<string, unknown>>;

/** By version, what makes a document of it one of the next version. */
export type Upgrades = Readonly<Record<number, (document: JsonObject) => JsonObject>>;

export const parseJson = (text: string): Decoded<unknown> => {
  try {
    return {isValid: true, value: JSON.parse(text)};
  } catch {
    return invalid('it is cut off or was edited (no valid JSON)');
  }
};

const upgrade = (value: unknown, version: number, upgrades: Upgrades): Decoded<JsonObject> => {
  if (!isObject(value)) return invalid('it is no object');
  const found = memberOf(value, 'version');
  if (found === version) return {isValid: true, value};
  if (typeof found !== 'number') return invalid('version is missing');
  const next = upgrades[found];
  return next === undefined
    ? invalid(`it has version ${found}, and this program reads version ${version}`)
    : upgrade({...next(value), version: found + 1}, version, upgrades);
};

/** Whether it says that it is of a later version than this program knows. */
export const isNewerDocument = (text: string, version: number): boolean => {
  const parsed = parseJson(text);
  const found = parsed.isValid && isObject(parsed.value) ? memberOf(parsed.value, 'version') : null;
  return typeof found === 'number' && found > version;
};

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Its own member only: `constructor` is a word too, and every object has it. */
export const memberOf = (value: object, name: string): unknown => Object.getOwnPropertyDescriptor(value, name)?.value;

const that =
  (isRight: (value: unknown) => boolean, otherwise: string) =>
  (value: unknown, at: string): string | null =>
    isRight(value) ? null : `${at === '' ? 'it' : at} ${value === undefined ? 'is missing' : otherwise}`;

export const text: Check<string> = {
  problemOf: that((value) => typeof value === 'string', 'is no text'),
  schema: {type: 'string'},
};
export const textThat = <Text extends string>(
  isRight: (value: string) => value is Text,
  otherwise: string,
): Check<Text> => ({
  problemOf: that((value) => typeof value === 'string' && isRight(value), otherwise),
  schema: text.schema,
});
export const flag: Check<boolean> = {
  problemOf: that((value) => typeof value === 'boolean', 'is neither true nor false'),
  schema: {type: 'boolean'},
};
export const integer: Check<number> = {
  problemOf: that((value) => Number.isSafeInteger(value), 'is no whole number'),
  schema: {type: 'integer'},
};
export const number: Check<number> = {
  problemOf: that((value) => Number.isFinite(value), 'is no number'),
  schema: {type: 'number'},
};
export const anything: Check<unknown> = {problemOf: () => null, schema: {}};
export const absolutePath: Check<string> = {
  problemOf: that((value) => typeof value === 'string' && value.startsWith('/'), 'is no absolute path'),
  schema: {type: 'string', pattern: '^/'},
};

export const literal = <const Word extends string | number | boolean>(word: Word): Check<Word> => ({
  problemOf: that((value) => value === word, `is not ${JSON.stringify(word)}`),
  schema: {const: word},
});

/** A table instead of a list, so that a word that is missing in it does not compile. */
export const wordOf = <Word extends string>(words: Readonly<Record<Word, true>>): Check<Word> => ({
  problemOf: that(
    (value) => typeof value === 'string' && Object.hasOwn(words, value),
    `is none of ${Object.keys(words).join(', ')}`,
  ),
  schema: {enum: Object.keys(words)},
});

export const optional = <Type>({problemOf, schema}: Check<Type>): Check<Type> => ({
  problemOf: (value, at) => (value === undefined ? null : problemOf(value, at)),
  schema,
  isOptional: true,
});

export const nullable = <Type>({problemOf, schema}: Check<Type>): Check<Type | null> => ({
  problemOf: (value, at) => (value === null ? null : problemOf(value, at)),
  schema: {anyOf: [schema, {type: 'null'}]},
});

export const listOf = <Type>({problemOf, schema}: Check<Type>): Check<readonly Type[]> => ({
  problemOf: (value, at) =>
    Array.isArray(value)
      ? firstProblem(value.map((one: unknown, index) => problemOf(one, `${at}[${index}]`)))
      : that(() => false, 'is no list')(value, at),
  schema: {type: 'array', items: schema},
});

/** A command: the program and its arguments. */
export const argv: Check<readonly [string, ...string[]]> = {
  problemOf: (value, at) =>
    listOf(text).problemOf(value, at) ??
    that((words) => Array.isArray(words) && words.length > 0, 'names no program')(value, at),
  schema: {type: 'array', items: text.schema, minItems: 1},
};

/** By name, whatever the names are. */
export const recordOf = <Type>({problemOf, schema}: Check<Type>): Check<Readonly<Record<string, Type>>> => ({
  problemOf: (value, at) =>
    isObject(value)
      ? firstProblem(Object.entries(value).map(([name, one]) => problemOf(one, join(at, name))))
      : that(() => false, 'is no object')(value, at),
  schema: {type: 'object', additionalProperties: schema},
});

/** A member of the type without a line here does not compile. */
export const shape = <Type extends object>(members: {
  readonly [Name in keyof Type]-?: Check<Type[Name]>;
}): Check<Type> => {
  const checks = Object.entries<Check<unknown>>(members);
  return {
    problemOf: (value, at) =>
      isObject(value)
        ? firstProblem(checks.map(([name, {problemOf}]) => problemOf(memberOf(value, name), join(at, name))))
        : that(() => false, 'is no object')(value, at),
    schema: {
      type: 'object',
      properties: Object.fromEntries(checks.map(([name, {schema}]) => [name, schema])),
      required: checks.flatMap(([name, {isOptional}]) => (isOptional === true ? [] : [name])),
    },
  };
};

/** A union whose members are known by one of their own members, `kind` or `method`. */
export const byTag = <Tag extends string, Type extends Readonly<Record<Tag, string>>>(
  tag: Tag,
  members: {readonly [Word in Type[Tag]]: Check<Extract<Type, Readonly<Record<Tag, Word>>>>},
): Check<Type> => {
  const checks = new Map(Object.entries<Check<unknown>>(members));
  return {
    problemOf: (value, at) => {
      if (!isObject(value)) return that(() => false, 'is no object')(value, at);
      const word = memberOf(value, tag);
      const check = typeof word === 'string' ? checks.get(word) : undefined;
      if (word === undefined) return `${join(at, tag)} is missing`;
      return check === undefined
        ? `${join(at, tag)} is none of ${[...checks.keys()].join(', ')}`
        : check.problemOf(value, at);
    },
    schema: {anyOf: [...checks.values()].map(({schema}) => schema)},
  };
};

export const either = <Type>(...checks: readonly Check<Type>[]): Check<Type> => ({
  problemOf: (value, at) => {
    const problems = checks.map(({problemOf}) => problemOf(value, at));
    return problems.includes(null) ? null : (problems[0] ?? null);
  },
  schema: {anyOf: checks.map(({schema}) => schema)},
});

/** With a sentence for whoever reads the schema. */
export const described = <Type>(check: Check<Type>, description: string): Check<Type> => ({
  ...check,
  schema: {...check.schema, description},
});

const firstProblem = (problems: readonly (string | null)[]): string | null =>
  problems.find((problem) => problem !== null) ?? null;

const join = (at: string, name: string): string => (at === '' ? name : `${at}.${name}`);
