import {lstatSync, readdirSync, readlinkSync} from 'node:fs';

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
 * The same for many paths of one reading. Where a folder leads is looked up once, and so is each folder on the way: a
 * folder of 20,000 files, or a bus of 4,000 devices, would cost one lstat for each part of each path. Of a folder with
 * many folders below it, one listing tells which of them are no links.
 */
export const folderResolver = (root: string): ((path: string, followLast: boolean) => string | null) => {
  const base = root === '/' ? '' : root;
  // From a path to where it leads, both below the root and absolute there; the root itself is the empty text.
  const folders = new Map<string, string | null>([['', '']]);
  const isPlainFolder = plainFolders(base);

  const folderOf = (path: string, links: number): string | null => {
    const known = folders.get(path);
    if (known !== undefined) return known;
    const slash = path.lastIndexOf('/');
    const parent = folderOf(path.slice(0, slash), links);
    const name = path.slice(slash + 1);
    if (parent !== null && isPlainFolder(parent, name)) return `${parent}/${name}`;
    const found = parent === null ? null : follow(parent, name, links);
    // Too many links on this way may be few enough on another.
    if (found !== null || links === 0) folders.set(path, found);
    return found;
  };

  const follow = (folder: string, name: string, links: number): string | null => {
    const place = `${folder}/${name}`;
    const target = linkTarget(base + place);
    if (target === null) return place;
    if (links >= maximumLinks) return null;
    let reached: string | null = target.startsWith('/') ? '' : folder;
    for (const part of target.split('/')) {
      if (reached === null) return null;
      if (part === '' || part === '.') continue;
      reached =
        part === '..'
          ? reached.slice(0, Math.max(0, reached.lastIndexOf('/')))
          : folderOf(`${reached}/${part}`, links + 1);
    }
    return reached;
  };

  // Files of one folder are mostly asked for one after the other.
  let last: {readonly path: string; readonly folder: string | null} = {path: '', folder: ''};

  return (path, followLast) => {
    const slash = path.lastIndexOf('/');
    const folderPath = path.slice(0, slash);
    const isLast = folderPath === last.path;
    if (!isLast && !folders.has(folderPath) && isUnclean(folderPath)) return resolveInRoot(root, path, {followLast});
    const name = path.slice(slash + 1);
    if (name === '' || name === '.' || name === '..') return resolveInRoot(root, path, {followLast});
    const folder = isLast ? last.folder : folderOf(folderPath, 0);
    if (!isLast) last = {path: folderPath, folder};
    if (folder === null) return null;
    if (!followLast || isPlainFolder(folder, name)) return `${base}${folder}/${name}`;
    const place = follow(folder, name, 0);
    return place === null ? null : base + place || '/';
  };
};

/** Below so many folders of one folder, a look at each costs less than a listing with their kinds. */
const fewFolders = 8;

/** Whether a name in a folder is known to be a folder itself, and no link; `false` also where nothing is known. */
const plainFolders = (base: string): ((folder: string, name: string) => boolean) => {
  const asked = new Map<string, number>();
  const listed = new Map<string, ReadonlySet<string>>();
  return (folder, name) => {
    const names = listed.get(folder);
    if (names !== undefined) return names.has(name);
    const count = (asked.get(folder) ?? 0) + 1;
    asked.set(folder, count);
    if (count <= fewFolders) return false;
    const found = listFolders(`${base}${folder}/`);
    listed.set(folder, found);
    return found.has(name);
  };
};

const listFolders = (real: string): ReadonlySet<string> => {
  try {
    const entries = readdirSync(real, {withFileTypes: true});
    return new Set(entries.filter((entry) => entry.isDirectory()).map(({name}) => name));
  } catch {
    return new Set();
  }
};

/** With parts that are no names, or not from the root on. */
const isUnclean = (path: string): boolean => !/^(\/(?!\.{1,2}(\/|$))[^/]+)*$/.test(path);

const linkTarget = (real: string): string | null => {
  try {
    return lstatSync(real, {throwIfNoEntry: false})?.isSymbolicLink() === true ? readlinkSync(real) : null;
  } catch {
    return null;
  }
};
