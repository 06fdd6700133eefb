import {closeSync, readSync} from 'node:fs';
import {decodeSavedPlan, looksLikeSavedPlan, type SavedPlan} from '../changes/saved-plan.ts';
import {UsageError} from '../errors.ts';
import {type Finding, isBlocked} from '../findings/finding.ts';
import type {PositionOf} from '../plan/context.ts';
import {decodeProfile} from '../pipeline/profile-file.ts';
import type {WrittenProfile} from '../profile/profile.ts';
import {errorCode} from '../system/machine-error.ts';
import {openUserFile} from '../system/user-file.ts';
import {quoteForShell} from '../words/quote-for-shell.ts';

/** The beginning of a file that the user names, `mostBytes` at most. Throws a UsageError that says why it cannot be read. */
export const readUserText = (path: string, mostBytes: number): string => {
  if (path === '')
    throw new UsageError('The path is empty.', 'Give the path of a profile, or of the file that you mean.');
  try {
    return readBeginning(path, mostBytes);
  } catch (error) {
    const code = errorCode(error) ?? String(error);
    const reason =
      code === 'ENOENT'
        ? 'does not exist'
        : code === 'EISDIR'
          ? 'is a directory'
          : code === 'EACCES'
            ? 'may not be read by this user'
            : code === 'EAGAIN'
              ? `is a pipe that gave nothing for ${mostSilence} seconds`
              : `can't be read (${code})`;
    throw new UsageError(`${path} ${reason}.`, 'Check the path.', {cause: error});
  }
};

const readBeginning = (path: string, mostBytes: number): string => {
  const fd = openUserFile(path);
  try {
    const buffer = Buffer.alloc(mostBytes);
    let length = 0;
    for (let count = -1; count !== 0 && length < mostBytes; length += count)
      count = readPatiently(fd, buffer.subarray(length));
    return buffer.toString('utf8', 0, length);
  } finally {
    closeSync(fd);
  }
};

/** Seconds. */
const mostSilence = 10;
const pauseMs = 20;
const pause = new Int32Array(new SharedArrayBuffer(4));

/** What the writer of a pipe has not written yet is waited for; one that stays silent is an error (EAGAIN). */
const readPatiently = (fd: number, into: Buffer): number => {
  for (let waitedMs = 0; ; waitedMs += pauseMs)
    try {
      return readSync(fd, into);
    } catch (error) {
      if (errorCode(error) !== 'EAGAIN' || waitedMs >= mostSilence * 1000) throw error;
      Atomics.wait(pause, 0, 0, pauseMs);
    }
};

type LoadedProfile =
  | {
      readonly isValid: true;
      readonly profile: WrittenProfile;
      readonly findings: readonly Finding[];
      readonly positionOf: PositionOf;
      readonly text: string;
    }
  | {readonly isValid: false; readonly findings: readonly Finding[]; readonly text: string};

/** The decoder refuses a much shorter text; the rest of a disk or of /dev/zero is not read. */
export const mostProfileBytes = 1024 * 1024;

export const loadProfile = (path: string): LoadedProfile => {
  const text = readUserText(path, mostProfileBytes);
  if (looksLikeSavedPlan(text))
    throw new UsageError(
      `${path} is a saved plan, not a profile.`,
      `\`vfio-pilot apply --dry-run ${quoteForShell(path)}\` shows it.`,
    );
  return decodeLoaded(text, path);
};

const decodeLoaded = (text: string, path: string): LoadedProfile => {
  const {profile, findings, positionOf} = decodeProfile(text, path);
  if (profile === null || isBlocked(findings)) return {isValid: false, findings, text};
  return {isValid: true, profile, findings, positionOf, text};
};

/** Holds the text of the domain and of the boot files twice, as what is to be and as a diff. */
const mostPlanBytes = 16 * 1024 * 1024;

/** What `apply` was given: a profile, or a plan that was saved (`saved`), which its content shows. */
export const loadProfileOrPlan = (path: string): {readonly loaded: LoadedProfile; readonly saved: SavedPlan | null} => {
  // Once: what a pipe gave is gone.
  const text = readUserText(path, mostPlanBytes);
  if (!looksLikeSavedPlan(text)) return {loaded: decodeLoaded(text, path), saved: null};
  const decoded = decodeSavedPlan(text);
  if (!decoded.isValid)
    throw new UsageError(
      `${path} is no usable saved plan: ${decoded.problem}.`,
      'Make it again with `vfio-pilot plan PROFILE --out FILE`.',
    );
  const {profile} = decoded.value;
  return {loaded: decodeLoaded(profile.text, profile.file), saved: decoded.value};
};
