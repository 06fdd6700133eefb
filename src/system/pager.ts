import {feedProgram} from './run-program.ts';
import {programEnvironment, trustedProgram} from './trusted-program.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export type Pager = {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Environment;
};

/** Quits where the text fits, shows colours, and leaves the text on the screen: what git gives to less as well. */
const lessOptions = 'FRX';

/**
 * The program of PAGER, split at blanks and never handed to a shell; `less` where PAGER is not set; `null` where it is
 * empty or `cat`. For root it is always `less`, from a place where only root can write, in its secure mode (no shell, no
 * editor, no log file: less(1), LESSSECURE) and without the caller's LESS, LESSOPEN and LESSKEY: PAGER may come from
 * whoever called sudo, and `tee FILE` or `sh` would write or run what they like.
 */
export const choosePager = ({
  isRoot,
  environment,
  findTrusted = trustedProgram,
}: {
  readonly isRoot: boolean;
  readonly environment: Environment;
  readonly findTrusted?: (name: string) => string | null;
}): Pager | null => {
  const [wanted = '', ...args] = (environment['PAGER'] ?? 'less').trim().split(/\s+/);
  if (wanted === '' || wanted === 'cat' || environment['TERM'] === 'dumb') return null;
  if (!isRoot) return {file: wanted, args, env: {LESS: lessOptions, ...environment}};
  const file = findTrusted('less');
  const term = environment['TERM'] ?? '';
  if (file === null || !/^[\w.+-]+$/.test(term)) return null;
  return {
    file,
    args: [],
    env: {...programEnvironment, TERM: term, LESS: lessOptions, LESSSECURE: '1', LESSHISTFILE: '-'},
  };
};

/** `false` where it was not shown. While it runs Ctrl-C is the pager's. */
export const showInPager = async ({file, args, env}: Pager, text: string): Promise<boolean> => {
  const ignore = (): void => undefined;
  process.on('SIGINT', ignore);
  try {
    return await feedProgram(file, args, {text, env});
  } finally {
    process.off('SIGINT', ignore);
  }
};
