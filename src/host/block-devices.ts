import type {Source} from '../system/source.ts';
import type {DeviceChain} from './device-path.ts';
import {pciAddressesOf, realDevicePath} from './device-path.ts';

/** Deeper than any real stack; a captured tree may hold a circle. */
const maximumDepth = 16;

/**
 * Every way from a block device (`dm-0`, `nvme0n1p3`) down to PCI, through partitions, device mapper, MD and
 * NVMe multipath. Empty when the device is not in sysfs.
 */
export const readDeviceChains = (source: Source, name: string, depth = 0): readonly DeviceChain[] => {
  const device = depth > maximumDepth ? null : findBlockDevice(source, name);
  if (device === null) return [];
  const words = [describeDevice(source, device, name)];
  const whole = source.exists(`${device}/partition`) ? device.slice(0, device.lastIndexOf('/')) : device;
  const slaves = source.list(`${whole}/slaves`);
  if (slaves.length === 0) return pciChains(source, whole, words);
  return slaves.flatMap((slave) =>
    readDeviceChains(source, slave, depth + 1).map((chain) => ({words: [...words, ...chain.words], path: chain.path})),
  );
};

/** Path of the device in sysfs; `/` in a name is `!` there (cciss!c0d0). */
export const findBlockDevice = (source: Source, name: string): string | null => {
  const file = name.replaceAll('/', '!');
  const listed = realDevicePath(source, `/sys/class/block/${file}`) ?? realDevicePath(source, `/sys/block/${file}`);
  if (listed !== null) return listed;
  const disk = source.list('/sys/block').find((whole) => file.startsWith(whole) && source.exists(`/sys/block/${whole}/${file}`));
  return disk === undefined ? null : realDevicePath(source, `/sys/block/${disk}/${file}`);
};

const pciChains = (source: Source, device: string, words: readonly string[]): readonly DeviceChain[] => {
  const [, directory, subsystem] = /^(.*\/nvme-subsystem\/(nvme-subsys\d+))\//.exec(device) ?? [];
  if (directory !== undefined && subsystem !== undefined) return multipathChains(source, directory, words);
  // Network and loop disks end here: only compressed memory is known to need no controller.
  if (device.includes('/virtual/') && !/\/(?:zram|ram)\d+$/.test(device)) return [];
  return [{words, path: pciAddressesOf(device)}];
};

/** A multipath namespace belongs to no controller: all of its subsystem's lead to it. */
const multipathChains = (source: Source, directory: string, words: readonly string[]): readonly DeviceChain[] =>
  source
    .list(directory)
    .filter((entry) => /^nvme\d+$/.test(entry))
    .map((controller) => ({
      words: [...words, controller],
      path: pciAddressesOf(realDevicePath(source, `${directory}/${controller}`) ?? realDevicePath(source, `/sys/class/nvme/${controller}`) ?? ''),
    }));

const describeDevice = (source: Source, device: string, name: string): string => {
  const mapped = source.text(`${device}/dm/name`)?.trim();
  if (mapped === undefined) return source.exists(`${device}/md`) ? `md RAID ${name}` : name;
  const uuid = source.text(`${device}/dm/uuid`) ?? '';
  const kind = mapperKinds.find(([prefix]) => uuid.startsWith(prefix))?.[1] ?? 'device-mapper';
  return `${kind} ${mapped} (${name})`;
};

const mapperKinds: readonly (readonly [string, string])[] = [
  ['LVM-', 'LVM volume'],
  ['CRYPT-', 'LUKS'],
  ['mpath-', 'multipath'],
  ['DMRAID-', 'firmware RAID'],
];
