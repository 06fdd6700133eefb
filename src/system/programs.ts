import {execaSync} from 'execa';
import type {Runner} from './source.ts';
import {programEnvironment, trustedProgram} from './trusted-program.ts';

const timeoutMilliseconds = 15_000;
/** Programs that unpack a whole boot image. */
const listers: readonly string[] = ['lsinitramfs', 'lsinitrd', 'lsinitcpio'];
const listingMilliseconds = 120_000;
const maximumOutputBytes = 16 * 1024 * 1024;

/** stdout of a program that only reads; `null` when it is not installed, not trusted, fails, hangs or says too much. */
export const readOnlyRunner: Runner = (program, args) => {
  const path = trustedProgram(program);
  if (path === null) return null;
  const result = execaSync(path, args, {
    env: programEnvironment,
    extendEnv: false,
    cwd: '/',
    stdin: 'ignore',
    timeout: listers.includes(program) ? listingMilliseconds : timeoutMilliseconds,
    killSignal: 'SIGKILL',
    maxBuffer: maximumOutputBytes,
    stripFinalNewline: false,
    reject: false,
  });
  return result.failed ? null : result.stdout;
};
