import type {Source} from '../system/source.ts';
import {readDeviceChains} from './block-devices.ts';
import type {UdevBlocks} from './device-names.ts';
import {deviceByName, deviceByNumber} from './device-names.ts';
import type {DeviceChain} from './device-path.ts';
import type {Mount} from './mounts.ts';
import {mountOf} from './mounts.ts';
import {networkChains} from './network.ts';
import {readPoolMembers} from './zfs-pools.ts';

const networkTypes = new Set(['nfs', 'nfs4', 'cifs', 'smb3', 'ceph', 'glusterfs', 'fuse.sshfs']);
/** They hold nothing on a disk, so the host needs no controller for them. */
const memoryTypes = new Set(['tmpfs', 'ramfs', 'proc', 'sysfs', 'devtmpfs', 'efivarfs', 'hugetlbfs', 'cgroup2']);

/** Every way from a mounted filesystem down to PCI; `null` when nothing tells where it lies. */
export const readMountChains = (source: Source, udev: UdevBlocks, mounts: readonly Mount[], mount: Mount, depth = 0): readonly DeviceChain[] | null => {
  if (memoryTypes.has(mount.type)) return [];
  if (networkTypes.has(mount.type)) return withFirst(`${mount.type} ${mount.device}`, networkChains(source));
  if (mount.type === 'zfs') return readPoolChains(source, udev, mount.device);
  if (mount.type === 'overlay' && depth < 4) return readOverlayChains(source, udev, mounts, mount, depth);
  const names = deviceNames(source, udev, mount);
  const chains = names.flatMap((name) => readDeviceChains(source, name));
  return chains.length === 0 ? null : chains;
};

const deviceNames = (source: Source, udev: UdevBlocks, mount: Mount): readonly string[] => {
  const numbered = mount.number === null || mount.number.startsWith('0:') ? null : deviceByNumber(source, mount.number);
  if (numbered !== null) return [numbered];
  // bcachefs lists its members with colons; a btrfs of several devices names one of them.
  const named = mount.device.split(/:(?=\/dev\/)/).map((device) => deviceByName(source, udev, device)).filter((name) => name !== null);
  return mount.type === 'btrfs' ? named.flatMap((name) => btrfsMembers(source, name)) : named;
};

/** `/sys/fs/btrfs/UUID/devices/sda2` for each device of the filesystem. */
const btrfsMembers = (source: Source, name: string): readonly string[] => {
  const sets = source.list('/sys/fs/btrfs').map((uuid) => source.list(`/sys/fs/btrfs/${uuid}/devices`));
  return sets.find((members) => members.includes(name)) ?? [name];
};

/** `rpool/ROOT/pve-1` and every other dataset lie on all devices of the pool. */
export const readPoolChains = (source: Source, udev: UdevBlocks, dataset: string): readonly DeviceChain[] | null => {
  const pool = dataset.split('/')[0] ?? dataset;
  const chains = readPoolMembers(source, udev, pool).flatMap((name) => readDeviceChains(source, name));
  return chains.length === 0 ? null : withFirst(`ZFS pool ${pool}`, chains);
};

/** OSTree, composefs and live systems put `/` together from directories of other mounts. */
const readOverlayChains = (source: Source, udev: UdevBlocks, mounts: readonly Mount[], mount: Mount, depth: number): readonly DeviceChain[] | null => {
  const directories = mount.options.flatMap((option) => /^(?:lowerdir|upperdir)\+?=(.+)$/.exec(option)?.[1]?.split(':') ?? []);
  const others = mounts.filter((other) => other !== mount);
  const below = [...directories, '/sysroot'].map((path) => mountOf(others, path));
  const distinct = [...new Set(below)].filter((other) => other !== null);
  const chains = distinct.flatMap((other) => readMountChains(source, udev, others, other, depth + 1) ?? []);
  return chains.length === 0 ? null : withFirst('overlay', chains);
};

const withFirst = (word: string, chains: readonly DeviceChain[]): readonly DeviceChain[] =>
  chains.map((chain) => ({words: [word, ...chain.words], path: chain.path}));
