import {basename, dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {UsageError} from '../errors.ts';
import {filesBelow, findDistrust} from '../system/program-trust.ts';
import type {CommandContext} from './context.ts';

/**
 * Who can change the program can do anything once root runs it. Under `sudo npx` its cache may well be the user's, who
 * has sudo anyway but whose every program has not: that is said, not refused. What everybody can write is refused.
 */
export const judgeProgram = ({err}: CommandContext): void => {
  const found = findDistrust(ownFiles());
  const open = found.find(({by}) => by === 'anyone');
  if (open !== undefined) {
    throw new UsageError(`Every user of this machine can write to ${open.path}, and so change what runs here as root.`, `Take that right away (chmod o-w ${open.path}), or install the program where only root can write: npm install --global --ignore-scripts vfio-pilot.`);
  }
  const [first] = found;
  if (first === undefined) return;
  const others = found.length === 1 ? '' : ` and ${found.length - 1} more`;
  err(`WARNING ${first.path}${others}: ${first.who} can change what runs here as root, and so can every program of theirs. Installed by root (npm install --global --ignore-scripts vfio-pilot), only root can.\n`);
};

/** The built program lies in dist and dist/chunks; beside dist are the file that was started and package.json, which says how to read it. */
const ownFiles = (): readonly string[] => {
  const here = dirname(fileURLToPath(import.meta.url));
  const program = basename(here) === 'chunks' ? dirname(here) : here;
  const started = process.argv[1];
  return [...filesBelow(program), join(program, '../package.json'), process.execPath, ...(started === undefined ? [] : [started])];
};
