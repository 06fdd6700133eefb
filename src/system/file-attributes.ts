import {spawnSync} from 'node:child_process';
import {programEnvironment, trustedProgram} from './trusted-program.ts';

/** A file in two ways: open, and by a name that other processes can use (`/proc/PID/fd/N/name`). */
export type OpenFile = {readonly fd: number; readonly name: string};

/** ACLs, labels and user attributes by name, in hexadecimal; `null` where getfattr is not installed or the file system has none. */
export const readExtendedAttributes = ({fd}: OpenFile): ReadonlyMap<string, string> | null => {
  const output = ask('getfattr', ['-d', '-m', '-', '-e', 'hex', '--absolute-names', '--', '/proc/self/fd/3'], fd);
  return output === null ? null : new Map([...output.matchAll(/^([^#=\n]+)=(.*)$/gmu)].map(([, name = '', value = '']) => [name, value]));
};

/** Letters of lsattr(1) that a person sets; the rest tells how the file is stored (extents, inline data, encryption …). */
const setByPeople = 'aAcCdDFijmPsStTuxX';

/** Empty where lsattr is not installed or the file system has no flags. */
export const readFlags = ({fd, name}: OpenFile): readonly string[] => {
  const letters = ask('lsattr', ['-d', '--', name], fd)?.split(' ')[0] ?? '';
  return [...letters].filter((letter) => setByPeople.includes(letter));
};

const ask = (program: string, args: readonly string[], fd: number): string | null => {
  const path = trustedProgram(program);
  if (path === null) return null;
  const result = spawnSync(path, args, {stdio: ['ignore', 'pipe', 'ignore', fd], env: programEnvironment, timeout: 30_000, cwd: '/'});
  return result.status === 0 ? result.stdout.toString('utf8') : null;
};
