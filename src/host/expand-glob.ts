import type {Source} from '../system/source.ts';
import {matchesGlob} from './kernel/modules.ts';

/**
 * Paths that fit a pattern with `*` and `?` inside its parts, directories listed once each. A part without one means
 * itself, whether it is there or not; `.` for the directory before it.
 */
export const expandGlob = (
  source: Source,
  pattern: string,
  listed: Map<string, readonly string[]>,
): readonly string[] =>
  pattern
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .reduce<readonly string[]>(
      (found, part) => found.flatMap((directory) => step(source, directory, part, listed)),
      [''],
    )
    .filter((path) => path !== '');

const step = (
  source: Source,
  directory: string,
  part: string,
  listed: Map<string, readonly string[]>,
): readonly string[] => {
  if (!/[*?]/.test(part)) return [`${directory}/${part}`];
  const names = listed.get(directory) ?? source.list(directory === '' ? '/' : directory);
  listed.set(directory, names);
  return names.filter((name) => matchesGlob(part, name)).map((name) => `${directory}/${name}`);
};
