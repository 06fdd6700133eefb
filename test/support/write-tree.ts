import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {afterAll} from 'vitest';

const made: string[] = [];

afterAll(() => {
  for (const root of made) rmSync(root, {recursive: true, force: true});
});

/** An invented tree: text by path; a path that ends in `/` is a directory. Removed after the test file. */
export const writeTree = (files: Readonly<Record<string, string>>): string => {
  const root = mkdtempSync(join(tmpdir(), 'vfio-pilot-tree-'));
  made.push(root);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, path.endsWith('/') ? path : dirname(path)), {recursive: true});
    if (!path.endsWith('/')) writeFileSync(join(root, path), text);
  }
  return root;
};
