import type {Node} from 'yaml';
import type {ProfileFindingCode} from '../finding-codes.ts';

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

/** One kind of value: from YAML, back to YAML, and in the words of the documentation and of JSON Schema. */
export type Codec<T> = {
  /** In words, `whole number`. */
  readonly type: string;
  /** `undefined`: it is not such a value, and the complaints say why. */
  readonly decode: (node: Node | null, path: string, complaints: Complaints) => T | undefined;
  readonly encode: (value: T) => YamlValue;
  readonly schema: JsonSchema;
};

export type JsonSchema = {readonly [keyword: string]: unknown};

/** One key of the file. Without a `fallback` it is required. */
export type Field<T> = {
  /** As the file writes it; the same as the field of Profile except for units (`size`, `sizeMiB`). */
  readonly key: string;
  readonly codec: Codec<T>;
  readonly fallback?: T;
  readonly meaning: string;
};

export type Section<T> = {readonly [K in keyof T]-?: Field<T[K]>};
