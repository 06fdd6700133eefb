import type {Source} from '../system/source.ts';

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
