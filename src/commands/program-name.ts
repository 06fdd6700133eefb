import {basename, dirname, isAbsolute, relative} from 'node:path';
import {quoteForShell} from '../words/quote-for-shell.ts';

type Start = {
  /** The script as Node has it in `process.argv[1]`: absolute, links not followed. Of one executable, the word that was typed. */
  readonly script: string;
  readonly isSingleFile: boolean;
  readonly directory: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
};

/**
 * How this person started the program: `npx vfio-pilot` (npm sets npm_command to exec), `vfio-pilot` from a directory
 * of PATH, or `node FILE`. A hint with another spelling ends in "command not found".
 */
export const programName = ({script, isSingleFile, directory, environment}: Start): string => {
  if (environment['npm_command'] === 'exec' && !isSingleFile) return 'npx vfio-pilot';
  const isInPath = (environment['PATH'] ?? '').split(':').includes(dirname(script));
  if (isSingleFile || basename(script) === 'vfio-pilot') return isInPath ? basename(script) : quoteForShell(script);
  const near = relative(directory, script);
  return `node ${quoteForShell(near.startsWith('..') || isAbsolute(near) ? script : near)}`;
};
