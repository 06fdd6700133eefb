import {spawnSync} from 'node:child_process';
import {programEnvironment} from './trusted-program.ts';

/**
 * Node has no calls for ACLs, extended attributes and security labels, so cp copies them between two open files.
 * The attributes are named one by one: with `--preserve=all` cp ends with 0 even when it could not copy some
 * (coreutils manual, cp), and the time of the old file is not wanted on the new one.
 * `context` is left out because cp fails on it where SELinux is off; the label is one of the `xattr` anyway.
 */
export const copyAttributes = (cp: string, sourceFd: number, targetFd: number): void => {
  const result = spawnSync(
    cp,
    ['--attributes-only', '--preserve=mode,ownership,xattr', '--', '/proc/self/fd/3', '/proc/self/fd/4'],
    {stdio: ['ignore', 'ignore', 'pipe', sourceFd, targetFd], env: programEnvironment, timeout: 30_000, cwd: '/'},
  );
  if (result.error !== undefined) throw result.error;
  if (result.status !== 0) throw new Error(`cp could not copy the attributes: ${result.stderr.toString().trim()}`);
};
