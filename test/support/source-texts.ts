import {transformSync} from 'esbuild';
import {parseAst} from 'vitest/node';
import {textsOf} from './vocabulary.ts';

/** What stands in the place of a value that is known only when the text is made. */
const value = '0000:06:00.0';

type Node = {readonly type: string; readonly [member: string]: unknown};

const isNode = (thing: unknown): thing is Node =>
  typeof thing === 'object' && thing !== null && typeof (thing as {type?: unknown}).type === 'string';

const quasiOf = (quasi: unknown): string => (quasi as {readonly value: {readonly cooked: string}}).value.cooked;

const textOf = (node: Node): string | null => {
  if (node.type === 'Literal' && typeof node['value'] === 'string') return node['value'];
  return node.type === 'TemplateLiteral' ? (node['quasis'] as readonly unknown[]).map(quasiOf).join(value) : null;
};

const textsIn = (thing: unknown): readonly string[] => {
  if (Array.isArray(thing)) return thing.flatMap(textsIn);
  if (!isNode(thing) || thing.type === 'ImportDeclaration') return [];
  const own = textOf(thing);
  return [...(own === null ? [] : [own]), ...Object.values(thing).flatMap(textsIn)];
};

/** Every string that the code of some folders of src/ writes, with the file that it is in: templates with an address for each value. */
export const sourceTexts = (
  isMeant: (path: string) => boolean,
): readonly {readonly path: string; readonly text: string}[] =>
  [...textsOf('src', /\.tsx?$/)]
    .filter(([path]) => isMeant(path))
    .flatMap(([path, code]) =>
      textsIn(parseAst(transformSync(code, {loader: path.endsWith('x') ? 'tsx' : 'ts', charset: 'utf8'}).code)).map(
        (text) => ({
          path,
          text,
        }),
      ),
    );
