import {decodeSavedPlan, looksLikeSavedPlan} from '../changes/saved-plan.ts';
import type {SavedPlan} from '../changes/saved-plan.ts';
import {UsageError} from '../errors.ts';
import {decodeLoaded, loadProfile} from './load-profile.ts';
import type {LoadedProfile} from './load-profile.ts';
import {readUserText} from './read-user-text.ts';

/** Holds the text of the domain and of the boot files twice, as what is to be and as a diff. */
const mostBytes = 16 * 1024 * 1024;
const beginning = 4096;

/** What `apply` was given: a profile, or a plan that was saved (`saved`), which is told by its content. */
export const loadProfileOrPlan = (path: string | undefined): {readonly loaded: LoadedProfile; readonly saved: SavedPlan | null} => {
  if (path === undefined || !looksLikeSavedPlan(readUserText(path, beginning))) return {loaded: loadProfile(path), saved: null};
  const decoded = decodeSavedPlan(readUserText(path, mostBytes));
  if ('problem' in decoded) throw new UsageError(`${path} is no usable saved plan: ${decoded.problem}.`, 'Make it again with `vfio-pilot plan PROFILE --out FILE`.');
  const {profile} = decoded.plan;
  return {loaded: decodeLoaded(profile.text, profile.file), saved: decoded.plan};
};
