import {anything, type JsonSchema, literal, shape, text} from '../decode/decode.ts';
import {ownValue} from '../decode/own-value.ts';
import {type Command, exitCodes, renderDocument} from './command.ts';
import {demoListShape} from './demo-list.ts';
import {errorShape} from './documents.ts';
import {documentName, verbs} from './verbs.ts';

/** What `--version --json` and `--help --json` print. */
export const versionDocument = (release: string) => ({version: 1, release}) as const;
export const helpDocument = (page: string) => ({version: 1, page}) as const;

const others: Readonly<Record<string, JsonSchema>> = {
  error: errorShape.schema,
  version: shape<ReturnType<typeof versionDocument>>({version: literal(1), release: text}).schema,
  'demo-list': demoListShape.schema,
  help: shape<ReturnType<typeof helpDocument>>({version: literal(1), page: text}).schema,
};

/** Draft 2020-12. Members may be added within a version, so that a schema refuses none that it does not know. */
export const schemaOf = async (name: string): Promise<JsonSchema | null> => {
  const verb = verbs.find((one) => documentName(one) === name);
  const schema = ownValue(others, name) ?? (await verb?.schema()) ?? null;
  return (
    schema && {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title: `${name} --json of vfio-pilot`,
      ...schema,
    }
  );
};

const names = (): readonly string[] => [...verbs.map(documentName), ...Object.keys(others)];

/** The schema that was asked for, or the names that there are. */
type Shown = {readonly schema: JsonSchema | null};

export const schema: Command<unknown, Shown, unknown> = {
  run: async ({positionals: [name = null]}) => ({schema: name === null ? null : await schemaOf(name)}),
  exitCode: () => exitCodes.done,
  document: ({schema: shown}) => shown ?? {version: 1, names: names()},
  shape: anything,
  describe: ({schema: shown}) => (shown === null ? `${names().join('\n')}\n` : renderDocument(shown)),
};
