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
  // Its headers end in a tab where no time is given; tabs below them are the file's.
  const body = patch.replace(/^(Index: .*\n)?=+\n/, '').replace(/^(--- [^\n]*?)\t?\n(\+\+\+ [^\n]*?)\t?\n/, '$1\n$2\n');
  return [...headers, body].join('\n');
};
