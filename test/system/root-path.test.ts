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

  it('follows a link among many folders, however many were looked up before it', () => {
    const names = Array.from({length: 40}, (_, index) => `device-${index}`);
    const tree = makeTree({
      ...Object.fromEntries(names.map((name) => [`/sys/bus/${name}/uevent`, ''])),
      '/sys/bus/out': {link: '../../../../etc'},
      '/sys/bus/absolute': {link: '/sys/bus/device-7'},
      '/sys/bus/back': {link: 'out'},
      '/sys/bus/loop': {link: 'loop'},
      '/sys/bus/file': '',
    });
    const resolve = folderResolver(tree);
    for (const name of [...names, 'out', 'absolute', 'back', 'loop', 'file', 'absent', ...names])
      for (const path of [`/sys/bus/${name}/uevent`, `/sys/bus/${name}/deeper/uevent`])
        expect(resolve(path, true), path).toBe(resolveInRoot(tree, path));
  });
});
