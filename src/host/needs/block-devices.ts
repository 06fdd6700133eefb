import type {Source} from '../../system/source.ts';
import {type DeviceChain, pciAddressesOf, realDevicePath} from '../pci/pci-function.ts';

/** `LUKS cryptroot (dm-0)`, `md RAID md0`, `nvme0n1p3`: what people call the device at this path of sysfs. */
export const describeDevice = (source: Source, device: string, name: string): string => {
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

/** What a block device may stand upon that is no block device itself. */
export type Foundations = {
  readonly source: Source;
  /** Ways from a file (of a loop device) down to PCI. */
  readonly ofFile: (path: string, depth: number) => readonly DeviceChain[];
  /** Ways from the network (of an iSCSI or NVMe-oF disk) down to PCI. */
  readonly ofNetwork: () => readonly DeviceChain[];
  /** Ways from a ZFS volume down to PCI; nothing tells which pool `zd0` is of. */
  readonly ofVolume: () => readonly DeviceChain[];
};

/** Deeper than any real stack; a captured tree may hold a circle. */
const maximumDepth = 16;

/**
 * Every way from a block device (`dm-0`, `nvme0n1p3`) down to PCI, through partitions, device mapper, MD, bcache,
 * loop devices, NVMe multipath and the network. Empty when nothing tells.
 */
export const readDeviceChains = (foundations: Foundations, name: string, depth = 0): readonly DeviceChain[] => {
  const {source} = foundations;
  const device = depth > maximumDepth ? null : findBlockDevice(source, name);
  if (device === null) return [];
  const words = [describeDevice(source, device, name)];
  const whole = source.exists(`${device}/partition`) ? device.slice(0, device.lastIndexOf('/')) : device;
  const lower = [...new Set([...source.list(`${whole}/slaves`), ...cacheDevices(source, whole)])];
  if (lower.length === 0) return after(words, endChains(foundations, whole, depth));
  return after(
    words,
    lower.flatMap((one) => readDeviceChains(foundations, one, depth + 1)),
  );
};

const after = (words: readonly string[], chains: readonly DeviceChain[]): readonly DeviceChain[] =>
  chains.map((chain) => ({words: [...words, ...chain.words], path: chain.path}));

/** Path of the device in sysfs; `/` in a name is `!` there (cciss!c0d0). */
export const findBlockDevice = (source: Source, name: string): string | null => {
  const file = name.replaceAll('/', '!');
  const listed = realDevicePath(source, `/sys/class/block/${file}`) ?? realDevicePath(source, `/sys/block/${file}`);
  if (listed !== null) return listed;
  const disk = source
    .list('/sys/block')
    .find((whole) => file.startsWith(whole) && source.exists(`/sys/block/${whole}/${file}`));
  return disk === undefined ? null : realDevicePath(source, `/sys/block/${disk}/${file}`);
};

/** Only the backing device is a slave of `bcache0`; without its cache it does not start (kernel: drivers/md/bcache/super.c). */
const cacheDevices = (source: Source, whole: string): readonly string[] => {
  const backing = realDevicePath(source, `${whole}/bcache`);
  const set = backing === null ? null : realDevicePath(source, `${backing}/cache`);
  if (backing === null) return [];
  const caches =
    set === null
      ? []
      : source
          .list(set)
          .filter((entry) => /^cache\d+$/.test(entry))
          .map((entry) => realDevicePath(source, `${set}/${entry}`));
  return [backing, ...caches].flatMap((path) => /([^/]+)\/bcache$/.exec(path ?? '')?.[1] ?? []);
};

/** Where the stack of block devices ends: a controller, another machine, a file, or memory. */
const endChains = (foundations: Foundations, device: string, depth: number): readonly DeviceChain[] => {
  const {source} = foundations;
  const directory = /^(.*\/nvme-subsystem\/nvme-subsys\d+)\//.exec(device)?.[1];
  if (directory !== undefined) return multipathChains(foundations, directory, device);
  const file = source.text(`${device}/loop/backing_file`)?.trim();
  if (file !== undefined) return after([file], foundations.ofFile(file, depth + 1));
  return controllerChains(foundations, device);
};

const controllerChains = (foundations: Foundations, device: string): readonly DeviceChain[] => {
  const path = pciAddressesOf(device);
  if (path.length > 0) return [{words: [], path}];
  const kind = networkKinds.find(([pattern]) => pattern.test(device))?.[1];
  if (kind !== undefined) return after([kind], foundations.ofNetwork());
  if (/\/zd\d+$/.test(device)) return foundations.ofVolume();
  // Of the other virtual ones only compressed memory is known to need no controller; eMMC and the like hang on no PCI.
  return device.includes('/virtual/') && !/\/(?:zram|ram)\d+$/.test(device) ? [] : [{words: [], path}];
};

const networkKinds: readonly (readonly [RegExp, string])[] = [
  [/\/session\d+\//, 'iSCSI'],
  [/\/nvme-fabrics\//, 'NVMe over Fabrics'],
  [/\/(?:nbd|rbd|drbd|etherd!)[^/]*$/, 'network disk'],
];

/** A multipath namespace belongs to no controller: all of its subsystem's lead to it. */
const multipathChains = (foundations: Foundations, directory: string, device: string): readonly DeviceChain[] => {
  const {source} = foundations;
  const listed = source.list(directory).filter((entry) => /^nvme\d+$/.test(entry));
  const controllers = listed.length > 0 ? listed : hiddenPaths(source, device);
  return controllers.flatMap((controller) => {
    const path =
      realDevicePath(source, `${directory}/${controller}`) ?? realDevicePath(source, `/sys/class/nvme/${controller}`);
    return path === null ? [] : after([controller], controllerChains(foundations, path));
  });
};

/** `nvme0n1` is reached through the hidden `nvme0c1n1` below the controllers of its subsystem (kernel: drivers/nvme/host/multipath.c). */
const hiddenPaths = (source: Source, device: string): readonly string[] => {
  const [, subsystem, namespace] = /nvme(\d+)n(\d+)$/.exec(device) ?? [];
  const isPath = new RegExp(`^nvme${subsystem}c\\d+n${namespace}$`);
  return source
    .list('/sys/class/nvme')
    .filter((controller) => source.list(`/sys/class/nvme/${controller}`).some((entry) => isPath.test(entry)));
};
