import {chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {afterAll} from 'vitest';
import {openSource, type Source} from '../../src/system/source.ts';

type Entry =
  | string
  | Buffer
  | {readonly link: string}
  | {readonly directory: true}
  | {readonly text: string; readonly mode: number};

const made: string[] = [];

afterAll(() => {
  for (const root of made) rmSync(root, {recursive: true, force: true});
});

/** A directory that stands for `/` with these files in it; removed after the test file. */
export const makeTree = (entries: Readonly<Record<string, Entry>>): string => {
  const root = mkdtempSync(join(tmpdir(), 'vfio-pilot-tree-'));
  made.push(root);
  fillTree(root, entries);
  return root;
};

/** Puts these files into a tree that is there already. */
export const fillTree = (root: string, entries: Readonly<Record<string, Entry>>): void => {
  for (const [path, entry] of Object.entries(entries)) makeEntry(join(root, path), entry);
};

export const openTree = (entries: Readonly<Record<string, Entry>>): Source => openSource(makeTree(entries), null);

const makeEntry = (file: string, entry: Entry): void => {
  mkdirSync(typeof entry === 'object' && 'directory' in entry ? file : dirname(file), {recursive: true});
  if (typeof entry === 'string' || Buffer.isBuffer(entry)) return writeFileSync(file, entry);
  if ('link' in entry) return symlinkSync(entry.link, file);
  if ('directory' in entry) return;
  writeFileSync(file, entry.text);
  chmodSync(file, entry.mode);
};
