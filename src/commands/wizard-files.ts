import {existsSync, readdirSync, statSync} from 'node:fs';
import {join, parse} from 'node:path';
import {isDeepStrictEqual} from 'node:util';
import {UsageError} from '../errors.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import {editProfile, encodeProfile} from '../pipeline/profile-file.ts';
import {resolveProfile} from '../pipeline/resolve-profile.ts';
import type {WrittenProfile} from '../profile/profile.ts';
import {createUserFile, replaceUserFile} from '../system/user-file.ts';
import type {SavedProfile, WizardServices} from '../ui/services.ts';
import {updateTodo} from '../ui/what-next.ts';
import {deviceNames} from './device-names.ts';
import {loadProfile, mostProfileBytes, readUserText} from './load.ts';

/** Profiles in the directory that the user is in, where the wizard saves them. */
export const readSavedProfiles = (facts: HostFacts, directory: string): readonly Opened[] => {
  try {
    const files = readdirSync(directory, {withFileTypes: true}).filter(
      (entry) => entry.isFile() && /\.ya?ml$/.test(entry.name),
    );
    return files.slice(0, 50).flatMap((entry) => readProfile(facts, join(directory, entry.name)));
  } catch {
    return [];
  }
};

type Opened = SavedProfile & {readonly written: WrittenProfile};

/** As it is on this host: the wizard shows addresses and numbers, and lets both be changed. */
const readProfile = (facts: HostFacts, path: string): readonly Opened[] => {
  const loaded = readValid(path);
  return loaded === null
    ? []
    : [
        {
          path,
          profile: resolveProfile(facts, loaded.profile).profile,
          text: loaded.text,
          written: loaded.profile,
        },
      ];
};

/** `null`: no file with a profile that can be read. */
const readValid = (path: string): (Pick<Opened, 'text'> & {readonly profile: WrittenProfile}) | null => {
  try {
    const loaded = loadProfile(path);
    return loaded.isValid ? loaded : null;
  } catch {
    return null;
  }
};

export const freePath = (directory: string, name: string, written: ReadonlySet<string>): string => {
  const {name: stem, ext} = parse(name);
  const paths = Array.from({length: 99}, (_, index) =>
    join(directory, `${stem}${index === 0 ? '' : `-${index + 1}`}${ext}`),
  );
  return paths.find((path) => written.has(path) || !existsSync(path)) ?? join(directory, name);
};

type Saving = {
  readonly facts: HostFacts;
  readonly replaces: string | null;
  /** Files of this run of the program, which grows. */
  readonly written: Set<string>;
};

export const saveProfile = (
  path: string,
  profile: WrittenProfile,
  {facts, replaces, written}: Saving,
): ReturnType<WizardServices['saveProfile']> => {
  try {
    if (holds(path, profile)) return {path};
    const names = deviceNames(facts, profile);
    const text = replaces === null ? encodeProfile(profile, names) : editProfile(replaces, profile, names);
    if (written.has(path)) replaceUserFile(path, text);
    else if (replaces === null) createUserFile(path, text);
    else if (readUserText(path, mostProfileBytes) === replaces) replaceUserFile(path, text, `${path}.bak`);
    else return {problem: `${path} was changed since you opened it.`};
    written.add(path);
    return {path};
  } catch (error) {
    if (error instanceof UsageError) return {problem: error.message};
    throw error;
  }
};

export const saveText = (path: string, content: string): ReturnType<WizardServices['saveText']> => {
  try {
    createUserFile(path, content);
    return {path};
  } catch (error) {
    if (error instanceof UsageError) return {problem: error.message};
    throw error;
  }
};

/** A profile that was opened and not changed is saved already, with the comments of its author. */
const holds = (path: string, profile: WrittenProfile): boolean =>
  isFile(path) && isDeepStrictEqual(readValid(path)?.profile, profile);

const isFile = (path: string): boolean => statSync(path, {throwIfNoEntry: false})?.isFile() === true;

/** Next to the profile: `win11.todo.md` of `win11.yaml`. */
export const todoPath = (directory: string, profile: string, profilePath: string | null): string =>
  `${(profilePath ?? join(directory, `${profile}.yaml`)).replace(/\.ya?ml$/, '')}.todo.md`;

/** `null` where there is none; of one that can't be read nothing is known. */
export const readTodo = (path: string): string | null => {
  try {
    return readUserText(path, 256 * 1024);
  } catch {
    return null;
  }
};

export const saveTodo = (
  path: string,
  list: Parameters<WizardServices['saveTodo']>[0],
): ReturnType<WizardServices['saveTodo']> => {
  try {
    const present = existsSync(path) ? readUserText(path, 256 * 1024) : null;
    const {text, isOldKept} = updateTodo(present, list);
    replaceUserFile(path, text, isOldKept ? `${path}.bak` : null);
    return {path};
  } catch (error) {
    if (error instanceof UsageError) return {problem: error.message};
    throw error;
  }
};
