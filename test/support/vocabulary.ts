import {readdirSync, readFileSync} from 'node:fs';
import {join, resolve} from 'node:path';

const repository = resolve(import.meta.dirname, '../..');

export const textsOf = (directory: string, extensions: RegExp): ReadonlyMap<string, string> =>
  new Map(
    readdirSync(join(repository, directory), {recursive: true, encoding: 'utf8'})
      .filter((path) => extensions.test(path))
      .map((path) => [`${directory}/${path}`, readFileSync(join(repository, directory, path), 'utf8')]),
  );

/** As src/findings/codes.ts declares them. */
export const findingCodes: readonly string[] = [
  ...readFileSync(join(repository, 'src/findings/codes.ts'), 'utf8').matchAll(/^ {2}'([a-z-]+)': /gm),
].map(([, code = '']) => code);

/** The ids that the code gives to promises. */
export const promiseIds = (): ReadonlySet<string> =>
  new Set(
    [...textsOf('src', /\.ts$/).values()]
      .filter((text) => text.includes('PromiseResult'))
      .flatMap((text) => [...text.matchAll(/\bid: '([a-z-]+)'/g)].map(([, id = '']) => id)),
  );

/** What tests assert: their `expect`s, the rows of their tables, and what a host must say (`says:`); no title and no comment. */
export const assertedTexts = (text: string): string => {
  const code = text.replaceAll(/^\s*(?:\/\/|\/?\*).*$/gm, '');
  return [...code.matchAll(/\bexpect(?:[A-Z]\w*|\.\w+)?\(|\.each(?:<[^(]*>)?\(|\bsays: /g)]
    .map(({index}) => code.slice(index, endOfStatement(code, index)))
    .join('\n');
};

/** The first line that ends as a statement or a title does, from there on. */
const endOfStatement = (code: string, start: number): number => {
  const end = code.slice(start).search(/;\n|\]\)\(|as const\)\(|,\n(?=\s*\{number)/);
  return end === -1 ? code.length : start + end;
};
