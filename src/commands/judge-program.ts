import {existsSync} from 'node:fs';
import {basename, dirname, isAbsolute, join} from 'node:path';
import {UsageError} from '../errors.ts';
import {quoteForShell} from '../words/quote-for-shell.ts';
import {filesBelow, findDistrust} from '../system/trusted-program.ts';

/**
 * Who can change the program can do anything once root runs it. Under `sudo npx` its cache may well be the user's, who
 * has sudo anyway but whose every program has not: that is a warning, no refusal. What everybody can write is refused.
 * `module`: the file of the running code; `script`: the file that Node was started with.
 */
export const judgeProgram = (module: string, script: string | undefined): string | null =>
  judge(ownFiles(module, script), 'npm install --global --ignore-scripts vfio-pilot');

/** The same of one executable without Node, which is the whole program. `file`: its path as Node has it in `process.execPath`. */
export const judgeExecutable = (file: string): string | null => {
  // Node asks /proc/self/exe, and answers with the word that was typed where there is none.
  if (!isAbsolute(file))
    throw new UsageError(
      '/proc is not mounted, so the file of this program, and who can write to it, is unknown.',
      'Run: mount -t proc proc /proc',
    );
  return judge([file], `install -D -m 755 ${quoteForShell(file)} /usr/lib/vfio-pilot/vfio-pilot`);
};

/** `remedy`: the command that puts the program where only root can write. */
const judge = (files: readonly string[], remedy: string): string | null => {
  const found = findDistrust(files);
  const open = found.find(({by}) => by === 'anyone');
  if (open !== undefined) {
    throw new UsageError(
      `Every user of this machine can write to ${open.path}, and so change what runs here as root.`,
      `Take that right away (chmod o-w ${open.path}), or install the program where only root can write: ${remedy}.`,
    );
  }
  const [first] = found;
  if (first === undefined) return null;
  const others = found.length === 1 ? '' : ` and ${found.length - 1} more`;
  return `WARNING ${first.path}${others}: ${first.who} can change what runs here as root, and so can every program of theirs. Installed by root (${remedy}), only root can.\n`;
};

/**
 * The program as npm installs it is a directory with `chunks`, and a package.json above it that says how Node reads it.
 * Put elsewhere, it may be one file among those of others.
 */
const ownFiles = (module: string, script: string | undefined): readonly string[] => {
  const here = dirname(module);
  const program = basename(here) === 'chunks' ? dirname(here) : here;
  const description = nearestDescription(program);
  return [
    ...(existsSync(join(program, 'chunks')) ? filesBelow(program) : [module]),
    ...(description === null ? [] : [description]),
    process.execPath,
    ...(script === undefined ? [] : [script]),
  ];
};

const nearestDescription = (directory: string): string | null => {
  const file = join(directory, 'package.json');
  if (existsSync(file)) return file;
  return directory === '/' ? null : nearestDescription(dirname(directory));
};
