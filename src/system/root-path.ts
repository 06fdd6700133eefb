import {lstatSync, readlinkSync} from 'node:fs';

const maximumLinks = 40;

/**
 * The real path below `root` of an absolute host path, with every symlink followed as a chroot would:
 * an absolute link of a captured `/etc` means that tree, not this machine. The last part need not exist.
 * `null` when links loop or a parent is not a directory.
 */
export const resolveInRoot = (root: string, path: string, options: {followLast: boolean} = {followLast: true}): string | null => {
  const base = root === '/' ? '' : root;
  let rest = path.split('/').filter((part) => part !== '' && part !== '.');
  let done: string[] = [];
  let links = 0;
  while (rest.length > 0) {
    const [part, ...next] = rest as [string, ...string[]];
    rest = next;
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

const linkTarget = (real: string): string | null => {
  try {
    return lstatSync(real).isSymbolicLink() ? readlinkSync(real) : null;
  } catch {
    return null;
  }
};

