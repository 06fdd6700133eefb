import type {Source} from '../../system/source.ts';
import type {DeviceChain} from '../pci/pci-function.ts';
import {type Foundations, readDeviceChains} from './block-devices.ts';
import {deviceByName, deviceByNumber, type UdevBlocks} from './device-names.ts';
import {type Mount, mountOf} from './mounts.ts';
import {networkChains} from './network.ts';
import {readCachedMembers} from './pool-cache.ts';

/**
 * sysfs names of a pool's devices: asked on the running machine, else from the cache of imported pools, else from udev,
 * which labels members with the pool's name. Without labels every ZFS member counts: better one controller too many than the one of `/`.
 */
const readPoolMembers = (source: Source, udev: UdevBlocks, pool: string): readonly string[] => {
  const asked = parseStatus(source.run('zpool', ['status', '-LP', ...(pool === '' ? [] : [pool])]) ?? '').map((path) =>
    deviceByName(source, udev, path),
  );
  const told = asked.filter((name) => name !== null);
  if (told.length > 0) return told;
  const cached = readCachedMembers(source, pool).flatMap((path) => deviceByName(source, udev, path) ?? []);
  if (cached.length > 0) return cached;
  const members = [...udev].filter(([, properties]) => properties['ID_FS_TYPE'] === 'zfs_member');
  const labelled = members.filter(([, properties]) => properties['ID_FS_LABEL'] === pool);
  return (labelled.length > 0 ? labelled : members).map(([name]) => name);
};

/** `zpool status -LP` gives whole real paths: `    /dev/nvme0n1p3  ONLINE  0 0 0`. */
const parseStatus = (text: string): readonly string[] =>
  [...text.matchAll(/^\s+(\/dev\/\S+)\s/gm)].map(([, path = '']) => path);

/** What every question about storage needs. */
export type Storage = {readonly source: Source; readonly udev: UdevBlocks; readonly mounts: readonly Mount[]};

const networkTypes = new Set(['nfs', 'nfs4', 'cifs', 'smb3', 'ceph', 'glusterfs', 'fuse.sshfs']);
/** They hold nothing on a disk, so the host needs no controller for them. */
const memoryTypes = new Set(['tmpfs', 'ramfs', 'proc', 'sysfs', 'devtmpfs', 'efivarfs', 'hugetlbfs', 'cgroup2']);

/** Every way from a mounted filesystem down to PCI; `null` when nothing tells where it lies. */
export const readMountChains = (storage: Storage, mount: Mount, depth = 0): readonly DeviceChain[] | null => {
  const {source, udev} = storage;
  if (memoryTypes.has(mount.type)) return [];
  if (networkTypes.has(mount.type))
    return withFirst(`${mount.type} ${mount.device}`, networkChains(source, serverOf(mount)));
  if (mount.type === 'zfs') return readPoolChains(storage, mount.device);
  if (mount.type === 'overlay' && depth < 4) return readOverlayChains(storage, mount, depth);
  return orNull(deviceNames(source, udev, mount).flatMap((name) => readBlockChains(storage, name, depth)));
};

/** sysfs names of the block devices that a mounted filesystem writes to. */
export const readMountDevices = ({source, udev}: Storage, mount: Mount): readonly string[] => {
  if (memoryTypes.has(mount.type) || networkTypes.has(mount.type)) return [];
  return mount.type === 'zfs'
    ? readPoolMembers(source, udev, mount.device.split('/')[0] ?? '')
    : deviceNames(source, udev, mount);
};

/** Every way from a block device down to PCI. */
export const readBlockChains = (storage: Storage, name: string, depth = 0): readonly DeviceChain[] => {
  const foundations: Foundations = {
    source: storage.source,
    ofFile: (path, below) => {
      const mount = below > maximumDepth ? null : mountOf(storage.mounts, path);
      return mount === null ? [] : (readMountChains(storage, mount, below) ?? []);
    },
    ofNetwork: () => networkChains(storage.source, null),
    ofVolume: () => readPoolChains(storage, '') ?? [],
  };
  return readDeviceChains(foundations, name, depth);
};

/** A loop device on a filesystem on that loop device can't be mounted, but a captured tree may say so. */
const maximumDepth = 8;

const orNull = (chains: readonly DeviceChain[]): readonly DeviceChain[] | null => (chains.length === 0 ? null : chains);

/** nfs(5): `addr=` is what the server's name was resolved to. */
const serverOf = (mount: Mount): string | null =>
  mount.options.find((option) => option.startsWith('addr='))?.slice('addr='.length) ?? null;

const deviceNames = (source: Source, udev: UdevBlocks, mount: Mount): readonly string[] => {
  const numbered = mount.number === null || mount.number.startsWith('0:') ? null : deviceByNumber(source, mount.number);
  if (numbered !== null) return [numbered];
  // bcachefs lists its members with colons; a btrfs of several devices names one of them.
  const named = mount.device
    .split(/:(?=\/dev\/)/)
    .map((device) => deviceByName(source, udev, device))
    .filter((name) => name !== null);
  return mount.type === 'btrfs' ? named.flatMap((name) => btrfsMembers(source, name)) : named;
};

/** `/sys/fs/btrfs/UUID/devices/sda2` for each device of the filesystem. */
const btrfsMembers = (source: Source, name: string): readonly string[] => {
  const sets = source.list('/sys/fs/btrfs').map((uuid) => source.list(`/sys/fs/btrfs/${uuid}/devices`));
  return sets.find((members) => members.includes(name)) ?? [name];
};

/** `rpool/ROOT/pve-1` and every other dataset lie on all devices of the pool; without a name, of every pool. */
export const readPoolChains = (storage: Storage, dataset: string): readonly DeviceChain[] | null => {
  const pool = dataset.split('/')[0] ?? dataset;
  const members = readPoolMembers(storage.source, storage.udev, pool);
  const chains = orNull(members.flatMap((name) => readBlockChains(storage, name)));
  return chains === null ? null : withFirst(pool === '' ? 'ZFS' : `ZFS pool ${pool}`, chains);
};

/** OSTree, composefs and live systems put `/` together from directories of other mounts. */
const readOverlayChains = (storage: Storage, mount: Mount, depth: number): readonly DeviceChain[] | null => {
  const directories = mount.options.flatMap(
    (option) => /^(?:lowerdir|upperdir)\+?=(.+)$/.exec(option)?.[1]?.split(':') ?? [],
  );
  const mounts = storage.mounts.filter((other) => other !== mount);
  const below = [...directories, '/sysroot'].map((path) => mountOf(mounts, path));
  const distinct = [...new Set(below)].filter((other) => other !== null);
  const chains = orNull(distinct.flatMap((other) => readMountChains({...storage, mounts}, other, depth + 1) ?? []));
  return chains === null ? null : withFirst('overlay', chains);
};

const withFirst = (word: string, chains: readonly DeviceChain[]): readonly DeviceChain[] =>
  chains.map((chain) => ({words: [word, ...chain.words], path: chain.path}));
