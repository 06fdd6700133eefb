import type {Source} from '../system/source.ts';
import {readDeviceChains} from './block-devices.ts';
import type {UdevBlocks} from './device-names.ts';
import {deviceByName, readUdevBlocks} from './device-names.ts';
import type {DeviceChain} from './device-path.ts';
import type {HostNeed} from './facts.ts';
import {readMountChains, readPoolChains} from './filesystems.ts';
import type {Mount} from './mounts.ts';
import {isMountedAtBoot, mountOf, readFstab, readMounts} from './mounts.ts';
import type {Note} from './reader.ts';

type StorageNeed = {readonly kind: HostNeed['kind']; readonly what: string; readonly chain: DeviceChain};

/** What the host must find again to come up: its filesystems and its swap, down to the controllers. */
export const readStorageNeeds = (source: Source, note: Note): readonly StorageNeed[] => {
  const mounts = withRoot(source, readMounts(source));
  const udev = readUdevBlocks(source);
  if (!mounts.some((mount) => mount.path === '/')) note(noRoot);
  return [...mounts.filter(isNeeded(readFstab(source))).flatMap((mount) => mountNeeds(source, note, udev, mounts, mount)), ...swapNeeds(source, note, udev, mounts)];
};

/** Without a mount table the kernel command line still tells the device of `/`. */
const withRoot = (source: Source, mounts: readonly Mount[]): readonly Mount[] => {
  const device = /(?:^|\s)root=(\S+)/.exec(source.text('/proc/cmdline') ?? '')?.[1];
  if (device === undefined || mounts.some((mount) => mount.path === '/')) return mounts;
  const dataset = /^(?:ZFS|zfs)[=:](.+)$/.exec(device)?.[1];
  return [{path: '/', device: dataset ?? device, number: null, type: dataset === undefined ? 'auto' : 'zfs', options: []}, ...mounts];
};

const kinds: Readonly<Record<string, HostNeed['kind']>> = {'/': 'root', '/boot': 'boot', '/boot/efi': 'esp', '/efi': 'esp'};
const systemPaths = new Set([...Object.keys(kinds), '/usr', '/var', '/home', '/nix', '/nix/store', '/sysroot']);

const isNeeded = (fstab: readonly Mount[]) => {
  const atBoot = new Set(fstab.filter(isMountedAtBoot).map((mount) => mount.path));
  return (mount: Mount): boolean => systemPaths.has(mount.path) || atBoot.has(mount.path);
};

const mountNeeds = (source: Source, note: Note, udev: UdevBlocks, mounts: readonly Mount[], mount: Mount): readonly StorageNeed[] => {
  const chains = readMountChains(source, udev, mounts, mount);
  if (chains === null) note(unresolved(mount.path, `${mount.path} is on ${mount.device} (${mount.type})`));
  return (chains ?? []).map((chain) => ({kind: kinds[mount.path] ?? 'root', what: mount.path, chain}));
};

const swapNeeds = (source: Source, note: Note, udev: UdevBlocks, mounts: readonly Mount[]): readonly StorageNeed[] =>
  readSwaps(source).flatMap((name) => {
    const chains = name.startsWith('/dev/zvol/') ? readPoolChains(source, udev, name.slice('/dev/zvol/'.length)) : swapChains(source, udev, mounts, name);
    if (chains === null) note(unresolved(name, `Swap is on ${name}`));
    return (chains ?? []).map((chain): StorageNeed => ({kind: 'swap', what: 'swap', chain}));
  });

const swapChains = (source: Source, udev: UdevBlocks, mounts: readonly Mount[], name: string): readonly DeviceChain[] | null => {
  if (name.startsWith('/dev/zram')) return [];
  const device = deviceByName(source, udev, name);
  if (device !== null) return readDeviceChains(source, device);
  const holder = name.startsWith('/dev/') || !name.startsWith('/') ? null : mountOf(mounts, name);
  return holder === null ? null : readMountChains(source, udev, mounts, holder);
};

/** Swap that is used now, or that fstab wants at the next start where nothing is in use. */
const readSwaps = (source: Source): readonly string[] => {
  const used = (source.text('/proc/swaps') ?? '').split('\n').slice(1).map((line) => line.split(/\s+/)[0] ?? '');
  const wanted = readFstab(source).filter((mount) => mount.type === 'swap' && isMountedAtBoot(mount)).map((mount) => mount.device);
  const now = used.filter((name) => name !== '');
  return now.length > 0 ? now : wanted;
};

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
