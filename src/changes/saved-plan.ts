import type {Change} from './change.ts';
import type {FilePrint, World} from './world.ts';

/**
 * A plan as it was shown. It is no list of orders: `apply` decides again from the profile in it and writes only when
 * that comes out the same, so a forged file can do no more than a profile can.
 */
export type SavedPlan = {
  readonly format: typeof planFormat;
  readonly version: 1;
  readonly profile: {readonly file: string; readonly text: string};
  readonly world: World;
  /** As `comparable` gives them. */
  readonly changes: unknown;
};

const planFormat = 'vfio-pilot plan';

export const renderSavedPlan = (profile: SavedPlan['profile'], world: World, changes: readonly Change[]): string =>
  `${JSON.stringify({format: planFormat, version: 1, profile, world, changes: comparable(changes)} satisfies SavedPlan, null, 1)}\n`;

/** Without the reasons, whose words may count what changes by itself. */
export const comparable = (changes: readonly Change[]): unknown =>
  JSON.parse(JSON.stringify(changes.map((change) => ({...change, why: []})), (key, value: unknown) => (key === 'why' ? undefined : value)));

/** By its content: a saved plan begins as no profile does. */
export const looksLikeSavedPlan = (text: string): boolean => /^\s*\{\s*"format":\s*"vfio-pilot plan"/.test(text);

export type DecodedPlan = {readonly plan: SavedPlan} | {readonly problem: string};

export const decodeSavedPlan = (text: string): DecodedPlan => {
  const value = parsed(text);
  if (value === undefined) return {problem: 'it is cut off or was edited'};
  if (fieldOf(value, 'version') !== 1) return {problem: 'it has a version that this program does not read'};
  return isSavedPlan(value) ? {plan: value} : {problem: 'it does not hold what a saved plan holds'};
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const isSavedPlan = (value: unknown): value is SavedPlan =>
  fieldOf(value, 'format') === planFormat
  && isText(fieldOf(fieldOf(value, 'profile'), 'file'))
  && isText(fieldOf(fieldOf(value, 'profile'), 'text'))
  && Array.isArray(fieldOf(value, 'changes'))
  && isWorld(fieldOf(value, 'world'));

const isWorld = (value: unknown): value is World =>
  isText(fieldOf(value, 'toolVersion'))
  && isRecordOf(fieldOf(value, 'settings'), isText)
  && isRecordOf(fieldOf(value, 'things'), (things) => isRecordOf(things, isText))
  && isRecordOf(fieldOf(value, 'files'), isFilePrint);

const isFilePrint = (value: unknown): value is FilePrint =>
  isText(fieldOf(value, 'state'))
  && isTextOrNull(fieldOf(value, 'sha256'))
  && isTextOrNull(fieldOf(value, 'target'))
  && ['mode', 'uid', 'gid'].every((name) => typeof fieldOf(value, name) === 'number')
  && (fieldOf(value, 'stamp') === null || ['inode', 'modifiedMs', 'changedMs'].every((name) => typeof fieldOf(fieldOf(value, 'stamp'), name) === 'number'));

const isText = (value: unknown): boolean => typeof value === 'string';
const isTextOrNull = (value: unknown): boolean => value === null || isText(value);
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
const isRecordOf = (value: unknown, check: (entry: unknown) => boolean): boolean => isObject(value) && !Array.isArray(value) && Object.values(value).every(check);
const fieldOf = (value: unknown, name: string): unknown => (isObject(value) ? Object.getOwnPropertyDescriptor(value, name)?.value : undefined);
