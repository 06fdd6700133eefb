import {isNode, isScalar, isSeq, type Node, Scalar} from 'yaml';
import type {JsonSchema} from '../decode/decode.ts';
import type {ProfileFindingCode} from '../findings/codes.ts';

/** What the YAML file holds at one place, as plain strings, lists and maps. */
export type YamlValue = string | readonly YamlValue[] | {readonly [key: string]: YamlValue};

/** Where a decoder says what is wrong. `path` is a profile path, `devices[0].address`. */
export type Complaints = {
  readonly report: (complaint: {
    readonly code: ProfileFindingCode;
    readonly path: string;
    readonly node: Node | null;
    readonly message: string;
    readonly remedy: string;
  }) => void;
  /** Notes where a path is written, for findings of later stages. */
  readonly locate: (path: string, node: Node) => void;
};

export type {JsonSchema};

/** One kind of value: from YAML, back to YAML, and in the words of the documentation and of JSON Schema. */
export type Codec<T> = {
  /** In words, `whole number`. */
  readonly type: string;
  /** `undefined`: it is not such a value, and the complaints say why. */
  readonly decode: (node: Node | null, path: string, complaints: Complaints) => T | undefined;
  readonly encode: (value: T) => YamlValue;
  readonly schema: JsonSchema;
  /** Of a map with keys of its own, which the documentation lists too. */
  readonly fields?: readonly (readonly [string, KeyRule<unknown>])[];
};

/** A value that comes from elsewhere than a profile; `null` where a profile could not hold it. */
export const readValue = <T>(codec: Codec<T>, text: string | null): T | null =>
  text === null
    ? null
    : (codec.decode(new Scalar(text), '', {report: () => undefined, locate: () => undefined}) ?? null);

/** One key of the file. Without a `fallback` it is required. */
export type KeyRule<T> = {
  /** As the file writes it; the same as the field of Profile except for units (`size`, `sizeMiB`). */
  readonly key: string;
  readonly codec: Codec<T>;
  readonly fallback?: T;
  readonly meaning: string;
};

export type KeyTable<T> = {readonly [K in keyof T]-?: KeyRule<T[K]>};

/** A word that stands for a value to be decided later, or a value of the given kind. */
export const orWord = <const W extends string, T>(word: W, codec: Codec<T>): Codec<W | T> => {
  const isWord = (value: W | T): value is W => value === word;
  return {
    type: `${word} | ${codec.type}`,
    schema: {anyOf: [{const: word}, codec.schema]},
    decode: (node, path, complaints) =>
      isScalar(node) && node.value === word ? word : codec.decode(node, path, complaints),
    encode: (value) => (isWord(value) ? word : codec.encode(value)),
  };
};

/** A value of the first kind, or one of the other, which its first word tells apart. */
export const orBeginning = <T, Other>(
  codec: Codec<T>,
  {
    word,
    other,
    is,
  }: {readonly word: string; readonly other: Codec<Other>; readonly is: (value: T | Other) => value is Other},
): Codec<T | Other> => ({
  type: `${codec.type} | ${other.type}`,
  schema: {anyOf: [codec.schema, other.schema]},
  decode: (node, path, complaints) =>
    isScalar(node) && typeof node.value === 'string' && node.value.split(/\s/)[0] === word
      ? other.decode(node, path, complaints)
      : codec.decode(node, path, complaints),
  encode: (value) => (is(value) ? other.encode(value) : codec.encode(value)),
});

export const orAuto = <T>(codec: Codec<T>): Codec<'auto' | T> => orWord('auto', codec);

/** A key that may be left out and has no value then; the file never writes the absence. */
export const orAbsent = <T>(codec: Codec<T>): Codec<T | null> => ({
  ...codec,
  encode: (value) => (value === null ? '' : codec.encode(value)),
});

export const listOf = <T>(
  codec: Codec<T>,
  limits: {readonly minimum: number; readonly maximum: number},
): Codec<readonly T[]> => ({
  type: `list of ${codec.type}`,
  schema: {type: 'array', items: codec.schema, minItems: limits.minimum, maxItems: limits.maximum},
  ...(codec.fields === undefined ? {} : {fields: codec.fields}),
  encode: (values) => values.map(codec.encode),
  decode: (node, path, complaints) => {
    if (!isSeq(node)) {
      complaints.report({
        code: 'profile-wrong-type',
        path,
        node,
        message: `\`${path}\` is not a list.`,
        remedy: 'Write one item per line with a leading `- `, or all of them in brackets.',
      });
      return undefined;
    }
    if (node.items.length < limits.minimum || node.items.length > limits.maximum) {
      complaints.report({
        code: 'profile-bad-value',
        path,
        node,
        message: `\`${path}\` has ${node.items.length} items; ${limits.minimum} to ${limits.maximum} are possible.`,
        remedy: 'Correct the list.',
      });
      return undefined;
    }
    const values = node.items.map((item, index) => {
      const itemPath = `${path}[${index}]`;
      if (isNode(item)) complaints.locate(itemPath, item);
      return codec.decode(isNode(item) ? item : null, itemPath, complaints);
    });
    return values.every((value) => value !== undefined) ? values : undefined;
  },
});
