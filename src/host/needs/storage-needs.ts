import type {HostNeed} from '../../facts/needs.ts';
import type {Source} from '../../system/source.ts';
import {readLoaderVariable} from '../../boot/efi-variables.ts';
import type {DeviceChain} from '../pci/pci-function.ts';
import type {Note} from '../reader.ts';
import {type GuestDisks, readDataUses} from './data-needs.ts';
import {deviceByName, readUdevBlocks} from './device-names.ts';
import {readBlockChains, readMountChains, readPoolChains, type Storage} from './filesystems.ts';
import {isMountedAtBoot, type Mount, mountOf, readFstab, readMounts} from './mounts.ts';

/** What the firmware and the loader read, at the places where distributions mount it. */
const bootKinds: Readonly<Record<string, HostNeed['kind']>> = {
  '/': 'root',
  '/boot': 'boot',
  '/boot/efi': 'esp',
  '/efi': 'esp',
};

/**
 * Boot partitions that no mount shows now: an automount that nobody has opened, the ESP that systemd-boot was started
 * from (systemd-boot(7), LoaderDevicePartUUID) and those that proxmox-boot-tool fills.
 */
const unmountedBootPartitions = ({source, mounts}: Storage): readonly Mount[] => {
  const isMounted = (path: string): boolean => mounts.some((mount) => mount.path === path);
  const fstab = readFstab(source).filter(({path}) => path !== '/' && bootKinds[path] !== undefined && !isMounted(path));
  const loader = readLoaderVariable(source, 'LoaderDevicePartUUID');
  const proxmox = (source.text('/etc/kernel/proxmox-boot-uuids') ?? '').split(/\s+/).filter((uuid) => uuid !== '');
  return [
    ...fstab,
    ...(loader === null ? [] : [esp(`PARTUUID=${loader.toLowerCase()}`)]),
    ...proxmox.map((uuid) => esp(`UUID=${uuid}`)),
  ];
};

const esp = (device: string): Mount => ({
  path: 'the EFI system partition',
  device,
  number: null,
  type: 'vfat',
  options: [],
});

type StorageNeed = {readonly kind: HostNeed['kind']; readonly what: string; readonly chain: DeviceChain};

/**
 * What the host must find again to come up: its filesystems and its swap, down to the controllers; and as `data` what it
 * uses now and can start without. `what` begins a sentence that the chain ends: `/ is on`.
 */
export const readStorageNeeds = (source: Source, note: Note, guests: readonly GuestDisks[]): readonly StorageNeed[] => {
  const storage: Storage = {source, udev: readUdevBlocks(source), mounts: withRoot(source, readMounts(source))};
  if (!storage.mounts.some((mount) => mount.path === '/')) note(noRoot);
  const needed = storage.mounts.filter(isNeeded(readFstab(source)));
  const mounted = needed.flatMap((mount) => mountNeeds(storage, note, mount));
  return [
    ...mounted,
    ...unmountedBootPartitions(storage).flatMap((mount) => unmountedNeeds(storage, mount)),
    ...swapNeeds(storage, note),
    ...readDataUses(storage, needed, guests).map(({what, chain}): StorageNeed => ({kind: 'data', what, chain})),
  ];
};

/** Without a mount table, or with one that says `/dev/root`, the kernel command line still tells the device of `/`. */
const withRoot = (source: Source, mounts: readonly Mount[]): readonly Mount[] => {
  // The last one counts (kernel: init/do_mounts.c, root_dev_setup).
  const device = [...(source.text('/proc/cmdline') ?? '').matchAll(/(?:^|\s)root=(\S+)/g)].at(-1)?.[1];
  const mounted = mounts.find((mount) => mount.path === '/');
  if (device === undefined || (mounted !== undefined && mounted.device !== '/dev/root')) return mounts;
  if (mounted !== undefined) return mounts.map((mount) => (mount === mounted ? {...mount, device} : mount));
  const dataset = /^(?:ZFS|zfs)[=:](.+)$/.exec(device)?.[1];
  return [
    {path: '/', device: dataset ?? device, number: null, type: dataset === undefined ? 'auto' : 'zfs', options: []},
    ...mounts,
  ];
};

const systemPaths = new Set([...Object.keys(bootKinds), '/usr', '/var', '/home', '/nix', '/nix/store', '/sysroot']);

const isNeeded = (fstab: readonly Mount[]) => {
  const atBoot = new Set(fstab.filter(isMountedAtBoot).map((mount) => mount.path));
  return (mount: Mount): boolean => systemPaths.has(mount.path) || atBoot.has(mount.path);
};

const mountNeeds = (storage: Storage, note: Note, mount: Mount): readonly StorageNeed[] => {
  const chains = readMountChains(storage, mount);
  if (chains === null) note(unresolved(mount.path, `${mount.path} is on ${mount.device} (${mount.type})`));
  return (chains ?? []).map((chain) => ({kind: bootKinds[mount.path] ?? 'root', what: `${mount.path} is on`, chain}));
};

/** The system is up without it, so one that can't be found is no news. */
const unmountedNeeds = (storage: Storage, mount: Mount): readonly StorageNeed[] =>
  (readMountChains(storage, mount) ?? []).map((chain) => ({
    kind: bootKinds[mount.path] ?? 'esp',
    what: `${mount.path} is on`,
    chain,
  }));

const swapNeeds = (storage: Storage, note: Note): readonly StorageNeed[] => {
  const {used, wanted} = readSwaps(storage.source);
  return [...new Set([...used, ...wanted])].flatMap((name) => {
    const chains = swapChains(storage, name);
    if (chains === null && (used.length === 0 || used.includes(name))) note(unresolved(name, `Swap is on ${name}`));
    return (chains ?? []).map((chain): StorageNeed => ({kind: 'swap', what: 'swap is on', chain}));
  });
};

const swapChains = (storage: Storage, name: string): readonly DeviceChain[] | null => {
  const {source, udev, mounts} = storage;
  if (name.startsWith('/dev/zram')) return [];
  if (name.startsWith('/dev/zvol/')) return readPoolChains(storage, name.slice('/dev/zvol/'.length));
  const device = deviceByName(source, udev, name);
  const chains = device === null ? [] : readBlockChains(storage, device);
  if (device !== null) return chains.length === 0 ? null : chains;
  const holder = name.startsWith('/dev/') || !name.startsWith('/') ? null : mountOf(mounts, name);
  return holder === null ? null : readMountChains(storage, holder);
};

/** Swap that is used now, and what fstab wants at the next start. */
const readSwaps = (source: Source): {readonly used: readonly string[]; readonly wanted: readonly string[]} => ({
  used: (source.text('/proc/swaps') ?? '')
    .split('\n')
    .slice(1)
    .flatMap((line) => line.split(/\s+/)[0] || []),
  wanted: readFstab(source)
    .filter((mount) => mount.type === 'swap' && isMountedAtBoot(mount))
    .map((mount) => mount.device),
});

const unresolved = (subject: string, what: string) =>
  ({
    code: 'host-file-unreadable',
    severity: 'warning',
    subject,
    message: `${what}, and nothing tells which disk controller that is, so it cannot be protected.`,
    remedy: 'Make sure yourself that no device you pass to a guest is the controller of that disk.',
  }) as const;

const noRoot = {
  code: 'host-file-unreadable',
  severity: 'note',
  subject: '/proc/self/mountinfo',
  message: 'No mount table was found, so the disk controllers that the host needs are unknown.',
  remedy: 'Make sure yourself that no device you pass to a guest is the controller of a disk of the host.',
} as const;
