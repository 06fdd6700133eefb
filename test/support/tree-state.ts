import {createHash} from 'node:crypto';
import {lstatSync, readdirSync, readFileSync, readlinkSync} from 'node:fs';
import {join} from 'node:path';
import {stateDirectory} from '../../src/system/state-directory.ts';

export type TreeState = Readonly<Record<string, string>>;

type What = {
  /** Modification times of files, links and directories too, in nanoseconds. */
  readonly times?: boolean;
  /** The history of the program itself, `/var/lib/vfio-pilot`. */
  readonly history?: boolean;
};

/** Every path below the root with its type, mode, owner and content; a path that is not listed is not there. */
export const treeState = (root: string, {times = false, history = false}: What = {}): TreeState => {
  const state: Record<string, string> = {};
  const visit = (path: string): void => {
    for (const name of readdirSync(join(root, path)).sort()) {
      const below = `${path}/${name}`;
      if (!history && below === stateDirectory) continue;
      const isDirectory = lstatSync(join(root, below)).isDirectory();
      state[below] = describeEntry(join(root, below), times && (history || !stateDirectory.startsWith(`${below}/`)));
      if (isDirectory) visit(below);
    }
  };
  visit('');
  return state;
};

const describeEntry = (file: string, hasTimes: boolean): string => {
  const stat = lstatSync(file, {bigint: true});
  const head = `${(stat.mode & 0o7777n).toString(8)} ${stat.uid}:${stat.gid}${hasTimes ? ` ${stat.mtimeNs}` : ''}`;
  if (stat.isDirectory()) return `directory ${head}`;
  if (stat.isSymbolicLink()) return `link ${head} -> ${readlinkSync(file)}`;
  return stat.isFile()
    ? `file ${head} ${createHash('sha256').update(readFileSync(file)).digest('hex')}`
    : `other ${head}`;
};

/** Paths that differ between two states, each with both sides: short to read where a comparison of the whole would not be. */
export const differences = (before: TreeState, after: TreeState): Readonly<Record<string, readonly [string, string]>> =>
  Object.fromEntries(
    [...new Set([...Object.keys(before), ...Object.keys(after)])]
      .filter((path) => before[path] !== after[path])
      .map((path) => [path, [before[path] ?? 'absent', after[path] ?? 'absent']]),
  );
