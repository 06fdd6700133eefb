import {isScsiPlace, scsiDevices} from '../../facts/domain-use.ts';
import type {HostDisk} from '../../facts/needs.ts';
import type {Source} from '../../system/source.ts';
import {describeDevice, findBlockDevice} from './block-devices.ts';
import {deviceByName, readUdevBlocks} from './device-names.ts';
import {readMountDevices, type Storage} from './filesystems.ts';
import {readMounts} from './mounts.ts';

/** Block devices that the host itself writes to: what is mounted, swap, and everything that lies below these. */
export const readHostDisks = (source: Source): readonly HostDisk[] => {
  const storage: Storage = {source, udev: readUdevBlocks(source), mounts: readMounts(source)};
  const mounted = storage.mounts.flatMap((mount) =>
    readMountDevices(storage, mount).map((name) => ({what: mount.path, name})),
  );
  const uses = new Map<string, string>();
  for (const {what, name} of [...mounted, ...readSwapDevices(storage).map((name) => ({what: 'swap', name}))]) {
    for (const one of withBelow(source, name))
      if (!uses.has(one)) uses.set(one, `${what} is on ${one === name ? 'it' : nameOf(source, name)}`);
  }
  return [...uses].map(([name, use]) => ({paths: pathsOf(source, name), use}));
};

const readSwapDevices = ({source, udev}: Storage): readonly string[] =>
  (source.text('/proc/swaps') ?? '')
    .split('\n')
    .slice(1)
    .flatMap((line) => deviceByName(source, udev, line.split(/\s+/)[0] ?? '') ?? []);

const nameOf = (source: Source, name: string): string =>
  describeDevice(source, findBlockDevice(source, name) ?? '', name);

const maximumDepth = 16;

/** Of a partition its disk, of a volume what it is made of; a neighbouring partition is nobody's yet. */
const withBelow = (source: Source, name: string, depth = 0): readonly string[] => {
  const device = depth > maximumDepth ? null : findBlockDevice(source, name);
  if (device === null) return [];
  const [, whole] = source.exists(`${device}/partition`) ? (/([^/]+)\/[^/]+$/.exec(device) ?? []) : [];
  return [
    name,
    ...[...(whole === undefined ? [] : [whole]), ...source.list(`${device}/slaves`)].flatMap((one) =>
      withBelow(source, one, depth + 1),
    ),
  ];
};

/** The names that udev gives it, too: `S:disk/by-id/ata-…`, `/dev/block/8:1`, and where a SCSI device is in /sys. */
const pathsOf = (source: Source, name: string): readonly string[] => {
  const device = findBlockDevice(source, name) ?? '';
  const number = source.text(`${device}/dev`)?.trim() ?? '';
  const links = [...(source.text(`/run/udev/data/b${number}`) ?? '').matchAll(/^S:(.+)$/gm)].map(
    ([, link]) => `/dev/${link}`,
  );
  const place = source.link(`${device}/device`)?.split('/').at(-1) ?? '';
  return [
    `/dev/${name.replaceAll('!', '/')}`,
    ...(number === '' ? [] : [`/dev/block/${number}`]),
    ...links,
    ...(isScsiPlace(place) ? [`${scsiDevices}/${place}`] : []),
  ];
};
