import {readdirSync, readFileSync} from 'node:fs';
import {join, resolve} from 'node:path';

const repository = resolve(import.meta.dirname, '../..');

/** What a person reads; `architecture.md` and CONTRIBUTING are for those who have the sources in front of them. */
export const pages: readonly string[] = [
  'README.md',
  ...readdirSync(join(repository, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => `docs/${name}`),
  'CONTRIBUTING.md',
  'SECURITY.md',
];

export const readPage = (page: string): string => readFileSync(join(repository, page), 'utf8');

export type CodeBlock = {
  /** Its page and line, for an error. */
  readonly place: string;
  /** The word behind the fence; without one it is a block of command lines. */
  readonly language: string;
  readonly text: string;
};

export const codeBlocksOf = (page: string): readonly CodeBlock[] => {
  const text = readPage(page);
  return [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(({1: language = '', 2: block = '', index}) => ({
    place: `${page}:${text.slice(0, index).split('\n').length}`,
    language,
    text: block,
  }));
};

/** The lines of a block of command lines, without their remarks. */
export const commandLinesOf = ({text}: CodeBlock): readonly string[] =>
  text
    .split('\n')
    .map((line) => line.replace(/(?:^|\s+)# .*$/, '').trim())
    .filter((line) => line !== '');

/** Whether a line starts this program, and nothing else that could change the machine. */
export const isOwnLine = (line: string): boolean =>
  /^(?:ssh \w+ )?(?:sudo )?(?:npx )?(?:vfio-pilot|\.\/vfio-pilot-[\d.]+\.tgz)(?: |$)/.test(line);
