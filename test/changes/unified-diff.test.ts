import {execFileSync, spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import fc from 'fast-check';
import {afterAll, describe, expect, it} from 'vitest';
import {renderDiff} from '../../src/changes/compare-artifacts.ts';

const hasPatch = spawnSync('patch', ['--version']).status === 0;
const directory = mkdtempSync(join(tmpdir(), 'vfio-pilot-diff-'));
afterAll(() => rmSync(directory, {recursive: true, force: true}));

/** What patch(1) makes of `before` with the diff; `null` when it removes the file. */
const patched = (before: string | null, after: string | null): string | null => {
  const file = join(directory, 'file');
  // patch(1) removes the directory with the last file in it.
  mkdirSync(directory, {recursive: true});
  rmSync(file, {force: true});
  if (before !== null) writeFileSync(file, before);
  execFileSync('patch', ['--silent', '--no-backup-if-mismatch', '-p0', file], {
    input: renderDiff('etc/file', before, after),
    cwd: directory,
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  return existsSync(file) ? readFileSync(file, 'utf8') : null;
};

describe('a diff', () => {
  it('is what diff -u says, without an Index line, and begins with what is said of the file', () => {
    expect(renderDiff('/a', 'one\ntwo\n', 'one\n2\n')).toBe('--- /a\n+++ /a\n@@ -1,2 +1,2 @@\n one\n-two\n+2\n');
    expect(renderDiff('/a', null, 'x\n', ['new file mode 0755'])).toBe(
      'new file mode 0755\n--- /dev/null\n+++ /a\n@@ -0,0 +1,1 @@\n+x\n',
    );
    expect(renderDiff('/a', 'x\n', null)).toBe('--- /a\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-x\n');
  });

  it('tells a missing final newline', () => {
    expect(renderDiff('/a', 'x', 'x\n')).toContain('\\ No newline at end of file');
  });

  it('shows what is inside a line that looks like a header', () => {
    expect(renderDiff('/a', 'Index: x\n=====\n', 'Index: y\n=====\n')).toBe(
      '--- /a\n+++ /a\n@@ -1,2 +1,2 @@\n-Index: x\n+Index: y\n =====\n',
    );
  });
});

describe.skipIf(!hasPatch)('a diff given to patch(1) (skipped where it is missing)', () => {
  it.each([
    ['of a line in the middle', 'a\nb\nc\nd\ne\nf\ng\nh\n', 'a\nb\nc\nd\nE\nf\ng\nh\n'],
    ['of two places', `${'x\n'.repeat(20)}a\n${'y\n'.repeat(20)}`, `0\n${'x\n'.repeat(20)}b\n${'y\n'.repeat(19)}`],
    ['that adds the final newline', 'a\nb', 'a\nb\nc\n'],
    ['that loses the final newline', 'a\nb\n', 'a\nb'],
    ['of a new file', null, 'a\nb\n'],
    ['of a file that goes', 'a\nb\n', null],
    ['of a tab at the end of a line', 'a\t\nb\t\n', 'a\t\nc\t\n'],
    ['of lines that end in CR LF', 'a\r\nb\r\nc\r\n', 'a\r\nB\r\nc\r\n'],
    ['of an empty file', '', 'a\n'],
  ])('%s gives the new file', (_name, before, after) => expect(patched(before, after)).toBe(after));

  it('gives the new file for any two texts', () => {
    const text = fc
      .array(fc.constantFrom('', 'a', 'b\t', 'g\r', ' c', '-d', '+e', '@@ f'), {maxLength: 12})
      .chain((lines) => fc.constantFrom(lines.join('\n'), `${lines.join('\n')}\n`));
    fc.assert(
      fc.property(text, text, (before, after) => {
        fc.pre(before !== after && before !== '' && after !== '');
        expect(patched(before, after)).toBe(after);
      }),
      {numRuns: 60},
    );
  });
});
