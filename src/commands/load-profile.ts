import {readFileSync} from 'node:fs';
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
  if (path === undefined) throw new UsageError('A profile is needed.', 'Name its YAML file; the wizard saves one, and `vfio-pilot profile new` prints one.');
  const text = readText(path);
  const {profile, findings, positionOf} = decodeProfile(text, path);
  if (profile === null || isBlocked(findings)) return {isValid: false, findings, text};
  return {isValid: true, profile, findings, positionOf, text};
};

const readText = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const reason = code === 'ENOENT' ? 'does not exist' : code === 'EISDIR' ? 'is a directory' : code === 'EACCES' ? 'may not be read by this user' : `can't be read (${code})`;
    throw new UsageError(`${path} ${reason}.`, 'Check the path of the profile.', {cause: error});
  }
};
