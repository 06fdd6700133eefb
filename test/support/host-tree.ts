import {chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {afterAll} from 'vitest';
import {parseTree, unpackTree} from '../../src/system/tree-file.ts';

const directory = resolve(import.meta.dirname, '../hosts');

/** Names of all host trees, sorted. */
export const hostNames = (): readonly string[] =>
  readdirSync(directory)
    .filter((name) => name.endsWith('.tree'))
    .map((name) => name.slice(0, -'.tree'.length))
    .sort();

export const hostTreeText = (name: string): string => readFileSync(join(directory, `${name}.tree`), 'utf8');

/** HOST.md of the host: what is captured from where, and what is invented. */
export const hostOrigin = (name: string): string => readFileSync(join(directory, `${name}.md`), 'utf8');

const unpacked: string[] = [];

// Registered on import: a hook that a running test adds would never be called.
afterAll(() => {
  for (const root of unpacked) rmSync(root, {recursive: true, force: true});
});

/** A fresh copy of the host, to be read or changed; removed after the test file. */
export const unpackHost = (name: string): string => {
  const root = mkdtempSync(join(tmpdir(), `vfio-pilot-${name}-`));
  unpacked.push(root);
  chmodSync(root, 0o755);
  unpackTree(parseTree(hostTreeText(name)), root);
  return root;
};
