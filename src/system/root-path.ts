import {lstatSync, readlinkSync} from 'node:fs';

const maximumLinks = 40;

/**
 * The real path below `root` of an absolute host path, with every symlink followed as a chroot would:
 * an absolute link of a captured `/etc` means that tree, not this machine. The last part need not exist.
 * `null` when links loop or a parent is not a directory.
 */
export const resolveInRoot = (
  root: string,
  path: string,
  options: {followLast: boolean} = {followLast: true},
): string | null => {
  const base = root === '/' ? '' : root;
  let rest = path.split('/').filter((part) => part !== '' && part !== '.');
  let done: string[] = [];
  let links = 0;
  for (let part = rest[0]; part !== undefined; part = rest[0]) {
    rest = rest.slice(1);
    if (part === '..') {
      done = done.slice(0, -1);
      continue;
    }
    const real = `${base}/${[...done, part].join('/')}`;
    const target = rest.length > 0 || options.followLast ? linkTarget(real) : null;
    if (target === null) {
      done = [...done, part];
      continue;
    }
    links += 1;
    if (links > maximumLinks) return null;
    if (target.startsWith('/')) done = [];
    rest = [...target.split('/').filter((piece) => piece !== '' && piece !== '.'), ...rest];
  }
  return `${base}/${done.join('/')}`;
};

/**
 * The same for many paths of one reading. Where a folder leads is looked up once: a folder of 20,000 files would cost
 * one lstat for each part of each path.
 */
export const folderResolver = (root: string): ((path: string, followLast: boolean) => string | null) => {
  const folders = new Map<string, string | null>();
  const folderOf = (path: string): string | null => {
    const known = folders.get(path);
    if (known !== undefined) return known;
    const found = resolveInRoot(root, path);
    folders.set(path, found);
    return found;
  };
  return (path, followLast) => {
    const slash = path.lastIndexOf('/');
    const name = path.slice(slash + 1);
    if (slash <= 0 || name === '' || name === '.' || name === '..') return resolveInRoot(root, path, {followLast});
    const folder = folderOf(path.slice(0, slash));
    if (folder === null) return null;
    const file = `${folder === '/' ? '' : folder}/${name}`;
    return followLast && linkTarget(file) !== null ? resolveInRoot(root, path) : file;
  };
};

const linkTarget = (real: string): string | null => {
  try {
    return lstatSync(real).isSymbolicLink() ? readlinkSync(real) : null;
  } catch {
    return null;
  }
};
