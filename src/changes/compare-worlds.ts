import {ownValue} from '../own-value.ts';
import type {FilePrint, World} from './world.ts';

export type WorldDifference = {
  /** What must not have changed and did: sentences. */
  readonly changed: readonly string[];
  /** Files that were saved again with the same content, mode and owner: no harm, but worth a word. */
  readonly savedAgain: readonly string[];
};

export const compareWorlds = (before: World, now: World): WorldDifference => ({
  changed: [
    ...(before.toolVersion === now.toolVersion ? [] : [`It was made by vfio-pilot ${before.toolVersion}, and this is ${now.toolVersion}.`]),
    ...keysOf(before.settings, now.settings).flatMap((name) => compareSetting(name, before.settings[name] ?? 'unknown', now.settings[name] ?? 'unknown')),
    ...keysOf(before.things, now.things).flatMap((kind) => compareThings(kind, before.things[kind] ?? {}, now.things[kind] ?? {})),
    ...keysOf(before.files, now.files).flatMap((path) => compareFile(path, before.files[path], now.files[path])),
  ],
  savedAgain: keysOf(before.files, now.files).filter((path) => isSavedAgain(path, before.files[path], now.files[path])),
});

const keysOf = (one: object, other: object): readonly string[] => [...new Set([...Object.keys(one), ...Object.keys(other)])];

const compareSetting = (name: string, before: string, now: string): readonly string[] =>
  before === now ? [] : [`${capitalise(name)} was ${before}, and is ${now}.`];

const capitalise = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

const compareThings = (kind: string, before: Readonly<Record<string, string>>, now: Readonly<Record<string, string>>): readonly string[] =>
  keysOf(before, now).flatMap((name) => {
    const [was, is] = [ownValue(before, name), ownValue(now, name)];
    if (was === is) return [];
    if (was === undefined) return [`There is a new ${kind}, ${name}${is === 'there' ? '' : `: ${is}`}.`];
    return [is === undefined ? `The ${kind} ${name} is gone.` : `The ${kind} ${name} was ${was}, and is ${is}.`];
  });

const compareFile = (path: string, before: FilePrint | undefined, now: FilePrint | undefined): readonly string[] => {
  if (before === undefined || now === undefined) return before === now ? [] : [before === undefined ? `${path} has appeared.` : `${path} is gone.`];
  const difference = differenceOf(before, now);
  return difference === null ? [] : [`${path}: ${difference}.`];
};

const differenceOf = (before: FilePrint, now: FilePrint): string | null => {
  if (before.state !== now.state) return `it was a ${before.state} and is a ${now.state}`;
  if (before.target !== now.target) return `it pointed to ${before.target} and points to ${now.target}`;
  if (before.sha256 !== now.sha256) return 'its content changed';
  if (before.mode !== now.mode) return `its mode was ${octal(before.mode)} and is ${octal(now.mode)}`;
  if (before.uid !== now.uid || before.gid !== now.gid) return `its owner was ${before.uid}:${before.gid} and is ${now.uid}:${now.gid}`;
  return isRelabelled(before, now) ? 'its extended attributes, ACL or security label changed' : null;
};

/** Node reads no extended attributes; but setting one moves the time of the last change, and hardly anything else moves that alone. */
const isRelabelled = ({state, stamp: before}: FilePrint, {stamp: now}: FilePrint): boolean =>
  state === 'file' && before !== null && now !== null && before.inode === now.inode && before.modifiedMs === now.modifiedMs && before.changedMs !== now.changedMs;

const isSavedAgain = (path: string, before: FilePrint | undefined, now: FilePrint | undefined): boolean =>
  before !== undefined && now !== undefined && before.state === 'file' && compareFile(path, before, now).length === 0 && before.stamp?.changedMs !== now.stamp?.changedMs;

const octal = (mode: number): string => mode.toString(8).padStart(4, '0');
