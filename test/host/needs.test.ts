import {describe, expect, it} from 'vitest';
import type {Finding} from '../../src/findings.ts';
import type {HostNeed, PciFunction} from '../../src/host/facts.ts';
import {isNeeded} from '../../src/host/is-needed.ts';
import {readNeeds} from '../../src/host/needs.ts';
import type {Source} from '../../src/system/source.ts';
import {openTree} from '../support/make-tree.ts';

type Tree = Parameters<typeof openTree>[0];

const nvme = '/sys/devices/pci0000:00/0000:00:01.1/0000:01:00.0/nvme/nvme0/nvme0n1';
const sataA = '/sys/devices/pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0/block/sda';
const sataB = '/sys/devices/pci0000:00/0000:00:1c.0/0000:03:00.0/ata7/host6/target6:0:0/6:0:0:0/block/sdb';

/** A device, its partitions (name: number) and the links by which it is found. */
const disk = (path: string, partitions: Readonly<Record<string, string>>): Tree => {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const parts = Object.entries(partitions).flatMap(([part, number]): [string, string | {link: string}][] => [
    [`${path}/${part}/partition`, '1\n'],
    [`/sys/class/block/${part}`, {link: `../../..${path}/${part}`}],
    [`/sys/dev/block/${number}`, {link: `../../..${path}/${part}`}],
  ]);
  return {[`/sys/class/block/${name}`]: {link: `../../..${path}`}, [`${path}/size`]: '1\n', ...Object.fromEntries(parts)};
};

/** A device-mapper or MD device upon others. */
const stacked = (name: string, number: string, uuid: string, slaves: readonly string[], kind: 'dm' | 'md' = 'dm'): Tree => ({
  [`/sys/class/block/${name}`]: {link: `../../devices/virtual/block/${name}`},
  [`/sys/dev/block/${number}`]: {link: `../../devices/virtual/block/${name}`},
  ...(kind === 'dm'
    ? {[`/sys/devices/virtual/block/${name}/dm/name`]: `${name}-name\n`, [`/sys/devices/virtual/block/${name}/dm/uuid`]: `${uuid}\n`}
    : {[`/sys/devices/virtual/block/${name}/md/level`]: 'raid1\n'}),
  ...Object.fromEntries(slaves.map((slave) => [`/sys/devices/virtual/block/${name}/slaves/${slave}`, {link: `../../../${slave}`}])),
});

const mountinfo = (...mounts: readonly (readonly [number: string, path: string, type: string, device: string])[]): Tree => ({
  '/proc/self/mountinfo': mounts.map(([number, path, type, device], index) => `${index + 20} 1 ${number} / ${path} rw,relatime shared:1 - ${type} ${device} rw\n`).join(''),
});

const pciFunction = (known: Partial<PciFunction>): PciFunction => ({
  address: '0000:00:00.0', class: '000000', vendor: '8086', device: '0000', subsystem: null, revision: null, driver: null, driverOverride: null,
  modalias: null, modules: null, vfioVariant: null, iommuGroup: null, numaNode: null, bootVga: false, resetMethods: null, name: null, bars: [],
  resizableBars: [], upstream: [], isBridge: false, acs: null, powerState: null, physicalFunction: null, sriovTotalVfs: null, hasMdevTypes: false,
  ...known,
});

const readSource = (source: Source, pci: readonly PciFunction[] = []) => {
  const notes: Finding[] = [];
  const needs = readNeeds(source, (finding) => notes.push(finding), pci);
  return {needs, notes, found: needs.map(({kind, address}) => `${kind} ${address}`)};
};
const read = (tree: Tree, pci: readonly PciFunction[] = []) => readSource(openTree(tree), pci);

describe('failure mode 3: what the host needs for its storage', () => {
  it('follows LVM on LUKS on a partition of an NVMe disk', () => {
    const {needs, notes} = read({
      ...mountinfo(['254:1', '/', 'ext4', '/dev/mapper/vg-root'], ['259:1', '/boot/efi', 'vfat', '/dev/nvme0n1p1']),
      ...disk(nvme, {nvme0n1p1: '259:1', nvme0n1p3: '259:3'}),
      ...stacked('dm-0', '254:0', 'CRYPT-LUKS2-abc-x', ['nvme0n1p3']),
      ...stacked('dm-1', '254:1', 'LVM-abcdef', ['dm-0']),
    });
    expect(needs).toEqual([
      {address: '0000:01:00.0', kind: 'root', chain: '/ is on LVM volume dm-1-name (dm-1) → LUKS dm-0-name (dm-0) → nvme0n1p3 → 0000:01:00.0'},
      {address: '0000:01:00.0', kind: 'esp', chain: '/boot/efi is on nvme0n1p1 → 0000:01:00.0'},
    ]);
    expect(notes).toEqual([]);
  });

  it('needs both controllers of a mirror', () => {
    const tree = {...disk(sataA, {sda1: '8:1'}), ...disk(sataB, {sdb1: '8:17'}), ...stacked('md0', '9:0', '', ['sda1', 'sdb1'], 'md')};
    const {found, needs} = read({...mountinfo(['9:0', '/', 'ext4', '/dev/md0']), ...tree});
    expect(found).toEqual(['root 0000:00:17.0', 'root 0000:03:00.0']);
    expect(needs[0]?.chain).toBe('/ is on md RAID md0 → sda1 → 0000:00:17.0');
  });

  it('needs every device of a btrfs', () => {
    const tree = {...disk(sataA, {sda1: '8:1'}), ...disk(sataB, {sdb1: '8:17'})};
    const members = {'/sys/fs/btrfs/abc/devices/sda1': {link: 'x'}, '/sys/fs/btrfs/abc/devices/sdb1': {link: 'x'}};
    expect(read({...mountinfo(['0:28', '/', 'btrfs', '/dev/sda1']), ...tree, ...members}).found).toEqual(['root 0000:00:17.0', 'root 0000:03:00.0']);
  });

  it.each([
    ['a virtio disk to its nested PCI function', '/sys/devices/pci0000:00/0000:00:03.0/virtio1/block/vda', 'vda1', '0000:00:03.0'],
    ['a USB disk to its xHCI controller', '/sys/devices/pci0000:00/0000:00:14.0/usb2/2-1/2-1:1.0/host4/target4:0:0/4:0:0:0/block/sdc', 'sdc1', '0000:00:14.0'],
    ['a disk behind VMD to its own function', '/sys/devices/pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0/10000:e1:00.0/nvme/nvme0/nvme0n1', 'nvme0n1p1', '10000:e1:00.0'],
  ])('follows %s', (_, path, partition, address) => {
    expect(read({...mountinfo(['8:33', '/', 'ext4', `/dev/${partition}`]), ...disk(path, {[partition]: '8:33'})}).found).toEqual([`root ${address}`]);
  });

  it('needs the VMD controller too, but no bridge', () => {
    const path = '/sys/devices/pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0/10000:e1:00.0/nvme/nvme0/nvme0n1';
    const pci = [pciFunction({address: '0000:00:0e.0'}), pciFunction({address: '10000:e0:06.0', isBridge: true}), pciFunction({address: '10000:e1:00.0'})];
    const {found} = read({...mountinfo(['259:1', '/', 'ext4', '/dev/nvme0n1p1']), ...disk(path, {nvme0n1p1: '259:1'})}, pci);
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
    const {found} = read({...mountinfo(['259:1', '/', 'ext4', '/dev/nvme0n1p1']), ...disk(`${subsystem}/nvme0n1`, {nvme0n1p1: '259:1'}), ...controllers});
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
    expect(needs).toEqual([{address: '0000:00:17.0', kind: 'root', chain: '/ is on ZFS pool rpool → sda3 → 0000:00:17.0'}]);
  });

  it('asks zpool on the running machine', () => {
    const tree = openTree({...mountinfo(['0:30', '/', 'zfs', 'rpool/ROOT']), ...disk(sataA, {sda3: '8:3'})});
    const {found} = readSource({...tree, run: (program) => (program === 'zpool' ? '  pool: rpool\nconfig:\n\n\trpool  ONLINE\n\t  /dev/sda3  ONLINE  0 0 0\n' : null)});
    expect(found).toEqual(['root 0000:00:17.0']);
  });

  it('warns when nothing tells where a pool lies', () => {
    const {needs, notes} = read(mountinfo(['0:30', '/', 'zfs', 'rpool/ROOT/pve-1']));
    expect(needs).toEqual([]);
    expect(notes).toMatchObject([{code: 'host-file-unreadable', severity: 'warning', subject: '/'}]);
  });

  it('resolves fstab by UUID and volume names where nothing is mounted', () => {
    const {found} = read({
      '/etc/fstab': '# comment\nUUID=AA-BB /boot/efi vfat umask=0077 0 1\n/dev/vg-x/root / ext4 defaults 0 1\nPARTUUID=cc none swap sw 0 0\nUUID=gone /data ext4 nofail 0 0\n',
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
    const tree = {...mountinfo(['8:1', '/', 'ext4', '/dev/sda1'], ['8:17', '/var', 'ext4', '/dev/sdb1']), ...disk(sataA, {sda1: '8:1'}), ...disk(sataB, {sdb1: '8:17'})};
    const {found, notes} = read({...tree, '/proc/swaps': 'Filename Type Size Used Priority\n/var/swapfile file 1 0 -2\n/dev/zram0 partition 1 0 100\n'});
    expect(found).toEqual(['root 0000:00:17.0', 'root 0000:03:00.0', 'swap 0000:03:00.0']);
    expect(notes).toEqual([]);
  });

  it('looks below an overlay for the disk', () => {
    const {found} = read({
      '/proc/self/mountinfo': '20 1 0:30 / / rw - overlay composefs rw,lowerdir=/run/x::/sysroot/ostree/repo\n21 20 8:1 / /sysroot rw - ext4 /dev/sda1 rw\n',
      ...disk(sataA, {sda1: '8:1'}),
    });
    expect(found).toEqual(['root 0000:00:17.0']);
  });

  it('needs the network card for a root on NFS', () => {
    const {found} = read({
      ...mountinfo(['0:40', '/', 'nfs4', 'server:/root']),
      '/proc/net/route': 'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\neth0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\n',
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
    const {found} = read({...mountinfo(['259:1', '/', 'ext4', '/dev/nvme0n1p1']), ...disk(head, {nvme0n1p1: '259:1'}), [`${controller}/nvme0c1n1/size`]: '1\n', '/sys/class/nvme/nvme1': {link: `../../..${controller}`}});
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
      '/proc/net/route': 'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\neth0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\n',
      '/sys/class/net/eth0/device': {link: '../../../devices/pci0000:00/0000:05:00.0'},
      '/sys/devices/pci0000:00/0000:05:00.0/class': '0x020000\n',
    });
    expect(needs[0]).toEqual({address: '0000:05:00.0', kind: 'root', chain: `/ is on ${name} → ${words} → eth0 → 0000:05:00.0`});
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
    const tree = {...stacked('dm-0', '254:0', 'LVM-a', ['dm-1', 'dm-1x']), ...stacked('dm-1', '254:1', 'LVM-b', ['dm-0'])};
    expect(read({...mountinfo(['254:0', '/', 'ext4', '/dev/dm-0']), ...tree}).found).toEqual([]);
  });
});

describe('what the host needs for its network', () => {
  const card = (name: string, address: string): Tree => ({
    [`/sys/class/net/${name}`]: {link: `../../devices/pci0000:00/${address}/net/${name}`},
    [`/sys/devices/pci0000:00/${address}/net/${name}/device`]: {link: '../..'},
    [`/sys/devices/pci0000:00/${address}/class`]: '0x020000\n',
  });
  const route = (...lines: readonly string[]): Tree => ({'/proc/net/route': `Iface Destination Gateway Flags RefCnt Use Metric Mask\n${lines.join('\n')}\n`});

  it('follows a bridge over a bond over two cards', () => {
    const {needs} = read({
      ...route('br0 00000000 0101A8C0 0003 0 0 0 00000000', 'br0 0001A8C0 00000000 0001 0 0 0 00FFFFFF'),
      '/sys/class/net/br0': {link: '../../devices/virtual/net/br0'},
      '/sys/devices/virtual/net/br0/brif/bond0': {link: 'x'},
      '/sys/devices/virtual/net/br0/lower_bond0': {link: '../bond0'},
      '/sys/class/net/bond0/lower_eth0': {link: 'x'},
      '/sys/class/net/bond0/lower_eth1': {link: 'x'},
      ...card('eth0', '0000:05:00.0'),
      ...card('eth1', '0000:05:00.1'),
    });
    expect(needs).toEqual([
      {address: '0000:05:00.0', kind: 'network', chain: 'the default route goes through br0 → bond0 → eth0 → 0000:05:00.0'},
      {address: '0000:05:00.1', kind: 'network', chain: 'the default route goes through br0 → bond0 → eth1 → 0000:05:00.1'},
    ]);
  });

  it('counts a route to one network, which may carry the session, but no link-local one', () => {
    const {needs} = read({
      ...route('eth0 000AA8C0 00000000 0001 0 0 0 00FFFFFF'),
      '/proc/net/ipv6_route': `fe80${'0'.repeat(28)} 40 ${'0'.repeat(32)} 00 ${'0'.repeat(32)} 00000100 00000001 00000000 00000001 eth1\n${'0'.repeat(32)} 00 ${'0'.repeat(32)} 00 ${'0'.repeat(32)} ffffffff 00000001 00000000 00200200 lo\n`,
      ...card('eth0', '0000:05:00.0'),
      ...card('eth1', '0000:06:00.0'),
    });
    expect(needs.filter(({spares}) => spares === undefined).map(({chain}) => chain)).toEqual(['the route to 192.168.10.0/24 goes through eth0 → 0000:05:00.0']);
  });

  it('needs the physical function of a virtual one', () => {
    const pci = [pciFunction({address: '0000:05:10.0', physicalFunction: '0000:05:00.0'})];
    const {found} = read({...route('eth2 00000000 0101A8C0 0003 0 0 0 00000000'), ...card('eth2', '0000:05:10.0')}, pci);
    expect(found).toEqual(['network 0000:05:10.0', 'network 0000:05:00.0']);
  });

  it('needs the last network card even without a route table, and of two only the one that is left', () => {
    expect(read(card('eth0', '0000:05:00.0')).needs).toEqual([{address: '0000:05:00.0', kind: 'network', chain: 'the only network card → 0000:05:00.0', spares: []}]);
    const {needs} = read({...card('eth0', '0000:05:00.0'), ...card('eth1', '0000:06:00.0')});
    expect(needs).toMatchObject([{address: '0000:05:00.0', spares: ['0000:06:00.0']}, {address: '0000:06:00.0', spares: ['0000:05:00.0']}]);
    const [first] = needs;
    expect([[], ['0000:06:00.0']].map((taken) => first !== undefined && isNeeded(first, taken))).toEqual([false, true]);
  });

  const bare = (needs: readonly HostNeed[]) => needs.filter(({spares}) => spares === undefined).map(({kind, chain}) => `${kind}: ${chain}`);
  const twoCards: Tree = {
    ...route('eth0 00000000 0101A8C0 0003 0 0 0 00000000', 'eth1 00000A0A 00000000 0001 0 0 0 00FFFFFF'),
    ...card('eth0', '0000:05:00.0'),
    ...card('eth1', '0000:06:00.0'),
  };
  const header = '  sl  local_address rem_address   st tx_queue rx_queue\n';

  it('needs the card that an ssh session comes through, as the table of sockets tells it', () => {
    const sessionOnEth1 = {'/proc/net/tcp': `${header}   0: 05000A0A:0016 07000A0A:C3A8 01 0\n`};
    expect(bare(read({...twoCards, ...sessionOnEth1}).needs)).toEqual([
      'network: the default route goes through eth0 → 0000:05:00.0',
      'network: the ssh session from 10.10.0.7 goes through eth1 → 0000:06:00.0',
    ]);
  });

  it('only tells of a route that no session comes through', () => {
    const listening = {'/proc/net/tcp': `${header}   0: 00000000:0016 00000000:0000 0A 0\n   1: 0100007F:0016 0100007F:C3A8 01 0\n`};
    expect(bare(read({...twoCards, ...listening}).needs)).toEqual([
      'network: the default route goes through eth0 → 0000:05:00.0',
      'route: the route to 10.10.0.0/24 goes through eth1 → 0000:06:00.0',
    ]);
  });

  it('knows the port that sshd listens on, and IPv4 in the table of IPv6', () => {
    const tree = {...twoCards, '/etc/ssh/sshd_config.d/port.conf': 'Port 2222\n', '/proc/net/tcp6': `${header}   0: 0000000000000000FFFF000005000A0A:08AE 0000000000000000FFFF000007000A0A:C3A8 01 0\n`};
    expect(bare(read(tree).needs)).toContain('network: the ssh session from 10.10.0.7 goes through eth1 → 0000:06:00.0');
  });

  it('finds SSH_CONNECTION in the environment of a process above sudo', () => {
    const tree = {...twoCards, '/proc/self/stat': '7 (node (x)) S 6 7', '/proc/6/stat': '6 (sudo) S 5 6', '/proc/5/stat': '5 (bash) S 1 5', '/proc/5/environ': 'A=b\0SSH_CONNECTION=fe80::7%eth1 50000 fe80::5%eth1 22\0', '/proc/6/environ': 'A=b\0'};
    expect(bare(read(tree).needs)).toContain('network: the ssh session from fe80:0:0:0:0:0:0:7 goes through eth1 → 0000:06:00.0');
  });

  it('asks ip for the tables of policy rules and for every next hop', () => {
    const json = JSON.stringify([{dst: 'default', nexthops: [{dev: 'eth0'}, {dev: 'eth1'}], table: '100'}, {type: 'local', dst: '10.1.1.1', dev: 'eth2'}]);
    const tree = openTree({...card('eth0', '0000:05:00.0'), ...card('eth1', '0000:06:00.0'), ...card('eth2', '0000:07:00.0')});
    const {needs} = readSource({...tree, run: (program, args) => (program === 'ip' && args.includes('-4') ? json : null)});
    expect(bare(needs)).toEqual(['network: the default route goes through eth0 → 0000:05:00.0', 'network: the default route goes through eth1 → 0000:06:00.0']);
  });

  it.each([
    ['a VLAN over a team', {'/sys/class/net/wan/lower_team0': {link: 'x'}, '/sys/class/net/team0/lower_eth0': {link: 'x'}}, 'team0 → eth0'],
    ['PPPoE', {'/sys/class/net/wan/ifindex': '3\n', '/proc/net/pppoe': 'Id       Address              Device\n00000001 00:11:22:33:44:55 eth0\n'}, 'eth0'],
    ['an interface of Open vSwitch', {'/sys/class/net/wan/ifindex': '3\n', '/sys/class/net/ovs-system/lower_eth0': {link: 'x'}}, 'eth0'],
    ['a veth pair into a bridge', {
      '/sys/class/net/wan/ifindex': '3\n', '/sys/class/net/wan/iflink': '4\n', '/sys/class/net/peer/ifindex': '4\n', '/sys/class/net/peer/iflink': '3\n',
      '/sys/class/net/peer/master': {link: '../br0'}, '/sys/class/net/br0/lower_peer': {link: 'x'}, '/sys/class/net/br0/lower_eth0': {link: 'x'},
    }, 'br0 → eth0'],
  ])('goes through %s', (title, tree, words) => {
    const name = title === 'PPPoE' ? 'ppp0' : 'wan';
    const renamed = Object.fromEntries(Object.entries(tree as Tree).map(([path, entry]) => [path.replace('/wan/', `/${name}/`), entry]));
    const {needs} = read({...route(`${name} 00000000 0101A8C0 0003 0 0 0 00000000`), ...card('eth0', '0000:05:00.0'), ...renamed});
    expect(needs[0]?.chain).toBe(`the default route goes through ${name} → ${words} → 0000:05:00.0`);
  });

  it('does not go round veth pairs and bridges for ever', () => {
    const tree = {'/sys/class/net/a/lower_b': {link: 'x'}, '/sys/class/net/b/lower_a': {link: 'x'}};
    expect(read({...route('a 00000000 0101A8C0 0003 0 0 0 00000000'), ...tree}).found).toEqual([]);
  });
});

describe('failure mode 1: what the host needs for people', () => {
  it('names connected screens, the boot VGA and the console', () => {
    const gpu = '/sys/devices/pci0000:00/0000:00:03.0/0000:09:00.0';
    const {needs} = read(
      {
        '/sys/class/drm/card1-HDMI-A-1': {link: `../../..${gpu}/drm/card1/card1-HDMI-A-1`},
        '/sys/class/drm/card1-DP-1': {link: `../../..${gpu}/drm/card1/card1-DP-1`},
        '/sys/class/drm/card1': {link: `../../..${gpu}/drm/card1`},
        [`${gpu}/drm/card1/card1-HDMI-A-1/status`]: 'connected\n',
        [`${gpu}/drm/card1/card1-DP-1/status`]: 'disconnected\n',
        [`${gpu}/drm/card1/device`]: {link: '../..'},
        '/sys/class/graphics/fb0': {link: `../../..${gpu}/graphics/fb0`},
        [`${gpu}/graphics/fb0/device`]: {link: '../..'},
      },
      [pciFunction({address: '0000:09:00.0', bootVga: true, driver: 'amdgpu'})],
    );
    expect(needs).toEqual([
      {address: '0000:09:00.0', kind: 'display', chain: 'a screen on HDMI-A-1 → card1 → 0000:09:00.0'},
      {address: '0000:09:00.0', kind: 'console', chain: 'firmware console (boot VGA) → 0000:09:00.0'},
    ]);
  });

  it('knows the boot display of a card that is no VGA device', () => {
    const tree = {'/sys/class/drm/card0/boot_display': '1\n', '/sys/class/drm/card0/device': {link: '../../../devices/pci0000:00/0000:01:00.0'}, '/sys/devices/pci0000:00/0000:01:00.0/class': '0x030200\n'};
    expect(read(tree).found).toEqual(['console 0000:01:00.0']);
  });

  it('needs only controllers that carry a keyboard', () => {
    const device = (name: string, path: string, handlers: string, ev: string, key: string): string =>
      `I: Bus=0003 Vendor=046d Product=c31c Version=0110\nN: Name="${name}"\nP: Phys=\nS: Sysfs=${path}\nH: Handlers=${handlers} \nB: EV=${ev}\nB: KEY=${key}\n\n`;
    const keys = '1000000000007 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe';
    const {needs} = read({
      '/proc/bus/input/devices':
        device('AT keyboard', '/devices/platform/i8042/serio0/input/input3', 'sysrq kbd event3 leds', '120013', keys) +
        device('Gaming mouse', '/devices/pci0000:00/0000:00:15.0/usb1/1-2/1-2:1.1/input/input5', 'kbd event5', '1f', '3f0003 0 0') +
        device('Power Button', '/devices/LNXSYSTM:00/LNXPWRBN:00/input/input0', 'kbd event0', '3', '10000000000000 0') +
        device('USB keyboard', '/devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1:1.0/0003:046D:C31C.0001/input/input4', 'sysrq kbd event4 leds', '120013', keys),
    });
    expect(needs).toEqual([{address: '0000:00:14.0', kind: 'keyboard', chain: 'keyboard "USB keyboard" → 0000:00:14.0'}]);
  });

  const keys = '1000000000007 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe';
  const input = (name: string, path: string, bus = '0003', rest = ''): string =>
    `I: Bus=${bus} Vendor=046d Product=c31c Version=0110\nN: Name="${name}"\nP: Phys=\nS: Sysfs=${path}\nH: Handlers=sysrq kbd event3 leds \nB: EV=120013\nB: KEY=${keys}\n${rest}\n\n`;
  const first = '/devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1.4/1-1.4:1.0/0003:046D:C31C.0001/input/input4';
  const second = '/devices/pci0000:00/0000:00:08.1/0000:0c:00.3/usb3/3-2/3-2:1.0/0003:046D:C31D.0002/input/input7';

  it('needs neither of two keyboards while the other one stays', () => {
    const {needs} = read({'/proc/bus/input/devices': input('A', first) + input('B', second)});
    expect(needs).toEqual([
      {address: '0000:00:14.0', kind: 'keyboard', chain: 'keyboard "A" → 0000:00:14.0', spares: ['0000:0c:00.3']},
      {address: '0000:0c:00.3', kind: 'keyboard', chain: 'keyboard "B" → 0000:0c:00.3', spares: ['0000:00:14.0']},
    ]);
  });

  it('counts a mouse with keys as no spare', () => {
    const mouse = input('Mouse keys', second) + `I: Bus=0003\nN: Name="Mouse"\nS: Sysfs=${second.replace('3-2:1.0', '3-2:1.1')}\nH: Handlers=mouse0 event8\nB: EV=17\nB: REL=1943\n\n`;
    const {needs} = read({'/proc/bus/input/devices': input('A', first) + mouse});
    expect(needs.map(({address, spares}) => [address, spares])).toEqual([['0000:00:14.0', undefined], ['0000:0c:00.3', ['0000:00:14.0']]]);
  });

  it('needs the controller of the Bluetooth adapter for a wireless keyboard', () => {
    const adapter = '/sys/devices/pci0000:00/0000:00:14.0/usb1/1-8/1-8:1.0/bluetooth/hci0';
    const {needs} = read({'/proc/bus/input/devices': input('Air', '/devices/virtual/misc/uhid/0005:046D:B342.0003/input/input20', '0005'), '/sys/class/bluetooth/hci0': {link: `../../..${adapter}`}, [`${adapter}/uevent`]: 'DEVTYPE=host\n'});
    expect(needs).toEqual([{address: '0000:00:14.0', kind: 'keyboard', chain: 'keyboard "Air" → Bluetooth → 0000:00:14.0'}]);
  });

  it('takes the PS/2 keyboard of a laptop for real, and that of a desktop for what firmware may imitate', () => {
    const both = {'/proc/bus/input/devices': input('AT', '/devices/platform/i8042/serio0/input/input3', '0011') + input('A', first)};
    expect(read({...both, '/sys/class/dmi/id/chassis_type': '10\n'}).found).toEqual([]);
    expect(read({...both, '/sys/class/dmi/id/chassis_type': '3\n'}).found).toEqual(['keyboard 0000:00:14.0']);
  });

  it('failure mode 11: finds the card whose memory the boot framebuffer lies in', () => {
    const {needs} = read({'/proc/iomem': '00000000-00000000 : PCI Bus 0000:00\n  00000000-00000000 : PCI Bus 0000:01\n    00000000-00000000 : 0000:01:00.0\n      00000000-00000000 : efifb\n    00000000-00000000 : 0000:01:00.1\n  00000000-00000000 : 0000:00:1f.0\n00000000-00000000 : simplefb\n'});
    expect(needs).toEqual([{address: '0000:01:00.0', kind: 'console', chain: 'boot framebuffer (efifb) → memory of 0000:01:00.0'}]);
  });

  it('follows the text console to the framebuffer that fbcon is mapped to', () => {
    const card = (name: string, address: string): Tree => ({[`/sys/class/graphics/${name}/device`]: {link: `../../../devices/pci0000:00/${address}`}, [`/sys/devices/pci0000:00/${address}/class`]: '0x030000\n'});
    const cards = {...card('fb0', '0000:01:00.0'), ...card('fb1', '0000:02:00.0')};
    expect(read(cards).found).toEqual(['console 0000:01:00.0']);
    expect(read({...cards, '/proc/cmdline': 'quiet fbcon=map:1\n'}).found).toEqual(['console 0000:02:00.0']);
  });

  it('needs the serial card that the console is on', () => {
    const tree = {'/proc/cmdline': 'console=tty0 console=ttyS4,115200\n', '/sys/class/tty/ttyS4/device': {link: '../../../devices/pci0000:00/0000:00:16.3'}, '/sys/devices/pci0000:00/0000:00:16.3/class': '0x070002\n'};
    expect(read(tree).needs).toEqual([{address: '0000:00:16.3', kind: 'console', chain: 'serial console → ttyS4 → 0000:00:16.3'}]);
  });
});
