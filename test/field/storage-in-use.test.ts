import {describe, expect, it} from 'vitest';
import {readNeeds} from '../../src/host/needs/needs.ts';
import {describeGroups} from '../../src/groups/describe-groups.ts';
import {planPassthrough} from '../../src/pipeline/plan-passthrough.ts';
import {disk, mountinfo, stacked, type Tree} from '../host/block-trees.ts';
import {openTree} from '../support/make-tree.ts';
import {defaultShape, sampleFacts, samplePci, samplePciFunctions} from '../support/sample-facts.ts';
import {sampleDevice, sampleProfile} from '../support/sample-profile.ts';
import {domainDisks} from '../../src/facts/domain-use.ts';

const nvme = '/sys/devices/pci0000:00/0000:00:01.1/0000:01:00.0/nvme/nvme0/nvme0n1';
const sas = '/sys/devices/pci0000:00/0000:00:01.4/0000:08:00.0/host1/port-1:0/target1:0:0/1:0:0:0/block';
const root = {
  ...disk(nvme, {nvme0n1p2: '259:2'}),
  ...disk(`${sas}/sdb`, {sdb1: '8:17'}),
  ...disk(`${sas}/sdc`, {sdc1: '8:33'}),
};
const mounts = (...more: readonly (readonly [string, string, string, string])[]) =>
  mountinfo(['259:2', '/', 'ext4', '/dev/nvme0n1p2'], ...more);
const guest = (xml: string) => ({name: 'nas', disks: domainDisks({xml})});
const domain = (source: string) =>
  guest(`<domain><devices><disk type='block'><source ${source}/></disk></devices></domain>`);
const used = (tree: Tree, domains: Parameters<typeof readNeeds>[3] = []) =>
  readNeeds(openTree({...root, ...mounts(), ...tree}), () => undefined, [], domains)
    .filter(({kind}) => kind === 'data')
    .map(({address, chain}) => [address, chain]);

describe('storage in use that the host can start without', () => {
  it('a file system that only a mount unit mounts', () => {
    expect(used(mounts(['8:17', '/srv/data', 'ext4', '/dev/sdb1']))).toEqual([
      ['0000:08:00.0', '/srv/data is on sdb1 → 0000:08:00.0'],
    ]);
  });

  it('an imported pool, by its cache and without a mount', () => {
    const cache = '\x01\x01\0\0\0\0\0\x04tank\0\0\0\x04path\0\0\0\x09/dev/sdb1\0\0\0\0\0\0\x09/dev/sdc1\0';
    expect(used({'/proc/spl/kstat/zfs/tank/state': 'ONLINE\n', '/etc/zfs/zpool.cache': cache})).toEqual([
      ['0000:08:00.0', 'the imported ZFS pool tank is on sdb1 → 0000:08:00.0'],
    ]);
  });

  it('of two pools each has its own disks', () => {
    const cache = 'fast\0path\0/dev/nvme0n1p2\0\0\0tank\0path\0/dev/sdb1\0';
    const pools = {'/proc/spl/kstat/zfs/fast/state': 'ONLINE\n', '/proc/spl/kstat/zfs/tank/state': 'ONLINE\n'};
    expect(used({...pools, '/etc/zfs/zpool.cache': cache}).map(([address]) => address)).toEqual(['0000:08:00.0']);
  });

  it('an active logical volume, and an array, that nobody has mounted', () => {
    expect(used(stacked('dm-3', '253:3', 'LVM-abc', ['sdb1']))).toEqual([
      ['0000:08:00.0', 'LVM volume dm-3-name (dm-3) is active on sdb1 → 0000:08:00.0'],
    ]);
    const array = {
      ...stacked('md0', '9:0', '', ['sdb1'], 'md'),
      '/sys/devices/virtual/block/md0/md/array_state': 'clean\n',
    };
    expect(used(array)).toEqual([['0000:08:00.0', 'md RAID md0 is active on sdb1 → 0000:08:00.0']]);
    expect(used({...array, '/sys/devices/virtual/block/md0/md/array_state': 'inactive\n'})).toEqual([]);
  });

  it('a disk that is served to other machines, by LIO and by nvmet', () => {
    const lio = {'/sys/kernel/config/target/core/iblock_0/backup/udev_path': '/dev/sdb\n'};
    expect(used(lio)).toEqual([['0000:08:00.0', '/dev/sdb, served to other machines, is on sdb → 0000:08:00.0']]);
    const nvmet = {'/sys/kernel/config/nvmet/subsystems/nqn.x/namespaces/1/device_path': '/dev/sdc1\n'};
    expect(used(nvmet)).toEqual([['0000:08:00.0', '/dev/sdc1, served to other machines, is on sdc1 → 0000:08:00.0']]);
  });

  it('sessions of network storage, through the card that leads there', () => {
    const card = '/sys/devices/pci0000:00/0000:00:1c.0/0000:04:00.0';
    const net = {
      [`${card}/net/enp4s0/operstate`]: 'up\n',
      [`${card}/net/enp4s0/device`]: {link: '../..'},
      '/sys/class/net/enp4s0': {link: `../../..${card}/net/enp4s0`},
      '/proc/net/route':
        'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\nenp4s0\t0001000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n',
    };
    expect(used({...net, '/sys/class/iscsi_connection/connection1:0/persistent_address': '10.0.1.7\n'})).toEqual([
      ['0000:04:00.0', 'an iSCSI session to 10.0.1.7 goes through enp4s0 → 0000:04:00.0'],
    ]);
    const fabrics = {
      '/sys/class/nvme/nvme3/transport': 'tcp\n',
      '/sys/class/nvme/nvme3/address': 'traddr=10.0.1.9,trsvcid=4420\n',
    };
    expect(used({...net, ...fabrics})).toEqual([
      ['0000:04:00.0', 'NVMe over Fabrics (nvme3) to 10.0.1.9 goes through enp4s0 → 0000:04:00.0'],
    ]);
  });

  it('the disk of a guest', () => {
    expect(used({}, [domain("dev='/dev/sdc'")])).toEqual([
      ['0000:08:00.0', '/dev/sdc, a disk of the guest nas, is on sdc → 0000:08:00.0'],
    ]);
    expect(used({}, [domain("file='/var/lib/libvirt/images/nas.qcow2'")])).toEqual([]);
  });

  it('the SCSI device that a guest has whole', () => {
    const xml =
      "<domain><devices><hostdev mode='subsystem' type='scsi'><source><adapter name='scsi_host1'/><address bus='0' target='0' unit='0'/></source></hostdev></devices></domain>";
    const tree = {
      '/sys/devices/pci0000:00/0000:00:01.4/0000:08:00.0/host1/target1:0:0/1:0:0:0/block/sdb/size': '1\n',
      '/sys/bus/scsi/devices/1:0:0:0': {
        link: '../../../devices/pci0000:00/0000:00:01.4/0000:08:00.0/host1/target1:0:0/1:0:0:0',
      },
    };
    expect(used(tree, [guest(xml)])).toEqual([
      ['0000:08:00.0', '/sys/bus/scsi/devices/1:0:0:0, a disk of the guest nas, is on sdb → 0000:08:00.0'],
    ]);
  });

  it('is not said of the controller of / on top', () => {
    expect(used(mounts(['259:2', '/mnt/other', 'ext4', '/dev/nvme0n1p2']))).toEqual([]);
  });
});

describe('a controller with storage in use', () => {
  const card = samplePci('0000:08:00.0', {
    class: '010700',
    vendor: '1000',
    device: '0097',
    driver: 'mpt3sas',
    iommuGroup: 41,
  });
  const needs = [
    {address: '0000:08:00.0', kind: 'data', chain: '/srv/data is on sdb1 → 0000:08:00.0', spares: []},
  ] as const;
  const facts = sampleFacts(defaultShape, {pci: [...samplePciFunctions, card], needs});
  const profile = {
    devices: [sampleDevice('0000:08:00.0')],
  };
  const severities = (overrides: Parameters<typeof sampleProfile>[0]) =>
    planPassthrough(facts, sampleProfile({...profile, ...overrides}))
      .findings.filter(({code}) => code === 'device-needed-by-host')
      .map(({severity}) => severity);

  it('warns where it is bound at boot, and is refused where libvirt would take it from under a mounted file system', () => {
    expect(severities({binding: 'address'})).toEqual(['warning']);
    expect(severities({binding: 'libvirt'})).toEqual(['blocker']);
    expect(severities({binding: 'libvirt', host: {acceptLossOf: ['0000:08:00.0']}})).toEqual(['warning']);
  });

  it('is marked in groups', () => {
    const lines = describeGroups(facts);
    expect(lines).toContain('Group 41: usable: only its own functions and bridges, but the host uses it');
    expect(lines.find((line) => line.includes('0000:08:00.0'))).toContain('[used by the host: data]');
  });
});
