import {scsiDevices} from '../../facts/domain-use.ts';
import type {Source} from '../../system/source.ts';
import type {DeviceChain} from '../pci/pci-function.ts';
import {deviceByName} from './device-names.ts';
import {readBlockChains, readMountChains, readPoolChains, type Storage} from './filesystems.ts';
import type {Mount} from './mounts.ts';
import {networkChains} from './network.ts';
import {readImportedPools} from './pool-cache.ts';

/** A guest of this host, and the block devices that it writes to. */
export type GuestDisks = {readonly name: string; readonly disks: readonly string[]};

export type DataUse = {readonly what: string; readonly chain: DeviceChain};

/**
 * Storage that the host, or a guest of it, uses now and can start without: mounted file systems that fstab does not
 * name, imported pools, active volumes and arrays, sessions of network storage, targets that are served to other
 * machines, and disks of guests. `needed`: mounts that are a need already.
 */
export const readDataUses = (
  storage: Storage,
  needed: readonly Mount[],
  guests: readonly GuestDisks[],
): readonly DataUse[] => [
  ...mountUses(storage, needed),
  ...readImportedPools(storage.source).flatMap((pool) =>
    uses(`the imported ZFS pool ${pool} is on`, withoutFirst(readPoolChains(storage, pool) ?? [])),
  ),
  ...activeUses(storage),
  ...sessionUses(storage.source),
  ...targetUses(storage),
  ...guests.flatMap((guest) => guestUses(storage, guest)),
];

const uses = (what: string, chains: readonly DeviceChain[]): readonly DataUse[] =>
  chains.map((chain) => ({what, chain}));

/** The pool is named before the chain already. */
const withoutFirst = (chains: readonly DeviceChain[]): readonly DeviceChain[] =>
  chains.map(({words, path}) => ({words: words.slice(1), path}));

/** One mount of each device; an overlay lies on other mounts, which count for themselves. */
const mountUses = (storage: Storage, needed: readonly Mount[]): readonly DataUse[] => {
  const devices = new Set<string>();
  return storage.mounts
    .filter((mount) => !needed.includes(mount) && mount.type !== 'overlay')
    .filter(({device, type}) => device.startsWith('/') || device.includes(':') || type === 'zfs' || type === 'bcachefs')
    .filter(({device}) => devices.size !== devices.add(device).size)
    .flatMap((mount) => uses(`${mount.path} is on`, readMountChains(storage, mount) ?? []));
};

/** Whether a mapped device or an array is there because somebody switched it on. */
const isActive = (source: Source, name: string): boolean => {
  const directory = `/sys/class/block/${name}`;
  if (name.startsWith('dm-')) return /^(?:LVM|CRYPT)-/.test(source.text(`${directory}/dm/uuid`) ?? '');
  const state = source.text(`${directory}/md/array_state`)?.trim();
  return state !== undefined && !['clear', 'inactive'].includes(state);
};

const activeUses = (storage: Storage): readonly DataUse[] =>
  storage.source
    .list('/sys/class/block')
    .filter((name) => /^(?:dm-\d+|md[^/]+)$/.test(name) && isActive(storage.source, name))
    .flatMap((name) =>
      readBlockChains(storage, name).map(({words, path}) => ({
        what: `${words[0] ?? name} is active on`,
        chain: {words: words.slice(1), path},
      })),
    );

/** iSCSI: the portal of each connection; NVMe over Fabrics: the address of each controller (kernel: nvme/host/sysfs.c). */
const sessionUses = (source: Source): readonly DataUse[] => [
  ...source.list('/sys/class/iscsi_connection').flatMap((name) => {
    const portal = source.text(`/sys/class/iscsi_connection/${name}/persistent_address`)?.trim() ?? null;
    return uses(
      `an iSCSI session${portal === null ? '' : ` to ${portal}`} goes through`,
      networkChains(source, portal),
    );
  }),
  ...source.list('/sys/class/nvme').flatMap((name) => {
    const server = /\btraddr=([^,\s]+)/.exec(source.text(`/sys/class/nvme/${name}/address`) ?? '')?.[1];
    const transport = source.text(`/sys/class/nvme/${name}/transport`)?.trim();
    return server === undefined || !['tcp', 'rdma'].includes(transport ?? '')
      ? []
      : uses(`NVMe over Fabrics (${name}) to ${server} goes through`, networkChains(source, server));
  }),
];

/** Disks that the kernel serves to other machines: LIO (iSCSI, Fibre Channel) and nvmet. */
const targetUses = (storage: Storage): readonly DataUse[] => {
  const {source} = storage;
  const below = (directory: string): readonly string[] => source.list(directory).map((name) => `${directory}/${name}`);
  const lio = below('/sys/kernel/config/target/core')
    .filter((path) => /\/(?:iblock|pscsi)_\d+$/.test(path))
    .flatMap(below)
    .map((path) => `${path}/udev_path`);
  const nvmet = below('/sys/kernel/config/nvmet/subsystems')
    .flatMap((path) => below(`${path}/namespaces`))
    .map((path) => `${path}/device_path`);
  return [...lio, ...nvmet].flatMap((file) => {
    const path = source.text(file)?.trim() ?? '';
    return uses(`${path}, served to other machines, is on`, diskChains(storage, path));
  });
};

/** An image file lies on a mounted file system, which counts for itself. */
const guestUses = (storage: Storage, {name, disks}: GuestDisks): readonly DataUse[] =>
  disks.flatMap((path) => uses(`${path}, a disk of the guest ${name}, is on`, diskChains(storage, path)));

/** `path` is a name of a block device, or the place of a SCSI device in /sys. */
const diskChains = (storage: Storage, path: string): readonly DeviceChain[] => {
  if (path.startsWith('/dev/zvol/')) return readPoolChains(storage, path.slice('/dev/zvol/'.length)) ?? [];
  const name = blockNameOf(storage, path);
  return name === null ? [] : readBlockChains(storage, name);
};

const blockNameOf = ({source, udev}: Storage, path: string): string | null => {
  if (path.startsWith('/dev/')) return deviceByName(source, udev, path);
  return path.startsWith(`${scsiDevices}/`) ? (source.list(`${path}/block`)[0] ?? null) : null;
};
