import {spawnSync} from 'node:child_process';
import {type OpenFile, readExtendedAttributes, readFlags} from './file-attributes.ts';
import {programEnvironment, trustedProgram} from './trusted-program.ts';

/**
 * Owner, mode, ACL, extended attributes and security label; throws when one could not be kept.
 * Node has no calls for them, so cp copies them between two open files.
 * The attributes are named one by one: with `--preserve=all` cp ends with 0 even when it could not copy some
 * (coreutils manual, cp), and the time of the old file is not wanted on the new one.
 * `context` is left out because cp fails on it where SELinux is off; the label is one of the `xattr` anyway.
 */
export const copyAttributes = (source: OpenFile, target: OpenFile): void => {
  const cp = trustedProgram('cp');
  if (cp === null) throw new Error('cp is not installed in a directory that only root can write, so they could be lost');
  const result = spawnSync(
    cp,
    ['--attributes-only', '--preserve=mode,ownership,xattr', '--', '/proc/self/fd/3', '/proc/self/fd/4'],
    {stdio: ['ignore', 'ignore', 'pipe', source.fd, target.fd], env: programEnvironment, timeout: 30_000, cwd: '/'},
  );
  if (result.error !== undefined) throw result.error;
  if (result.status !== 0) throw new Error(`cp could not copy the attributes: ${result.stderr.toString().trim()}`);
  refuseLost(source, target);
};

/** What cp promises is read back: it may have been built without ACLs, and of the flags of chattr it knows nothing. */
const refuseLost = (source: OpenFile, target: OpenFile): void => {
  const [wanted, found] = [readExtendedAttributes(source), readExtendedAttributes(target)];
  const lost = [...(wanted ?? [])].filter(([name, value]) => found?.get(name) !== value).map(([name]) => `the attribute ${name}`);
  const kept = readFlags(target);
  const flags = readFlags(source).filter((flag) => !kept.includes(flag));
  const all = flags.length === 0 ? lost : [...lost, `what \`chattr +${flags.join('')}\` set (take it away with \`chattr -${flags.join('')}\`)`];
  if (all.length > 0) throw new Error(`a new version of the file would lose ${all.join(' and ')}`);
};
