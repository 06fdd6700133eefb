import {closeSync, openSync, readSync} from 'node:fs';
import {UsageError} from '../errors.ts';
import type {Finding} from '../findings.ts';
import {isBlocked} from '../findings.ts';
import type {PositionOf} from '../plan/context.ts';
import {decodeProfile} from '../profile/decode-profile.ts';
import type {Profile} from '../profile/profile.ts';

export type LoadedProfile =
  | {readonly isValid: true; readonly profile: Profile; readonly findings: readonly Finding[]; readonly positionOf: PositionOf; readonly text: string}
  | {readonly isValid: false; readonly findings: readonly Finding[]; readonly text: string};

export const loadProfile = (path: string | undefined): LoadedProfile => {
  if (path === undefined || path === '') throw new UsageError('A profile is needed.', 'Name its YAML file; the wizard saves one, and `vfio-pilot profile new` prints one.');
  const text = readText(path);
  const {profile, findings, positionOf} = decodeProfile(text, path);
  if (profile === null || isBlocked(findings)) return {isValid: false, findings, text};
  return {isValid: true, profile, findings, positionOf, text};
};

const readText = (path: string): string => {
  try {
    return readBeginning(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const reason = code === 'ENOENT' ? 'does not exist' : code === 'EISDIR' ? 'is a directory' : code === 'EACCES' ? 'may not be read by this user' : `can't be read (${code})`;
    throw new UsageError(`${path} ${reason}.`, 'Check the path of the profile.', {cause: error});
  }
};

/** The decoder refuses a much shorter text; the rest of a disk or of /dev/zero is not read. */
const mostBytes = 1024 * 1024;

const readBeginning = (path: string): string => {
  const fd = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(mostBytes);
    let length = 0;
    for (let count = -1; count !== 0 && length < mostBytes; length += count) count = readSync(fd, buffer, length, mostBytes - length, null);
    return buffer.toString('utf8', 0, length);
  } finally {
    closeSync(fd);
  }
};
