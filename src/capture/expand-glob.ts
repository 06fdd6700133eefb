import {matchesGlob} from '../host/module-aliases.ts';
import type {Source} from '../system/source.ts';

/** Existing paths that fit a pattern with `*` and `?` inside its parts, directories listed once each. */
export const expandGlob = (source: Source, pattern: string, listed: Map<string, readonly string[]>): readonly string[] =>
  pattern
    .split('/')
    .slice(1)
    .reduce<readonly string[]>((found, part) => found.flatMap((directory) => step(source, directory, part, listed)), [''])
    .filter((path) => path !== '');

const step = (source: Source, directory: string, part: string, listed: Map<string, readonly string[]>): readonly string[] => {
  if (part === '' || part === '.') return [directory];
  const names = listed.get(directory) ?? source.list(directory === '' ? '/' : directory);
  listed.set(directory, names);
  const fitting = /[*?]/.test(part) ? names.filter((name) => matchesGlob(part, name)) : names.filter((name) => name === part);
  return fitting.map((name) => `${directory}/${name}`);
};
