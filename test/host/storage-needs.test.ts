import {describe, expect, it} from 'vitest';
import {openTree} from '../support/make-tree.ts';
import {disk, mountinfo, stacked} from './block-trees.ts';
import {pciFunction, read, readSource} from './read-needs.ts';

const nvme = '/sys/devices/pci0000:00/0000:00:01.1/0000:01:00.0/nvme/nvme0/nvme0n1';
const sataA = '/sys/devices/pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0/block/sda';
const sataB = '/sys/devices/pci0000:00/0000:00:1c.0/0000:03:00.0/ata7/host6/target6:0:0/6:0:0:0/block/sdb';

describe('failure mode 3: what the host needs for its storage', () => {
  it('follows LVM on LUKS on a partition of an NVMe disk', () => {
    const {needs, notes} = read({
      ...mountinfo(['254:1', '/', 'ext4', '/dev/mapper/vg-root'], ['259:1', '/boot/efi', 'vfat', '/dev/nvme0n1p1']),
      ...disk(nvme, {nvme0n1p1: '259:1', nvme0n1p3: '259:3'}),
      ...stacked('dm-0', '254:0', 'CRYPT-LUKS2-abc-x', ['nvme0n1p3']),
      ...stacked('dm-1', '254:1', 'LVM-abcdef', ['dm-0']),
    });
    expect(needs).toEqual([
      {
        address: '0000:01:00.0',
        kind: 'root',
        chain: '/ is on LVM volume dm-1-name (dm-1) → LUKS dm-0-name (dm-0) → nvme0n1p3 → 0000:01:00.0',
        spares: [],
      },
      {address: '0000:01:00.0', kind: 'esp', chain: '/boot/efi is on nvme0n1p1 → 0000:01:00.0', spares: []},
    ]);
    expect(notes).toEqual([]);
  });

  it('needs both controllers of a mirror', () => {
    const tree = {
      ...disk(sataA, {sda1: '8:1'}),
      ...disk(sataB, {sdb1: '8:17'}),
      ...stacked('md0', '9:0', '', ['sda1', 'sdb1'], 'md'),
    };
    const {found, needs} = read({...mountinfo(['9:0', '/', 'ext4', '/dev/md0']), ...tree});
    expect(found).toEqual(['root 0000:00:17.0', 'root 0000:03:00.0']);
    expect(needs[0]?.chain).toBe('/ is on md RAID md0 → sda1 → 0000:00:17.0');
  });

  it('needs every device of a btrfs', () => {
    const tree = {...disk(sataA, {sda1: '8:1'}), ...disk(sataB, {sdb1: '8:17'})};
    const members = {'/sys/fs/btrfs/abc/devices/sda1': {link: 'x'}, '/sys/fs/btrfs/abc/devices/sdb1': {link: 'x'}};
    expect(read({...mountinfo(['0:28', '/', 'btrfs', '/dev/sda1']), ...tree, ...members}).found).toEqual([
      'root 0000:00:17.0',
      'root 0000:03:00.0',
    ]);
  });

  it.each([
    [
      'a virtio disk to its nested PCI function',
      '/sys/devices/pci0000:00/0000:00:03.0/virtio1/block/vda',
      'vda1',
      '0000:00:03.0',
    ],
    [
      'a USB disk to its xHCI controller',
      '/sys/devices/pci0000:00/0000:00:14.0/usb2/2-1/2-1:1.0/host4/target4:0:0/4:0:0:0/block/sdc',
      'sdc1',
      '0000:00:14.0',
    ],
    [
      'a disk behind VMD to its own function',
      '/sys/devices/pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0/10000:e1:00.0/nvme/nvme0/nvme0n1',
      'nvme0n1p1',
      '10000:e1:00.0',
    ],
  ])('follows %s', (_, path, partition, address) => {
    expect(
      read({...mountinfo(['8:33', '/', 'ext4', `/dev/${partition}`]), ...disk(path, {[partition]: '8:33'})}).found,
    ).toEqual([`root ${address}`]);
  });

  it('needs the VMD controller too, but no bridge', () => {
    const path = '/sys/devices/pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0/10000:e1:00.0/nvme/nvme0/nvme0n1';
    const pci = [
      pciFunction({address: '0000:00:0e.0'}),
      pciFunction({address: '10000:e0:06.0', isBridge: true}),
      pciFunction({address: '10000:e1:00.0'}),
    ];
    const {found} = read(
      {...mountinfo(['259:1', '/', 'ext4', '/dev/nvme0n1p1']), ...disk(path, {nvme0n1p1: '259:1'})},
      pci,
    );
    expect(found).toEqual(['root 10000:e1:00.0', 'root 0000:00:0e.0']);
  });

  it('needs all controllers of an NVMe multipath namespace', () => {
    const subsystem = '/sys/devices/virtual/nvme-subsystem/nvme-subsys0';
    const controllers = {
      [`${subsystem}/nvme0`]: {link: '../../../pci0000:00/0000:01:00.0/nvme/nvme0'},
      [`${subsystem}/nvme1`]: {link: '../../../pci0000:00/0000:02:00.0/nvme/nvme1'},
      '/sys/devices/pci0000:00/0000:01:00.0/nvme/nvme0/cntlid': '1\n',
      '/sys/devices/pci0000:00/0000:02:00.0/nvme/nvme1/cntlid': '2\n',
    };
    const {found} = read({
      ...mountinfo(['259:1', '/', 'ext4', '/dev/nvme0n1p1']),
      ...disk(`${subsystem}/nvme0n1`, {nvme0n1p1: '259:1'}),
      ...controllers,
    });
    expect(found).toEqual(['root 0000:01:00.0', 'root 0000:02:00.0']);
  });

  it('finds the devices of a ZFS pool by the labels that udev keeps', () => {
    const {needs} = read({
      ...mountinfo(['0:30', '/', 'zfs', 'rpool/ROOT/pve-1']),
      ...disk(sataA, {sda3: '8:3'}),
      ...disk(sataB, {sdb3: '8:19'}),
      '/run/udev/data/b8:3': 'E:ID_FS_TYPE=zfs_member\nE:ID_FS_LABEL=rpool\n',
      '/run/udev/data/b8:19': 'E:ID_FS_TYPE=zfs_member\nE:ID_FS_LABEL=tank\n',
    });
    expect(needs).toEqual([
      {address: '0000:00:17.0', kind: 'root', chain: '/ is on ZFS pool rpool → sda3 → 0000:00:17.0', spares: []},
    ]);
  });

  it('asks zpool on the running machine', () => {
    const tree = openTree({...mountinfo(['0:30', '/', 'zfs', 'rpool/ROOT']), ...disk(sataA, {sda3: '8:3'})});
    const {found} = readSource({
      ...tree,
      run: (program) =>
        program === 'zpool' ? '  pool: rpool\nconfig:\n\n\trpool  ONLINE\n\t  /dev/sda3  ONLINE  0 0 0\n' : null,
    });
    expect(found).toEqual(['root 0000:00:17.0']);
  });

  it('warns when nothing tells where a pool lies', () => {
    const {needs, notes} = read(mountinfo(['0:30', '/', 'zfs', 'rpool/ROOT/pve-1']));
    expect(needs).toEqual([]);
    expect(notes).toMatchObject([{code: 'host-file-unreadable', severity: 'warning', subject: '/'}]);
  });

  it('resolves fstab by UUID and volume names where nothing is mounted', () => {
    const {found} = read({
      '/etc/fstab':
        '# comment\nUUID=AA-BB /boot/efi vfat umask=0077 0 1\n/dev/vg-x/root / ext4 defaults 0 1\nPARTUUID=cc none swap sw 0 0\nUUID=gone /data ext4 nofail 0 0\n',
      '/dev/disk/by-uuid/AA-BB': {link: '../../sda1'},
      '/run/udev/data/b8:17': 'E:ID_PART_ENTRY_UUID=cc\n',
      ...disk(sataA, {sda1: '8:1', sda2: '8:2'}),
      ...disk(sataB, {sdb1: '8:17'}),
      ...stacked('dm-0', '254:0', 'LVM-x', ['sda2']),
      '/sys/devices/virtual/block/dm-0/dm/name': 'vg--x-root\n',
    });
    expect(found).toEqual(['esp 0000:00:17.0', 'root 0000:00:17.0', 'swap 0000:03:00.0']);
  });

  it('needs the disk of a swap file, and none for compressed memory', () => {
    const tree = {
      ...mountinfo(['8:1', '/', 'ext4', '/dev/sda1'], ['8:17', '/var', 'ext4', '/dev/sdb1']),
      ...disk(sataA, {sda1: '8:1'}),
      ...disk(sataB, {sdb1: '8:17'}),
    };
    const {found, notes} = read({
      ...tree,
      '/proc/swaps': 'Filename Type Size Used Priority\n/var/swapfile file 1 0 -2\n/dev/zram0 partition 1 0 100\n',
    });
    expect(found).toEqual(['root 0000:00:17.0', 'root 0000:03:00.0', 'swap 0000:03:00.0']);
    expect(notes).toEqual([]);
  });

  it.each([
    ['its name', 'root=/dev/sdb1'],
    ['its UUID', 'root=UUID=AA-11'],
    ['the UUID of its partition', 'root=PARTUUID=cc'],
    ['its label', 'root=LABEL=top'],
    ['the last of two', 'root=/dev/sda1 quiet root=/dev/sdb1'],
    ['none of what is only like it', 'myroot=/dev/sda1 root=/dev/sdb1 rootwait'],
  ])('finds /dev/root of a mount table without numbers by root=: %s', (_, commandLine) => {
    const {found, notes} = read({
      '/proc/mounts': '/dev/root / ext4 rw,relatime 0 0\n',
      '/proc/cmdline': `BOOT_IMAGE=/vmlinuz ${commandLine} ro\n`,
      '/run/udev/data/b8:17': 'E:ID_FS_UUID=AA-11\nE:ID_PART_ENTRY_UUID=cc\nE:ID_FS_LABEL=top\n',
      ...disk(sataA, {sda1: '8:1'}),
      ...disk(sataB, {sdb1: '8:17'}),
    });
    expect({found, notes}).toEqual({found: ['root 0000:03:00.0'], notes: []});
  });

  it('finds /dev/root by its number where the mount table has one, whatever root= says', () => {
    const {found} = read({
      ...mountinfo(['8:1', '/', 'ext4', '/dev/root']),
      '/proc/cmdline': 'root=/dev/sdb1\n',
      ...disk(sataA, {sda1: '8:1'}),
      ...disk(sataB, {sdb1: '8:17'}),
    });
    expect(found).toEqual(['root 0000:00:17.0']);
  });

  it('warns of /dev/root where nothing tells what it is', () => {
    const {found, notes} = read({'/proc/mounts': '/dev/root / ext4 rw 0 0\n', ...disk(sataA, {sda1: '8:1'})});
    expect(found).toEqual([]);
    expect(notes).toMatchObject([{code: 'host-file-unreadable', severity: 'warning', subject: '/'}]);
  });

  it.each([
    ['layers that only memory holds, over /sysroot', 'lowerdir=/run/ostree/.private/cfsroot', '/sysroot'],
    ['layers that were mounted elsewhere before, over /sysroot', 'lowerdir+=/proc/self/fd/9', '/sysroot'],
    ['layers on a mount of their own, without /sysroot', 'lowerdir=/media/ro,upperdir=/media/rw/up', '/media/ro'],
  ])('looks below an overlay for the disk: %s', (_, layers, place) => {
    const {found} = read({
      '/proc/self/mountinfo': `20 1 0:30 / / rw - overlay overlay rw,${layers}\n21 20 8:1 / ${place} ro - ext4 /dev/sda1 ro\n22 20 0:25 / /run rw - tmpfs tmpfs rw\n23 20 0:26 / /media/rw rw - tmpfs tmpfs rw\n`,
      ...disk(sataA, {sda1: '8:1'}),
    });
    expect(found).toContain('root 0000:00:17.0');
  });

  it('warns of an overlay whose layers nothing leads to', () => {
    const {found, notes} = read({
      '/proc/self/mountinfo': '20 1 0:30 / / rw - overlay overlay rw,lowerdir=/lower,upperdir=/upper\n',
      ...disk(sataA, {sda1: '8:1'}),
    });
    expect(found).toEqual([]);
    expect(notes).toMatchObject([{code: 'host-file-unreadable', severity: 'warning', subject: '/'}]);
  });

  it('looks below an overlay for the disk', () => {
    const {found} = read({
      '/proc/self/mountinfo':
        '20 1 0:30 / / rw - overlay composefs rw,lowerdir=/run/x::/sysroot/ostree/repo\n21 20 8:1 / /sysroot rw - ext4 /dev/sda1 rw\n',
      ...disk(sataA, {sda1: '8:1'}),
    });
    expect(found).toEqual(['root 0000:00:17.0']);
  });

  it('needs the network card for a root on NFS', () => {
    const {found} = read({
      ...mountinfo(['0:40', '/', 'nfs4', 'server:/root']),
      '/proc/net/route':
        'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\neth0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\n',
      '/sys/class/net/eth0/device': {link: '../../../devices/pci0000:00/0000:05:00.0'},
      '/sys/devices/pci0000:00/0000:05:00.0/class': '0x020000\n',
    });
    expect(found).toEqual(['root 0000:05:00.0', 'network 0000:05:00.0']);
  });

  it('needs the cache of a bcache as well as the disk behind it', () => {
    const {needs} = read({
      ...mountinfo(['252:0', '/', 'ext4', '/dev/bcache0']),
      ...stacked('bcache0', '252:0', '', ['sda1'], 'md'),
      '/sys/devices/virtual/block/bcache0/bcache': {link: `../../../../..${sataA}/sda1/bcache`},
      [`${sataA}/sda1/bcache/cache`]: {link: '/sys/fs/bcache/uuid'},
      '/sys/fs/bcache/uuid/cache0': {link: `../../../..${nvme}/nvme0n1p4/bcache`},
      [`${nvme}/nvme0n1p4/bcache/label`]: '\n',
      ...disk(sataA, {sda1: '8:1'}),
      ...disk(nvme, {nvme0n1p4: '259:4'}),
    });
    expect(needs.map(({address}) => address)).toEqual(['0000:00:17.0', '0000:01:00.0']);
  });

  it('finds the hidden paths of an NVMe multipath namespace', () => {
    const head = '/sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1';
    const controller = '/sys/devices/pci0000:00/0000:02:00.0/nvme/nvme1';
    const {found} = read({
      ...mountinfo(['259:1', '/', 'ext4', '/dev/nvme0n1p1']),
      ...disk(head, {nvme0n1p1: '259:1'}),
      [`${controller}/nvme0c1n1/size`]: '1\n',
      '/sys/class/nvme/nvme1': {link: `../../..${controller}`},
    });
    expect(found).toEqual(['root 0000:02:00.0']);
  });

  it('follows a loop device to the disk of its file', () => {
    const {needs} = read({
      ...mountinfo(['7:0', '/', 'ext4', '/dev/loop0'], ['8:1', '/host', 'ext4', '/dev/sda1']),
      ...disk('/sys/devices/virtual/block/loop0', {}),
      '/sys/dev/block/7:0': {link: '../../devices/virtual/block/loop0'},
      '/sys/devices/virtual/block/loop0/loop/backing_file': '/host/ubuntu/root.disk\n',
      ...disk(sataA, {sda1: '8:1'}),
    });
    expect(needs[0]?.chain).toBe('/ is on loop0 → /host/ubuntu/root.disk → sda1 → 0000:00:17.0');
  });

  it.each([
    ['an iSCSI disk', '/sys/devices/platform/host2/session1/target2:0:0/2:0:0:0/block/sdx', 'iSCSI'],
    ['an NVMe-oF disk', '/sys/devices/virtual/nvme-fabrics/ctl/nvme4/nvme4n1', 'NVMe over Fabrics'],
    ['a network block device', '/sys/devices/virtual/block/nbd0', 'network disk'],
  ])('needs the network card for %s', (_, path, words) => {
    const name = path.slice(path.lastIndexOf('/') + 1);
    const {needs} = read({
      ...mountinfo(['8:160', '/', 'ext4', `/dev/${name}`]),
      ...disk(path, {}),
      '/proc/net/route':
        'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\neth0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\n',
      '/sys/class/net/eth0/device': {link: '../../../devices/pci0000:00/0000:05:00.0'},
      '/sys/devices/pci0000:00/0000:05:00.0/class': '0x020000\n',
    });
    expect(needs[0]).toEqual({
      address: '0000:05:00.0',
      kind: 'root',
      chain: `/ is on ${name} → ${words} → eth0 → 0000:05:00.0`,
      spares: [],
    });
  });

  it('needs the boot partition that an automount hides, and the one that proxmox-boot-tool fills', () => {
    const {needs} = read({
      ...mountinfo(['8:2', '/', 'ext4', '/dev/sda2']),
      '/etc/fstab': '/dev/sda2 / ext4 defaults 0 1\n/dev/nvme0n1p1 /efi vfat noauto,x-systemd.automount 0 0\n',
      '/etc/kernel/proxmox-boot-uuids': 'AA-11\n',
      '/dev/disk/by-uuid/AA-11': {link: '../../sdb1'},
      ...disk(sataA, {sda2: '8:2'}),
      ...disk(sataB, {sdb1: '8:17'}),
      ...disk(nvme, {nvme0n1p1: '259:1'}),
    });
    expect(needs.map(({kind, chain}) => `${kind}: ${chain}`)).toEqual([
      'root: / is on sda2 → 0000:00:17.0',
      'esp: /efi is on nvme0n1p1 → 0000:01:00.0',
      'esp: the EFI system partition is on sdb1 → 0000:03:00.0',
    ]);
  });

  it('needs every pool for swap on a ZFS volume, whose pool nothing tells', () => {
    const {found} = read({
      ...mountinfo(['8:17', '/', 'ext4', '/dev/sdb1']),
      '/proc/swaps': 'Filename Type Size Used Priority\n/dev/zd0 partition 1 0 -2\n',
      ...disk('/sys/devices/virtual/block/zd0', {}),
      '/run/udev/data/b8:3': 'E:ID_FS_TYPE=zfs_member\nE:ID_FS_LABEL=rpool\n',
      ...disk(sataA, {sda3: '8:3'}),
      ...disk(sataB, {sdb1: '8:17'}),
    });
    expect(found).toEqual(['root 0000:03:00.0', 'swap 0000:00:17.0']);
  });

  it('does not hang on devices that stand upon each other', () => {
    const tree = {
      ...stacked('dm-0', '254:0', 'LVM-a', ['dm-1', 'dm-1x']),
      ...stacked('dm-1', '254:1', 'LVM-b', ['dm-0']),
    };
    expect(read({...mountinfo(['254:0', '/', 'ext4', '/dev/dm-0']), ...tree}).found).toEqual([]);
  });
});
