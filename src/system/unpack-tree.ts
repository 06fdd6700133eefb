import {chmodSync, mkdirSync, symlinkSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {UsageError} from '../errors.ts';
import type {TreeEntry} from './tree-file.ts';

/**
 * Writes the entries below `directory`, which must be empty and belong to the caller. A link may point anywhere,
 * as links of a host do, but nothing is ever written through one. Throws a UsageError for a path that could leave it.
 */
export const unpackTree = (entries: readonly TreeEntry[], directory: string): void => {
  const links = new Set(entries.filter((entry) => entry.type === 'link').map((entry) => entry.path));
  const made = new Set<string>();
  for (const entry of entries) {
    refuseEscape(entry.path, links);
    const file = join(directory, entry.path);
    const parent = entry.type === 'directory' ? file : dirname(file);
    if (!made.has(parent)) mkdirSync(parent, {recursive: true, mode: 0o755});
    made.add(parent);
    writeEntry(entry, file);
  }
};

const writeEntry = (entry: TreeEntry, file: string): void => {
  if (entry.type === 'directory') return;
  if (entry.type === 'link') return symlinkSync(entry.target, file);
  writeFileSync(file, entry.type === 'binary' ? Buffer.from(entry.base64, 'base64') : entry.text, {flag: 'wx'});
  // The umask of the caller must not decide what the host's modes were.
  chmodSync(file, entry.mode);
};

const refuseEscape = (path: string, links: ReadonlySet<string>): void => {
  const parts = path.split('/').slice(1);
  const isPlain = path.startsWith('/') && !path.includes('\0') && parts.every((part) => part !== '' && part !== '.' && part !== '..');
  const isThroughLink = parts.some((_, index) => index > 0 && links.has(`/${parts.slice(0, index).join('/')}`));
  if (!isPlain || isThroughLink) {
    throw new UsageError(`The host tree holds the path ${JSON.stringify(path)}, which could leave its directory.`, 'Use a tree from a source that you trust.');
  }
};
