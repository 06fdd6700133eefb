import {mkdirSync, symlinkSync, writeFileSync} from 'node:fs';
import {dirname, relative} from 'node:path';

export type BigHostSize = {readonly cpus: number; readonly nodes: number; readonly functions: number};

/** Writes into one tree; makes each directory once, which matters with 100,000 files. */
export type TreeWriter = {
  readonly file: (path: string, content: string | Buffer) => void;
  /** Files of one directory by name. */
  readonly files: (directory: string, contents: Readonly<Record<string, string>>) => void;
  /** A relative link, as sysfs has them. */
  readonly link: (path: string, target: string) => void;
};

export const openTree = (root: string): TreeWriter => {
  const made = new Set<string>();
  const prepare = (path: string): string => {
    const directory = dirname(root + path);
    if (!made.has(directory)) mkdirSync(directory, {recursive: true});
    made.add(directory);
    return root + path;
  };
  const file = (path: string, content: string | Buffer): void => writeFileSync(prepare(path), content);
  return {
    file,
    files: (directory, contents) => {
      for (const [name, content] of Object.entries(contents)) file(`${directory}/${name}`, `${content}\n`);
    },
    link: (path, target) => symlinkSync(relative(dirname(path), target), prepare(path)),
  };
};

export const range = (count: number, first = 0): readonly number[] =>
  Array.from({length: count}, (_, index) => first + index);

export const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
