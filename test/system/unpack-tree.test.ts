import {existsSync, lstatSync, mkdtempSync, readFileSync, readlinkSync, rmSync, statSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {unpackDemoHost} from '../../src/system/demo-host.ts';
import {parseTree, type TreeEntry, unpackTree} from '../../src/system/tree-file.ts';
import {hostNames, hostTreeText, unpackHost} from '../support/host-tree.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'vfio-pilot-unpack-'));
});
afterEach(() => rmSync(root, {recursive: true, force: true}));

const file = (path: string): TreeEntry => ({type: 'file', path, mode: 0o640, text: 'text\n'});

describe('unpacking a host tree', () => {
  it('writes files with their mode, links, directories and bytes', () => {
    unpackTree(
      [
        file('/etc/x'),
        {type: 'link', path: '/y', target: '/etc/x'},
        {type: 'directory', path: '/run'},
        {type: 'binary', path: '/b', mode: 0o400, base64: '/wA='},
      ],
      root,
    );
    expect(readFileSync(join(root, 'etc/x'), 'utf8')).toBe('text\n');
    expect(statSync(join(root, 'etc/x')).mode & 0o7777).toBe(0o640);
    expect(readlinkSync(join(root, 'y'))).toBe('/etc/x');
    expect(lstatSync(join(root, 'run')).isDirectory()).toBe(true);
    expect([...readFileSync(join(root, 'b'))]).toEqual([255, 0]);
  });

  it.each([
    ['goes up', [file('/etc/../../x')]],
    ['is relative', [file('etc/x')]],
    ['goes through a link', [{type: 'link', path: '/etc', target: tmpdir()}, file('/etc/x')]],
    ['goes through a link that comes later', [file('/etc/x'), {type: 'link', path: '/etc', target: tmpdir()}]],
  ] satisfies readonly [string, readonly TreeEntry[]][])('refuses a path that %s', (_, entries) => {
    expect(() => unpackTree(entries, root)).toThrow('could leave its directory');
  });

  it.each(hostNames())('unpacks %s, whose links in /sys all lead somewhere', (name) => {
    const host = unpackHost(name);
    const links = parseTree(hostTreeText(name)).filter(
      (entry) => entry.type === 'link' && entry.path.startsWith('/sys/'),
    );
    const dangling = links.map(({path}) => path).filter((path) => !existsSync(join(host, path)));
    expect(links.length).toBeGreaterThan(30);
    expect(dangling).toEqual([]);
  });
});

describe('the demo host', () => {
  it('lies in a directory that only this user may enter', () => {
    const demo = unpackDemoHost('r710');
    expect(statSync(demo).mode & 0o777).toBe(0o700);
    expect(readFileSync(join(demo, 'sys/bus/pci/devices/0000:06:00.0/device'), 'utf8')).toBe('0x1c81\n');
    rmSync(demo, {recursive: true, force: true});
  });
});
