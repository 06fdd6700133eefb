import {UsageError} from '../errors.ts';
import {looksLikeSavedPlan} from '../changes/saved-plan.ts';
import type {Finding} from '../findings.ts';
import {isBlocked} from '../findings.ts';
import type {PositionOf} from '../plan/context.ts';
import {decodeProfile} from '../profile/decode-profile.ts';
import type {Profile} from '../profile/profile.ts';
import {readUserText} from './read-user-text.ts';
import {quoteForShell} from '../quote-for-shell.ts';

export type LoadedProfile =
  | {readonly isValid: true; readonly profile: Profile; readonly findings: readonly Finding[]; readonly positionOf: PositionOf; readonly text: string}
  | {readonly isValid: false; readonly findings: readonly Finding[]; readonly text: string};

/** The decoder refuses a much shorter text; the rest of a disk or of /dev/zero is not read. */
const mostBytes = 1024 * 1024;

export const loadProfile = (path: string | undefined): LoadedProfile => {
  if (path === undefined || path === '') throw new UsageError('A profile is needed.', 'Name its YAML file; the wizard saves one, and `vfio-pilot profile new` prints one.');
  const text = readUserText(path, mostBytes);
  if (looksLikeSavedPlan(text)) throw new UsageError(`${path} is a saved plan, not a profile.`, `\`vfio-pilot apply --dry-run ${quoteForShell(path)}\` shows it.`);
  return decodeLoaded(text, path);
};

export const decodeLoaded = (text: string, path: string): LoadedProfile => {
  const {profile, findings, positionOf} = decodeProfile(text, path);
  if (profile === null || isBlocked(findings)) return {isValid: false, findings, text};
  return {isValid: true, profile, findings, positionOf, text};
};
