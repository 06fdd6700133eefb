import {readdirSync, readFileSync} from 'node:fs';
import {join, relative} from 'node:path';
import {describe, expect, it} from 'vitest';
import {openSource} from '../../src/system/source.ts';
import {makeTree} from '../support/make-tree.ts';

const secret = 'what only this machine has';
const outside = makeTree({'/secret': secret, '/folder/vendor': secret, '/folder/inner/vendor': secret});
const climb = (from: string, path: string): string => relative(from, path);

/** A tree as a stranger may hand it over: its links lead to files of this machine, by every way that a link has. */
const hostile = makeTree({
  '/proc/cmdline': {link: join(outside, 'secret')},
  '/etc/secret': {link: join(outside, 'secret')},
  '/sys/bus/pci/devices/0000:01:00.0': {link: join(outside, 'folder')},
  '/sys/bus/pci/devices/0000:02:00.0': {link: climb('/nowhere/deep/sys/bus/pci/devices', join(outside, 'folder'))},
  '/sys/class/far': {link: `../../../../../../../../../../../..${join(outside, 'folder')}`},
  '/sys/class/twice': {link: 'far'},
  '/sys/kernel/iommu_groups/1/devices': {link: `../far/../..${join(outside, 'folder')}`},
  '/sys/kernel/far': {link: join(outside, 'folder/inner')},
  '/sys/devices/pci0000:00/0000:00:01.0/vendor': {link: join(outside, 'secret')},
  '/sys/loop': {link: 'loop'},
});

const files = [
  '/proc/cmdline',
  '/etc/secret',
  '/sys/bus/pci/devices/0000:01:00.0/vendor',
  '/sys/class/far/vendor',
  '/sys/class/twice/vendor',
  '/sys/class/twice/inner/vendor',
  '/sys/devices/pci0000:00/0000:00:01.0/vendor',
];
const folders = ['/sys/bus/pci/devices/0000:01:00.0', '/sys/class/far', '/sys/class/twice'];

describe('a link in a captured tree that leads out of it', () => {
  it('is followed by a program that does not look: the control', () => {
    for (const path of files) expect(readFileSync(join(hostile, path), 'utf8'), path).toBe(secret);
    for (const path of folders) expect(readdirSync(join(hostile, path)), path).toEqual(['inner', 'vendor']);
  });

  it.each([
    ...files,
    '/sys/kernel/iommu_groups/1/devices/vendor',
    '/sys/bus/pci/devices/0000:02:00.0/vendor',
    '/sys/loop/vendor',
  ])('(%s) gives nothing of this machine', (path) => {
    const source = openSource(hostile, null);
    expect(source.text(path)).toBe(null);
    expect(source.bytes(path)).toBe(null);
    expect(source.head(path)).toBe(null);
    expect(source.part(path, 0, 10)).toBe(null);
  });

  it.each([...folders, '/sys/kernel/iommu_groups/1/devices', '/sys/bus/pci/devices/0000:02:00.0'])(
    '(%s) lists nothing of this machine, and nothing below it is there',
    (path) => {
      const source = openSource(hostile, null);
      expect(source.list(path)).toEqual([]);
      expect(source.directories(path)).toEqual([]);
      expect(source.exists(`${path}/vendor`)).toBe(false);
      expect(source.stat(`${path}/vendor`)).toBe(null);
      expect(source.link(`${path}/vendor`)).toBe(null);
    },
  );
});

describe('a link in a captured tree', () => {
  const root = makeTree({
    '/sys/bus/pci/devices/0000:01:00.0': {link: '../../../devices/pci0000:00/0000:01:00.0'},
    '/sys/devices/pci0000:00/0000:01:00.0/vendor': '0x10de\n',
    '/sys/devices/pci0000:00/0000:01:00.0/iommu_group': {link: '../../../kernel/iommu_groups/7'},
    '/proc/mounts': {link: 'self/mounts'},
    '/proc/self/mounts': 'none',
    '/etc/absolute': {link: '/usr/lib/file'},
    '/usr/lib/file': 'of the tree',
  });
  const source = openSource(root, null);

  it.each([
    ['/sys/bus/pci/devices/0000:01:00.0/vendor', '0x10de\n'],
    ['/proc/mounts', 'none'],
    ['/etc/absolute', 'of the tree'],
  ])('%s is followed inside the tree', (path, text) => {
    expect(source.text(path)).toBe(text);
    expect(source.head(path)?.toString()).toBe(text);
    expect(source.part(path, 1, 2)?.toString()).toBe(text.slice(1, 3));
  });

  it('is there and can be read where it leads nowhere', () => {
    const path = '/sys/bus/pci/devices/0000:01:00.0/iommu_group';
    expect(source.exists(path)).toBe(true);
    expect(source.stat(path)?.type).toBe('symlink');
    expect(source.link(path)).toBe('../../../kernel/iommu_groups/7');
    expect(source.list(path)).toEqual([]);
  });
});
