import {ownValue} from '../../decode/own-value.ts';
import type {Source} from '../../system/source.ts';
import {realDevicePath} from '../pci/pci-function.ts';
import {findBlockDevice} from './block-devices.ts';

/** Properties that udev keeps of each block device, by sysfs name. */
export type UdevBlocks = ReadonlyMap<string, Readonly<Record<string, string>>>;

/** `/run/udev/data/b8:1` with lines `E:ID_FS_TYPE=ext4`. */
export const readUdevBlocks = (source: Source): UdevBlocks => {
  const blocks = new Map<string, Readonly<Record<string, string>>>();
  for (const file of source.list('/run/udev/data')) {
    const name = /^b\d+:\d+$/.test(file) ? deviceByNumber(source, file.slice(1)) : null;
    if (name === null) continue;
    const text = source.text(`/run/udev/data/${file}`) ?? '';
    blocks.set(
      name,
      Object.fromEntries([...text.matchAll(/^E:(ID_\w+)=(.*)$/gm)].map(([, key, value]) => [key, value])),
    );
  }
  return blocks;
};

/** sysfs name of `259:3`. */
export const deviceByNumber = (source: Source, number: string): string | null =>
  baseName(realDevicePath(source, `/sys/dev/block/${number}`));

/** sysfs name of what a mount table calls `/dev/mapper/vg-root`, `UUID=…` or `/dev/nvme0n1p2`; `null` when nothing tells. */
export const deviceByName = (source: Source, udev: UdevBlocks, name: string): string | null => {
  const [, tag, quoted] = /^(UUID|LABEL|PARTUUID|PARTLABEL)=(.+)$/i.exec(name) ?? [];
  if (tag !== undefined && quoted !== undefined)
    return deviceByTag(source, udev, tag.toUpperCase(), quoted.replaceAll(/^["']|["']$/g, ''));
  const [, directory, value] = /^\/dev\/disk\/by-(uuid|label|partuuid|partlabel)\/(.+)$/.exec(name) ?? [];
  if (directory !== undefined && value !== undefined) return deviceByTag(source, udev, directory.toUpperCase(), value);
  if (!name.startsWith('/dev/')) return null;
  const linked = source.link(name) === null ? null : baseName(source.resolve(name));
  return (
    [linked, name.slice('/dev/'.length)].find((candidate) => candidate !== null && isKnown(source, candidate)) ??
    mappedDevice(source, name)
  );
};

const udevKeys: Readonly<Record<string, string>> = {
  UUID: 'ID_FS_UUID',
  LABEL: 'ID_FS_LABEL',
  PARTUUID: 'ID_PART_ENTRY_UUID',
  PARTLABEL: 'ID_PART_ENTRY_NAME',
};

const deviceByTag = (source: Source, udev: UdevBlocks, tag: string, value: string): string | null => {
  const link = `/dev/disk/by-${tag.toLowerCase()}/${value}`;
  const linked = source.link(link) === null ? null : baseName(source.resolve(link));
  if (linked !== null && isKnown(source, linked)) return linked;
  const key = ownValue(udevKeys, tag) ?? '';
  // The plain partition of a LUKS or RAID member has its own UUID, so the first match is the only one.
  return [...udev].find(([, properties]) => properties[key]?.toLowerCase() === value.toLowerCase())?.[0] ?? null;
};

/** `/dev/mapper/NAME`, or `/dev/VG/LV`, whose mapper name doubles the dashes of both. */
const mappedDevice = (source: Source, name: string): string | null => {
  const [, group, volume] = /^\/dev\/([^/]+)\/([^/]+)$/.exec(name) ?? [];
  if (group === undefined || volume === undefined) return null;
  const mapped = group === 'mapper' ? volume : `${group.replaceAll('-', '--')}-${volume.replaceAll('-', '--')}`;
  const devices = new Set([...source.list('/sys/class/block'), ...source.list('/sys/block')]);
  return (
    [...devices].find(
      (device) =>
        device.startsWith('dm-') && source.text(`${findBlockDevice(source, device) ?? ''}/dm/name`)?.trim() === mapped,
    ) ?? null
  );
};

const isKnown = (source: Source, name: string): boolean => findBlockDevice(source, name) !== null;

const baseName = (path: string | null): string | null => (path === null ? null : path.slice(path.lastIndexOf('/') + 1));
