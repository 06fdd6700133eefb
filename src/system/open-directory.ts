import {closeSync, constants, lstatSync, openSync, readlinkSync} from 'node:fs';

const maximumLinks = 40;
const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/**
 * Calls `use` with a path of the directory's descriptor. Every part is opened from the one before without following
 * links (Node has no openat; /proc/self/fd stands in), and links are followed by hand as a chroot would: no swap of
 * a parent for a link while we work can lead out of the root.
 */
export const withDirectory = <Result>(root: string, path: string, use: (directory: string) => Result): Result => {
  const stack: number[] = [openSync(root, constants.O_RDONLY | constants.O_DIRECTORY)];
  try {
    descend(stack, root === '/', partsOf(path));
    return use(descriptorPath(stack.at(-1)));
  } finally {
    for (const fd of stack) closeSync(fd);
  }
};

const descend = (stack: number[], isLive: boolean, parts: readonly string[]): void => {
  let rest = parts;
  let links = 0;
  for (let part = rest[0]; part !== undefined; part = rest[0]) {
    rest = rest.slice(1);
    if (part === '..') {
      climb(stack, isLive);
      continue;
    }
    const here = `${descriptorPath(stack.at(-1))}/${part}`;
    const target = openPart(stack, here);
    if (target === null) continue;
    links += 1;
    if (links > maximumLinks) throw withCode('ELOOP');
    refuseForeignLink(here, isLive);
    if (target.startsWith('/')) for (const fd of stack.splice(1)) closeSync(fd);
    rest = [...partsOf(target), ...rest];
  }
};

/** The target when `here` is a link, `null` when it was opened. */
const openPart = (stack: number[], here: string): string | null => {
  try {
    stack.push(openSync(here, flags));
    return null;
  } catch (error) {
    if (!lstatSync(here).isSymbolicLink()) throw error;
    return readlinkSync(here);
  }
};

const climb = (stack: number[], isLive: boolean): void => {
  const fd = stack.length > 1 ? stack.pop() : undefined;
  if (fd !== undefined) closeSync(fd);
  else if (!isLive) throw withCode('EXDEV');
};

/** As systemd's CHASE_SAFE: root does not walk where an unprivileged user's link points. */
const refuseForeignLink = (here: string, isLive: boolean): void => {
  const {uid} = lstatSync(here);
  if (isLive && uid !== 0 && uid !== process.geteuid?.()) throw withCode('EPERM');
};

const descriptorPath = (fd: number | undefined): string => `/proc/self/fd/${fd}`;
const partsOf = (path: string): string[] => path.split('/').filter((part) => part !== '' && part !== '.');
const withCode = (code: string): Error => Object.assign(new Error(code), {code});
