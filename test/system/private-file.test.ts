import {execFileSync} from 'node:child_process';
import {chmodSync, linkSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, describe, expect, it} from 'vitest';
import {readPrivateFile, userStateDirectory, writePrivateFile} from '../../src/system/user-file.ts';

const top = mkdtempSync(join(tmpdir(), 'private-'));
afterAll(() => rmSync(top, {recursive: true}));
const fresh = (): string => mkdtempSync(join(top, 'in-'));

describe('a private file', () => {
  it('is made with its directories, for its owner alone, and read back', () => {
    const path = join(fresh(), 'state/vfio-pilot/draft.json');
    expect(readPrivateFile(path, 100)).toBeNull();
    writePrivateFile(path, 'one');
    writePrivateFile(path, 'two');
    expect(readPrivateFile(path, 100)).toBe('two');
    expect([statSync(path).mode & 0o777, statSync(join(path, '..')).mode & 0o777]).toEqual([0o600, 0o700]);
  });

  it('gets its mode back when it had another', () => {
    const path = join(fresh(), 'draft.json');
    writeFileSync(path, 'mine', {mode: 0o644});
    writePrivateFile(path, 'new');
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it.each<readonly [string, (path: string, other: string) => void]>([
    ['a link', (path, other) => symlinkSync(other, path)],
    ['a second name of another file', (path, other) => linkSync(other, path)],
    ['a pipe', (path) => execFileSync('mkfifo', [path])],
    [
      'a file that others may write',
      (path) => {
        writeFileSync(path, 'theirs');
        chmodSync(path, 0o666);
      },
    ],
    ['a file that is too large', (path) => writeFileSync(path, 'x'.repeat(101))],
  ])('that is %s is refused, and what it leads to is neither read nor changed', (_name, make) => {
    const directory = fresh();
    const [path, other] = [join(directory, 'draft.json'), join(directory, 'other')];
    writeFileSync(other, 'secret');
    make(path, other);
    expect(() => readPrivateFile(path, 100)).toThrow('is not a plain file that only you can write');
    expect(readFileSync(other, 'utf8')).toBe('secret');
  });
});

describe('the state directory of a person', () => {
  it('is the one of XDG where that is absolute, else below the home', () => {
    expect(userStateDirectory({XDG_STATE_HOME: '/x', HOME: '/h'})).toBe('/x/vfio-pilot');
    expect(userStateDirectory({XDG_STATE_HOME: 'x', HOME: '/h'})).toBe('/h/.local/state/vfio-pilot');
  });
});
