import {lstatSync, readdirSync, realpathSync} from 'node:fs';
import {dirname, join} from 'node:path';

export type Distrust = {
  readonly path: string;
  /** `anyone`: every user of this machine could have changed it; `other`: its owner or group could. */
  readonly by: 'anyone' | 'other';
  /** In words, `user 1000`. */
  readonly who: string;
};

export const filesBelow = (directory: string): readonly string[] =>
  readdirSync(directory, {recursive: true, encoding: 'utf8'}).map((name) => join(directory, name));

/** Who besides root could have changed what root is about to run: the files, and each directory above them. */
export const findDistrust = (files: readonly string[]): readonly Distrust[] => {
  const paths = new Set(files.flatMap((file) => withParents(realpathSync(file))));
  return [...paths].sort().flatMap(judge);
};

const withParents = (path: string): readonly string[] => (path === '/' ? ['/'] : [...withParents(dirname(path)), path]);

const judge = (path: string): readonly Distrust[] => {
  const {uid, gid, mode} = lstatSync(path);
  // In a sticky directory only its owner can replace what is there (/tmp).
  const isSticky = (mode & 0o1000) !== 0;
  if ((mode & 0o002) !== 0 && !isSticky) return [{path, by: 'anyone', who: 'every user'}];
  if (uid !== 0) return [{path, by: 'other', who: `user ${uid}`}];
  return (mode & 0o020) !== 0 && gid !== 0 && !isSticky ? [{path, by: 'other', who: `group ${gid}`}] : [];
};
