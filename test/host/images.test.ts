import {mkdirSync, mkdtempSync, symlinkSync, writeFileSync} from 'node:fs';
import {execFileSync} from 'node:child_process';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {openFiles} from '../../src/hosts/host-files.ts';
import {listUserFolder, lookAtUserFile} from '../../src/system/user-folder.ts';
import {openSource} from '../../src/system/source.ts';

/** A made-up root; contents of files by path. */
const rootWith = (files: Readonly<Record<string, string>>): string => {
  const root = mkdtempSync(join(tmpdir(), 'vfio-pilot-images-'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, path, '..'), {recursive: true});
    writeFileSync(join(root, path), text);
  }
  return root;
};
const filesOf = (root: string) => openFiles(openSource(root, null));

describe('images of a host', () => {
  it('are those of libvirt’s pools, and of Proxmox VE’s storages for ISO images', () => {
    const root = rootWith({
      '/var/lib/libvirt/images/win11.qcow2': 'x',
      '/var/lib/libvirt/images/notes.txt': 'x',
      '/var/lib/libvirt/images/virtio-win.iso': 'xxxx',
      '/etc/libvirt/storage/games.xml':
        "<pool type='dir'><name>games</name><target><path>/srv/games</path></target></pool>",
      '/etc/libvirt/storage/lvm.xml': "<pool type='logical'><target><path>/dev/vg</path></target></pool>",
      '/etc/libvirt/storage/broken.xml': '<pool type=',
      '/srv/games/deck.raw': 'x',
      '/etc/pve/storage.cfg':
        'dir: local\n\tpath /var/lib/vz\n\tcontent iso,vztmpl\n\ndir: big\n\tpath /mnt/big\n\tcontent images\n',
      '/var/lib/vz/template/iso/Debian.ISO': 'x',
      '/mnt/big/template/iso/hidden.iso': 'x',
    });
    expect(filesOf(root).findImages()).toEqual([
      {path: '/var/lib/libvirt/images/virtio-win.iso', kind: 'iso', sizeBytes: 4},
      {path: '/var/lib/libvirt/images/win11.qcow2', kind: 'disk', sizeBytes: 1},
      {path: '/srv/games/deck.raw', kind: 'disk', sizeBytes: 1},
      {path: '/var/lib/vz/template/iso/Debian.ISO', kind: 'iso', sizeBytes: 1},
    ]);
  });

  it('are at most 200, and none where the host has no such folder', () => {
    const names = Array.from({length: 230}, (_, index) => `/var/lib/libvirt/images/${index}.iso`);
    expect(filesOf(rootWith(Object.fromEntries(names.map((name) => [name, 'x'])))).findImages()).toHaveLength(200);
    expect(filesOf(rootWith({})).findImages()).toEqual([]);
  });
});

describe('a look at a path of another root', () => {
  it('follows links inside the root only', () => {
    const root = rootWith({'/srv/real.iso': 'x', '/srv/folder/a': 'x'});
    symlinkSync('/srv/real.iso', join(root, 'srv/link.iso'));
    symlinkSync('/srv/folder', join(root, 'srv/there'));
    symlinkSync('/etc/hostname', join(root, 'srv/out.iso'));
    symlinkSync('loop', join(root, 'srv/loop'));
    expect(lookAtUserFile(root, '/srv/link.iso')).toMatchObject({kind: 'file', sizeBytes: 1, isReadable: true});
    expect(lookAtUserFile(root, '/srv/out.iso')).toEqual({kind: 'absent'});
    expect(lookAtUserFile(root, '/srv/loop').kind).not.toBe('file');
    expect(listUserFolder(root, '/srv')).toEqual([
      {name: 'folder', kind: 'folder'},
      {name: 'link.iso', kind: 'file'},
      {name: 'loop', kind: 'other'},
      {name: 'out.iso', kind: 'other'},
      {name: 'real.iso', kind: 'file'},
      {name: 'there', kind: 'folder'},
    ]);
  });

  it('opens no pipe, and lists nothing of a file', () => {
    const root = rootWith({'/srv/a': 'x'});
    execFileSync('mkfifo', [join(root, 'srv/pipe.iso')]);
    expect(lookAtUserFile(root, '/srv/pipe.iso')).toEqual({kind: 'other'});
    expect(listUserFolder(root, '/srv/a')).toBeNull();
    expect(lookAtUserFile(root, '/srv/a/b')).toEqual({kind: 'absent'});
  });
});
