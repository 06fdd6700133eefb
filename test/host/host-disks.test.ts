import {describe, expect, it} from 'vitest';
import {readHostDisks} from '../../src/host/needs/host-disks.ts';
import {openTree} from '../support/make-tree.ts';
import {disk, mountinfo, stacked, type Tree} from './block-trees.ts';

const nvme = '/sys/devices/pci0000:00/0000:00:01.1/0000:01:00.0/nvme/nvme0/nvme0n1';

const usesOf = (tree: Tree) =>
  Object.fromEntries(readHostDisks(openTree(tree)).flatMap(({paths, use}) => paths.map((path) => [path, use])));

describe('the disks that the host uses', () => {
  it('are what is mounted and all below it, down to the whole disk, and no neighbour', () => {
    const tree = {
      ...disk(nvme, {nvme0n1p1: '259:1', nvme0n1p3: '259:3', nvme0n1p4: '259:4'}),
      ...stacked('dm-0', '253:0', 'CRYPT-LUKS2-abc', ['nvme0n1p3']),
      ...stacked('dm-1', '253:1', 'LVM-x', ['dm-0']),
      ...mountinfo(['253:1', '/', 'ext4', '/dev/mapper/vg-root'], ['0:5', '/dev', 'devtmpfs', 'udev']),
      [`${nvme}/nvme0n1p3/dev`]: '259:3\n',
      '/run/udev/data/b259:3': 'S:disk/by-id/nvme-Disk_1-part3\nE:ID_FS_TYPE=crypto_LUKS\n',
    };
    expect(usesOf(tree)).toEqual({
      '/dev/dm-1': '/ is on it',
      '/dev/dm-0': '/ is on LVM volume dm-1-name (dm-1)',
      '/dev/nvme0n1p3': '/ is on LVM volume dm-1-name (dm-1)',
      '/dev/block/259:3': '/ is on LVM volume dm-1-name (dm-1)',
      '/dev/disk/by-id/nvme-Disk_1-part3': '/ is on LVM volume dm-1-name (dm-1)',
      '/dev/nvme0n1': '/ is on LVM volume dm-1-name (dm-1)',
    });
  });

  it('are those of swap, of each member of a ZFS pool, and of what is mounted next to the system', () => {
    const tree = {
      ...disk(nvme, {nvme0n1p1: '259:1', nvme0n1p2: '259:2', nvme0n1p3: '259:3'}),
      ...mountinfo(['0:30', '/', 'zfs', 'rpool/ROOT'], ['259:3', '/mnt/data', 'xfs', '/dev/nvme0n1p3']),
      '/run/udev/data/b259:2': 'E:ID_FS_TYPE=zfs_member\nE:ID_FS_LABEL=rpool\n',
      '/proc/swaps': 'Filename Type Size Used Priority\n/dev/nvme0n1p1 partition 1 0 -2\n',
    };
    expect(usesOf(tree)).toMatchObject({
      '/dev/nvme0n1p2': '/ is on it',
      '/dev/nvme0n1p3': '/mnt/data is on it',
      '/dev/nvme0n1p1': 'swap is on it',
      '/dev/nvme0n1': '/ is on nvme0n1p2',
    });
  });

  it('have the name by which libvirt hands on a SCSI device', () => {
    const sda = '/sys/devices/pci0000:00/0000:00:17.0/ata2/host1/target1:0:0/1:0:0:0/block/sda';
    const tree = {
      ...disk(sda, {sda1: '8:1'}),
      ...mountinfo(['8:1', '/srv', 'ext4', '/dev/sda1']),
      [`${sda}/device`]: {link: '../../../1:0:0:0'},
    };
    expect(usesOf(tree)).toMatchObject({'/sys/bus/scsi/devices/1:0:0:0': '/srv is on sda1'});
  });

  it('are none where nothing tells', () => {
    expect(usesOf({})).toEqual({});
  });
});
