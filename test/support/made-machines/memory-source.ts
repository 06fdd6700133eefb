import {posix} from 'node:path';
import type {Source} from '../../../src/system/source.ts';

export type Entry = string | {readonly link: string};
export type Entries = Readonly<Record<string, Entry>>;

const maximumLinks = 40;

/** A tree as data: hundreds of machines are made and read in seconds. `guard.test.ts` holds some against real trees. */
export const memorySource = (entries: Entries): Source => {
  const directories = new Map<string, Set<string>>([['/', new Set()]]);
  for (const path of Object.keys(entries)) {
    for (let child = path; child !== '/'; child = posix.dirname(child)) {
      const names = directories.get(posix.dirname(child)) ?? new Set();
      directories.set(posix.dirname(child), names.add(posix.basename(child)));
    }
  }
  const follow = (path: string, followLast: boolean): string | null => {
    let real = '/';
    let links = 0;
    const parts = path.split('/').filter((part) => part !== '');
    while (parts.length > 0) {
      real = posix.resolve(real, parts.shift() ?? '');
      const entry = entries[real];
      if (typeof entry !== 'object' || (parts.length === 0 && !followLast)) continue;
      if ((links += 1) > maximumLinks) return null;
      parts.unshift(...entry.link.split('/').filter((part) => part !== ''));
      real = entry.link.startsWith('/') ? '/' : posix.dirname(real);
    }
    return real;
  };
  const entryAt = (path: string, followLast: boolean): Entry | undefined => {
    const real = follow(path, followLast);
    return real === null || !Object.hasOwn(entries, real) ? undefined : entries[real];
  };
  const text = (path: string): string | null => {
    const entry = entryAt(path, true);
    return typeof entry === 'string' ? entry : null;
  };
  const link = (path: string): string | null => {
    const entry = entryAt(path, false);
    return typeof entry === 'object' ? entry.link : null;
  };
  const exists = (path: string): boolean =>
    entryAt(path, false) !== undefined || directories.has(follow(path, false) ?? '');
  const typeOf = (path: string) =>
    link(path) !== null ? 'symlink' : entryAt(path, false) === undefined ? 'directory' : 'file';
  return {
    root: '/made',
    isLive: false,
    isPrivileged: true,
    text,
    link,
    exists,
    denied: new Set(),
    bytes: (path) => {
      const found = text(path);
      return found === null ? null : Buffer.from(found);
    },
    head: (path) => {
      const found = text(path);
      return found === null ? null : Buffer.from(found).subarray(0, 4096);
    },
    part: (path, offset, length) => {
      const found = text(path);
      return found === null ? null : Buffer.from(found).subarray(offset, offset + length);
    },
    list: (path) => [...(directories.get(follow(path, true) ?? '') ?? [])].sort(),
    directories: (path) =>
      [...(directories.get(follow(path, true) ?? '') ?? [])]
        .filter((name) => typeOf(`${path}/${name}`) !== 'file')
        .sort(),
    stat: (path) =>
      exists(path)
        ? {type: typeOf(path), mode: 0o644, uid: 0, gid: 0, size: 1, inode: 1, modifiedMs: 0, changedMs: 0}
        : null,
    resolve: (path) => follow(path, true),
    run: () => null,
  };
};
