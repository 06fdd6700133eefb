import {isMap, isNode, isScalar, type Node, type YAMLMap} from 'yaml';
import type {Codec, Complaints, KeyRule, JsonSchema, KeyTable, YamlValue} from './codec.ts';
import {nearestWord} from './nearest.ts';
import {shorten} from './scalars.ts';

type Entry = {readonly key: Node | null; readonly value: Node | null};
type AnyRule = KeyRule<unknown>;

/** A map whose keys are known. `homeOf` names the section that a misplaced key belongs to. */
export const sectionOf = <T extends object>(section: KeyTable<T>, homeOf: (key: string) => string | null): Codec<T> => {
  const fields = fieldsOf(section);
  return {
    type: 'map',
    schema: sectionSchema(fields),
    fields,
    encode: (value) => encodeFields(fields, value),
    decode: (node, path, complaints) => {
      if (node !== null && !isMap(node) && !(isScalar(node) && (node.value === null || node.value === ''))) {
        complaints.report({
          code: 'profile-wrong-type',
          path,
          node,
          message: `${nameOf(path)} is not a map of keys and values.`,
          remedy: `Write keys below it: ${fields.map(([, {key}]) => key).join(', ')}.`,
        });
        return undefined;
      }
      const entries = isMap(node) ? readEntries(node, path, fields, homeOf, complaints) : new Map<string, Entry>();
      const values = decodeFields(fields, entries, {node, path, complaints});
      // KeyTable<T> has one field for each key of T, with a codec of its type.
      return values as T | undefined;
    },
  };
};

/** The fields that have a default, with it. */
export const fallbacksOf = <T extends object, Required extends keyof T = never>(
  section: KeyTable<T>,
): Omit<T, Required> =>
  // the caller names the keys without a default.
  Object.fromEntries(
    fieldsOf(section).flatMap(([name, field]) => ('fallback' in field ? [[name, field.fallback]] : [])),
  ) as Omit<T, Required>;

export const fieldsOf = <T extends object>(section: KeyTable<T>): readonly (readonly [string, AnyRule])[] =>
  // what a field holds is only ever handed to its own codec.
  Object.entries(section) as unknown as readonly (readonly [string, AnyRule])[];

const nameOf = (path: string): string => (path === '' ? 'The profile' : `\`${path}\``);
const below = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`);

const readEntries = (
  map: YAMLMap,
  path: string,
  fields: readonly (readonly [string, AnyRule])[],
  homeOf: (key: string) => string | null,
  complaints: Complaints,
): ReadonlyMap<string, Entry> => {
  const known = fields.map(([, {key}]) => key);
  const entries = new Map<string, Entry>();
  for (const item of map.items) {
    const entry: Entry = {key: isNode(item.key) ? item.key : null, value: isNode(item.value) ? item.value : null};
    const key = isScalar(entry.key) && typeof entry.key.value === 'string' ? entry.key.value : '?';
    if (entries.has(key)) {
      complaints.report({
        code: 'profile-duplicate-key',
        path: below(path, key),
        node: entry.key,
        message: `\`${shorten(key)}\` is written twice.`,
        remedy: 'Keep one of the two lines.',
      });
    } else if (known.includes(key)) {
      entries.set(key, entry);
      locate(below(path, key), entry, complaints);
    } else {
      complaints.report({
        code: 'profile-unknown-key',
        path: below(path, shorten(key)),
        node: entry.key,
        message: `${nameOf(path)} has no key \`${shorten(key)}\`.`,
        remedy: suggestion(key, known, homeOf(key)),
      });
    }
  }
  return entries;
};

const locate = (path: string, {key, value}: Entry, complaints: Complaints): void => {
  const node = value ?? key;
  if (node !== null) complaints.locate(path, node);
};

const suggestion = (key: string, known: readonly string[], home: string | null): string => {
  const near = nearestWord(key, known);
  if (near !== null) return `Did you mean \`${near}\`?`;
  return home === null
    ? `Remove it. The keys here are ${known.join(', ')}.`
    : `It belongs to \`${home}\`: move it there.`;
};

const decodeFields = (
  fields: readonly (readonly [string, AnyRule])[],
  entries: ReadonlyMap<string, Entry>,
  place: {readonly node: Node | null; readonly path: string; readonly complaints: Complaints},
): Readonly<Record<string, unknown>> | undefined => {
  const values = fields.map(([name, field]): readonly [string, unknown] => {
    const entry = entries.get(field.key);
    const path = below(place.path, field.key);
    if (entry !== undefined)
      return [name, field.codec.decode(entry.value ?? null, path, placed(place.complaints, entry.key))];
    if ('fallback' in field) return [name, field.fallback];
    place.complaints.report({
      code: 'profile-missing-key',
      path,
      node: place.node,
      message: `\`${path}\` is missing: ${field.meaning}`,
      remedy: `Add \`${field.key}:\` with a ${field.codec.type}.`,
    });
    return [name, undefined];
  });
  return values.every(([, value]) => value !== undefined) ? Object.fromEntries(values) : undefined;
};

/** A key without a value has no node of its own: then the key is where the complaint points. */
const placed = (complaints: Complaints, key: Node | null): Complaints => ({
  ...complaints,
  report: (complaint) => complaints.report({...complaint, node: complaint.node ?? key}),
});

const encodeFields = (fields: readonly (readonly [string, AnyRule])[], value: object): YamlValue => {
  const values = new Map<string, unknown>(Object.entries(value));
  return Object.fromEntries(
    fields.flatMap(([name, field]): readonly (readonly [string, YamlValue])[] => {
      const own = values.get(name);
      const isDefault = 'fallback' in field && JSON.stringify(own) === JSON.stringify(field.fallback);
      return isDefault ? [] : [[field.key, field.codec.encode(own)]];
    }),
  );
};

const sectionSchema = (fields: readonly (readonly [string, AnyRule])[]): JsonSchema => ({
  type: 'object',
  additionalProperties: false,
  required: fields.filter(([, field]) => !('fallback' in field)).map(([, {key}]) => key),
  properties: Object.fromEntries(
    fields.map(([, field]) => [
      field.key,
      {
        ...field.codec.schema,
        ...(field.meaning === '' ? {} : {description: field.meaning}),
        ...('fallback' in field && field.fallback !== null && typeof field.fallback !== 'object'
          ? {default: field.fallback}
          : {}),
      },
    ]),
  ),
});
