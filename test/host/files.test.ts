import {describe, expect, it} from 'vitest';
import type {Finding} from '../../src/findings/finding.ts';
import {readFiles} from '../../src/host/files.ts';
import {openTree} from '../support/make-tree.ts';

const read = (tree: Parameters<typeof openTree>[0]) => {
  const notes: Finding[] = [];
  return {files: readFiles(openTree(tree), (finding) => notes.push(finding)), notes};
};

describe('files that may be edited', () => {
  it('holds text, mode and hash, and leaves out what does not exist', () => {
    const {files} = read({'/etc/default/grub': {text: 'GRUB_TIMEOUT=5\n', mode: 0o640}});
    expect(Object.keys(files)).toEqual(['/etc/default/grub']);
    expect(files['/etc/default/grub']).toMatchObject({
      state: 'file',
      text: 'GRUB_TIMEOUT=5\n',
      encoding: 'utf8',
      mode: 0o640,
      uid: process.getuid?.(),
      sha256: 'de6968a5944a47e1648dcbd1ad00041dd9a1d522934e399abc85f4c70b07cd6c',
    });
  });

  it('keeps bytes that are no UTF-8', () => {
    const bytes = Buffer.from([0x23, 0xe9, 0x0a]);
    const file = read({'/etc/modules': bytes}).files['/etc/modules'];
    expect(file?.encoding).toBe('latin1');
    expect(Buffer.from(file?.text ?? '', 'latin1')).toEqual(bytes);
  });

  it('tells a link with its target and never reads through it', () => {
    const {files} = read({'/etc/default/grub': {link: '/srv/grub'}, '/srv/grub': 'GRUB_TIMEOUT=1\n'});
    expect(files['/etc/default/grub']).toMatchObject({state: 'symlink', target: '/srv/grub', text: null});
  });

  it('collects drop-ins, initramfs scripts, own units and their links', () => {
    const {files} = read({
      '/etc/default/grub.d/90-x.cfg': '',
      '/etc/default/grub.d/README': '',
      '/etc/modprobe.d/vfio.conf': '',
      '/etc/modprobe.d/vfio.conf.bak': '',
      '/etc/initramfs-tools/scripts/init-top/00-vfio': '#!/bin/sh\n',
      '/etc/initramfs-tools/hooks/x': '',
      '/etc/systemd/system/vfio-pilot-hugepages.service': '',
      '/etc/systemd/system/sysinit.target.wants/vfio-pilot-hugepages.service': {
        link: '../vfio-pilot-hugepages.service',
      },
      '/etc/systemd/system/sysinit.target.wants/other.service': {link: '/lib/x'},
      '/etc/libvirt/qemu/win10.xml': '<domain/>',
      '/boot/grub/grub.cfg': 'set x\n',
    });
    expect(Object.keys(files)).toEqual([
      '/etc/default/grub.d',
      '/etc/default/grub.d/90-x.cfg',
      '/etc/initramfs-tools/hooks/x',
      '/etc/initramfs-tools/scripts/init-top/00-vfio',
      '/etc/libvirt/qemu/win10.xml',
      '/etc/modprobe.d/vfio.conf',
      '/etc/systemd/system/sysinit.target.wants/vfio-pilot-hugepages.service',
      '/etc/systemd/system/vfio-pilot-hugepages.service',
    ]);
  });

  it('says what it is when a directory is in the place of a file', () => {
    expect(read({'/etc/default/grub/x': ''}).files['/etc/default/grub']).toMatchObject({
      state: 'directory',
      text: null,
    });
  });
});
