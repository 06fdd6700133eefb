import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {parseGrubEntries} from '../../src/boot/grub/grub-menu.ts';
import {bootPorts} from '../../src/boot/chains.ts';
import type {GrubMenu} from '../../src/facts/boot.ts';
import {readBoot} from '../../src/host/boot/boot.ts';
import {openTree} from '../support/make-tree.ts';

/** Written by update-grub of Debian 12 (GRUB 2.06) in the lab. */
const menu = readFileSync(join(import.meta.dirname, 'debian-12-grub.cfg'), 'utf8');
const root = 'root=UUID=5b1f0c1e-7a0b-4c59-9d7e-0d5f6a1b2c3d ro';
const options =
  'console=tty0 console=ttyS0,115200 mitigations=off audit=0 apparmor=0 nokaslr cryptomgr.notests panic=30';
const commandLine = `BOOT_IMAGE=/boot/vmlinuz-6.1.0-56-amd64 ${root} ${options} quiet intel_iommu=on`;

type Tree = Parameters<typeof openTree>[0];
const disk: Tree = {
  '/boot/grub/grub.cfg': menu,
  '/boot/grub/grubenv': '# GRUB Environment Block\n',
  '/proc/self/mountinfo': '26 1 254:1 / / rw - ext4 /dev/vda1 rw\n',
  '/sys/dev/block/254:1': {link: '../../devices/pci0000:00/0000:00:03.0/virtio0/block/vda/vda1'},
  '/sys/class/block/vda1': {link: '../../devices/pci0000:00/0000:00:03.0/virtio0/block/vda/vda1'},
  '/sys/devices/pci0000:00/0000:00:03.0/virtio0/block/vda/vda1/partition': '1\n',
};
const menuOf = (tree: Tree): GrubMenu | null => {
  const {own} = readBoot(openTree(tree), () => {}, {}, bootPorts);
  return own?.kind === 'grub' ? own.menu : null;
};
const read = (changes: Tree = {}, line = commandLine) => menuOf({...disk, '/proc/cmdline': line, ...changes});

describe("GRUB's menu", () => {
  it('has an entry, the same in a submenu, and the one for recovery', () => {
    expect(parseGrubEntries(menu).map((entry) => [entry.kernel, entry.arguments, entry.images])).toEqual([
      ['/boot/vmlinuz-6.1.0-56-amd64', `${root} ${options} quiet intel_iommu=on`, ['/boot/initrd.img-6.1.0-56-amd64']],
      ['/boot/vmlinuz-6.1.0-56-amd64', `${root} ${options} quiet intel_iommu=on`, ['/boot/initrd.img-6.1.0-56-amd64']],
      [
        '/boot/vmlinuz-6.1.0-56-amd64',
        `${root.replace(' ro', '')} ro single ${options}`,
        ['/boot/initrd.img-6.1.0-56-amd64'],
      ],
    ]);
  });

  it('knows the entry that started this system, with what it prepares and without what it only says', () => {
    const running = read()?.running;
    expect(running?.arguments).toBe(`${root} ${options} quiet intel_iommu=on`);
    expect(running?.preparation).toContain('insmod ext2');
    expect(running?.preparation.filter((line) => line.startsWith('echo'))).toEqual([]);
  });

  it('does not take an entry with other arguments or another kernel for the running one', () => {
    expect(read({}, `${commandLine} init=/bin/sh`)?.running).toBeNull();
    expect(read({}, commandLine.replace('6.1.0-56', '6.1.0-55'))?.running).toBeNull();
  });

  it('passes over entries whose words a shell would change', () => {
    expect(parseGrubEntries(menu.replaceAll(' quiet', ' dyndbg="file x +p"')).map((entry) => entry.arguments)).toEqual([
      `${root.replace(' ro', '')} ro single ${options}`,
    ]);
  });

  it('reads custom.cfg and obeys a choice for one boot as Debian generates it, and not without these lines', () => {
    expect(read()).toMatchObject({directory: '/boot/grub', readsCustom: true, obeysNextEntry: true});
    expect(
      read({'/boot/grub/grub.cfg': menu.replaceAll('custom.cfg', 'own.cfg').replaceAll('${next_entry}', '0')}),
    ).toMatchObject({readsCustom: false, obeysNextEntry: false});
  });

  it('is not there where GRUB has none', () => {
    expect(menuOf({'/etc/default/grub': '', '/proc/cmdline': commandLine})).toBeNull();
  });
});

describe('the file that GRUB remembers a choice in', () => {
  it('can be written on a plain partition with ext4', () => {
    expect(read()?.environmentObstacle).toBeNull();
  });

  it.each([
    ['btrfs', {'/proc/self/mountinfo': '26 1 0:25 /@ / rw - btrfs /dev/vda1 rw\n'}, /btrfs, which GRUB can't write to/],
    ['ZFS', {'/proc/self/mountinfo': '26 1 0:25 / / rw - zfs rpool/ROOT rw\n'}, /zfs, which GRUB can't write to/],
    [
      'LVM',
      {
        '/proc/self/mountinfo': '26 1 253:0 / / rw - ext4 /dev/mapper/vg-root rw\n',
        '/sys/dev/block/253:0': {link: '../../devices/virtual/block/dm-0'},
        '/sys/class/block/dm-0': {link: '../../devices/virtual/block/dm-0'},
        '/sys/devices/virtual/block/dm-0/dm/name': 'vg-root\n',
      },
      /on dm-0, which is put together/,
    ],
    [
      'RAID',
      {
        '/proc/self/mountinfo': '26 1 9:0 / /boot rw - ext4 /dev/md0 rw\n',
        '/sys/dev/block/9:0': {link: '../../devices/virtual/block/md0'},
        '/sys/class/block/md0': {link: '../../devices/virtual/block/md0'},
        '/sys/devices/virtual/block/md0/md/level': 'raid1\n',
      },
      /on md0, which is put together/,
    ],
    [
      'a disk that nothing tells',
      {'/proc/self/mountinfo': '26 1 8:1 / / rw - ext4 /dev/sda1 rw\n'},
      /it is unknown on which disk/,
    ],
  ] satisfies [string, Tree, RegExp][])('can not on %s', (_what, changes, reason) => {
    expect(read(changes)?.environmentObstacle).toMatch(reason);
  });

  it('can not where it does not exist', () => {
    const {'/boot/grub/grubenv': _gone, ...without} = disk;
    expect(menuOf({...without, '/proc/cmdline': commandLine})?.environmentObstacle).toBe(
      '/boot/grub/grubenv does not exist',
    );
  });
});
