import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {stateDirectory} from '../../src/system/state-directory.ts';

/** A real directory that stands for a host, removed at the end of `use`. */
export const withRoot = async <Result>(use: (root: string) => Result | Promise<Result>): Promise<Result> => {
  const root = mkdtempSync(join(tmpdir(), 'vfio-pilot-transaction-'));
  try {
    return await use(root);
  } finally {
    rmSync(root, {recursive: true, force: true});
  }
};

export const put = (root: string, path: string, text: string | Buffer, mode = 0o644): void => {
  mkdirSync(dirname(join(root, path)), {recursive: true});
  writeFileSync(join(root, path), text);
  chmodSync(join(root, path), mode);
};

export const putLink = (root: string, path: string, target: string): void => {
  mkdirSync(dirname(join(root, path)), {recursive: true});
  symlinkSync(target, join(root, path));
};

export const text = (root: string, path: string): string => readFileSync(join(root, path), 'utf8');

/** Every path below the root with type, mode, owner and content; without the history of the program itself. */
export const snapshot = (root: string): Readonly<Record<string, string>> => {
  const entries: Record<string, string> = {};
  const visit = (path: string): void => {
    for (const name of readdirSync(join(root, path)).sort()) {
      const below = `${path}/${name}`;
      // The parents of the state directory are made with it and stay.
      if (below === stateDirectory || below === '/var' || below === '/var/lib') {
        if (below !== stateDirectory) visit(below);
        continue;
      }
      const stat = lstatSync(join(root, below));
      const head = `${(stat.mode & 0o7777).toString(8)} ${stat.uid}:${stat.gid}`;
      if (stat.isDirectory()) {
        entries[below] = `directory ${head}`;
        visit(below);
      } else if (stat.isSymbolicLink())
        entries[below] = `link ${stat.uid}:${stat.gid} ${readlinkSync(join(root, below))}`;
      else
        entries[below] = stat.isFile() ? `file ${head} ${readFileSync(join(root, below), 'base64')}` : `other ${head}`;
    }
  };
  visit('');
  return entries;
};
