import {createTwoFilesPatch} from 'diff';

/**
 * `diff -u` of a file; `null` stands for a file that is not there. Empty when nothing differs.
 * Mode and symlinks are said in a line of their own, as git does.
 */
export const renderDiff = (path: string, before: string | null, after: string | null, headers: readonly string[] = []): string => {
  const from = before === null ? '/dev/null' : path;
  const to = after === null ? '/dev/null' : path;
  const patch = createTwoFilesPatch(from, to, before ?? '', after ?? '', undefined, undefined, {context: 3});
  // jsdiff starts with an Index line and equal signs, which patch(1) ignores and people wonder about.
  const body = patch.replace(/^(Index: .*\n)?=+\n/, '').replaceAll('\t\n', '\n');
  return [...headers, body].join('\n');
};
