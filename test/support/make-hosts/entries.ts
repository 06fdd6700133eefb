import {existsSync, readFileSync} from 'node:fs';
import {join, posix} from 'node:path';
import type {TreeEntry} from '../../../src/system/tree-file.ts';

export type Entries = readonly TreeEntry[];

/** A read-only value of sysfs or procfs on one line. */
export const value = (path: string, content: string | number): TreeEntry => ({
  type: 'file',
  path,
  mode: 0o444,
  text: `${content}\n`,
});

export const file = (path: string, text: string, mode = 0o644): TreeEntry => ({type: 'file', path, mode, text});

export const program = (path: string): TreeEntry => file(path, '', 0o755);

export const directory = (path: string): TreeEntry => ({type: 'directory', path});

export const link = (path: string, target: string): TreeEntry => ({type: 'link', path, target});

/** A link as sysfs writes it: relative, so that it holds under any root. */
export const relativeLink = (path: string, target: string): TreeEntry =>
  link(path, posix.relative(posix.dirname(path), target));

export const binary = (path: string, bytes: Uint8Array, mode = 0o400): TreeEntry => ({
  type: 'binary',
  path,
  mode,
  base64: Buffer.from(bytes).toString('base64'),
});

/** Copies the files of a captured machine that exist, as text; the paths are the same on both sides. */
export const captured = (root: string, paths: readonly string[]): Entries =>
  paths
    .filter((path) => existsSync(join(root, path)))
    .map((path) => capturedFile(path, readFileSync(join(root, path), 'utf8')));

const capturedFile = (path: string, text: string): TreeEntry => ({type: 'file', path, mode: 0o444, text});

/** Sorted the way a person counts (cpu2 before cpu10); two entries for one path are a mistake of the machine's description. */
export const assemble = (groups: readonly Entries[]): Entries => {
  const entries = groups.flat().toSorted((a, b) => a.path.localeCompare(b.path, 'en', {numeric: true}));
  const twice = entries.find((entry, index) => entry.path === entries[index - 1]?.path);
  if (twice !== undefined) throw new Error(`${twice.path} is described twice`);
  return entries;
};
