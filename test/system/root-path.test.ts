import {describe, expect, it} from 'vitest';
import {folderResolver, resolveInRoot} from '../../src/system/root-path.ts';
import {makeTree} from '../support/make-tree.ts';

const root = makeTree({
  '/usr/lib/file': '',
  '/usr/lib/back': {link: '/etc/file'},
  '/lib': {link: '/usr/lib'},
  '/etc/file': '',
  '/etc/out': {link: '../../../../usr/lib/file'},
  '/etc/loop': {link: 'loop'},
  '/etc/dangling': {link: 'missing'},
});

const places: readonly (readonly [string, string | null])[] = [
  ['/etc/file', '/etc/file'],
  ['/lib/file', '/usr/lib/file'],
  ['/lib/back', '/etc/file'],
  ['/etc/out', '/usr/lib/file'],
  ['/etc/loop', null],
  ['/etc/loop/below', null],
  ['/etc/dangling', '/etc/missing'],
  ['/absent/deep/file', '/absent/deep/file'],
  ['/lib/../etc/file', '/usr/etc/file'],
  ['/lib/..', '/usr'],
  ['/lib/.', '/usr/lib'],
  ['/lib/', '/usr/lib'],
  ['//etc//file', '/etc/file'],
  ['/etc', '/etc'],
  ['/', '/'],
];

describe('a path below another root', () => {
  it.each(places)('%s is %s', (path, place) => {
    const expected = place === null ? null : `${root}${place}`;
    expect(resolveInRoot(root, path)).toBe(expected);
  });

  it('leads to the same place where folders are remembered, in any order and with the last link kept', () => {
    const resolve = folderResolver(root);
    for (const list of [places, [...places].reverse()])
      for (const [path] of list)
        for (const followLast of [true, false])
          expect(resolve(path, followLast), `${path} ${followLast}`).toBe(resolveInRoot(root, path, {followLast}));
  });
});
