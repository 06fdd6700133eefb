import {describe, expect, it} from 'vitest';
import {choosePager, showInPager} from '../../src/system/pager.ts';
import {fitsScreen} from '../../src/words/fits-screen.ts';

const findTrusted = (name: string): string => `/usr/bin/${name}`;
const asRoot = (environment: Readonly<Record<string, string>>) =>
  choosePager({isRoot: true, environment: {TERM: 'xterm', ...environment}, findTrusted});
const asUser = (environment: Readonly<Record<string, string>>) =>
  choosePager({isRoot: false, environment, findTrusted});

describe('the pager', () => {
  it('of a user is the program of PAGER with its arguments, or less with the options that git gives to it', () => {
    expect(asUser({})).toMatchObject({file: 'less', args: [], env: {LESS: 'FRX'}});
    expect(asUser({LESS: '-S'})).toMatchObject({env: {LESS: '-S'}});
    expect(asUser({PAGER: ' most  -w '})).toMatchObject({file: 'most', args: ['-w']});
    // No shell looks at it: these are arguments of a program called `less`.
    expect(asUser({PAGER: 'less;id $(id)'})).toMatchObject({file: 'less;id', args: ['$(id)']});
  });

  it('of root is less in its secure mode, whatever the environment wants', () => {
    for (const environment of [
      {PAGER: 'tee /etc/motd'},
      {PAGER: 'sh'},
      {PAGER: '/home/me/less'},
      {LESSOPEN: '|id %s', LESSKEYIN: '/home/me/keys', LESS: '-o/etc/motd', PATH: '/home/me'},
    ]) {
      const pager = asRoot(environment);
      expect(pager).toMatchObject({file: '/usr/bin/less', args: []});
      expect(Object.keys(pager?.env ?? {}).sort()).toEqual([
        'HOME',
        'LC_ALL',
        'LESS',
        'LESSHISTFILE',
        'LESSSECURE',
        'PATH',
        'TERM',
      ]);
      expect(pager?.env).toMatchObject({LESS: 'FRX', LESSSECURE: '1', LESSHISTFILE: '-'});
      expect(pager?.env['PATH']).not.toContain('/home');
    }
    expect(choosePager({isRoot: true, environment: {TERM: 'xterm'}, findTrusted: () => null})).toBeNull();
    expect(asRoot({TERM: '../../home/me/x'})).toBeNull();
  });

  it('is none where PAGER is empty or cat, and on a dumb terminal', () => {
    for (const environment of [{PAGER: ''}, {PAGER: 'cat'}, {TERM: 'dumb'}]) {
      expect(asUser(environment)).toBeNull();
      expect(asRoot(environment)).toBeNull();
    }
  });

  it('that cannot be started, or does not read all, is no failure', async () => {
    const env = {PATH: '/usr/bin:/bin'};
    expect(await showInPager({file: '/nowhere/less', args: [], env}, 'text')).toBe(false);
    expect(await showInPager({file: 'true', args: [], env}, 'x'.repeat(1_000_000))).toBe(true);
  });
});

describe('a text', () => {
  it.each<[string, number, boolean]>([
    ['a\nb\n', 3, true],
    ['a\nb\nc\n', 3, false],
    ['a'.repeat(10), 2, true],
    ['a'.repeat(11), 2, false],
    ['\u001B[31ma\u001B[0m'.repeat(10), 2, true],
    ['界'.repeat(6), 2, false],
    ['\n\n', 3, true],
  ])('%j on %i rows of 10 columns fits: %s', (text, rows, fits) =>
    expect(fitsScreen(text, {columns: 10, rows})).toBe(fits),
  );
});
