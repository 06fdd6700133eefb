import type {Source} from '../../system/source.ts';

export type Mount = {
  readonly path: string;
  /** `/dev/nvme0n1p2`, `UUID=…`, `rpool/ROOT/pve-1`, `server:/export` */
  readonly device: string;
  /** `259:2`; `null` in the tables without it. */
  readonly number: string | null;
  readonly type: string;
  readonly options: readonly string[];
};

/** What is mounted now, the topmost mount of each place; else what fstab wants mounted. */
export const readMounts = (source: Source): readonly Mount[] => {
  const now = firstNonEmpty([
    () => parseMountinfo(source.text('/proc/self/mountinfo') ?? source.text('/proc/1/mountinfo') ?? ''),
    () => parseMountTable(source.text('/proc/mounts') ?? source.text('/proc/self/mounts') ?? ''),
    () => parseMountTable(source.text('/etc/mtab') ?? ''),
    () => parseMountTable(source.text('/etc/fstab') ?? '').filter(isMountedAtBoot),
  ]);
  const shown = now.filter((mount) => mount.path.startsWith('/') && mount.type !== 'autofs' && mount.type !== 'rootfs');
  return [...new Map(shown.map((mount) => [mount.path, mount])).values()];
};

export const readFstab = (source: Source): readonly Mount[] => parseMountTable(source.text('/etc/fstab') ?? '');

/** A missing device that fstab does not excuse stops the next start in the emergency shell. */
export const isMountedAtBoot = (mount: Mount): boolean =>
  !mount.options.includes('noauto') && !mount.options.includes('nofail');

/** The mount that holds a path: the longest one above it. */
export const mountOf = (mounts: readonly Mount[], path: string): Mount | null =>
  mounts
    .filter((mount) => mount.path === '/' || path === mount.path || path.startsWith(`${mount.path}/`))
    .reduce<Mount | null>(
      (best, mount) => (best === null || mount.path.length > best.path.length ? mount : best),
      null,
    );

const firstNonEmpty = (tables: readonly (() => readonly Mount[])[]): readonly Mount[] => {
  for (const read of tables) {
    const table = read();
    if (table.length > 0) return table;
  }
  return [];
};

/** kernel: Documentation/filesystems/proc.rst 3.5; the number of optional fields before `-` varies. */
const parseMountinfo = (text: string): readonly Mount[] =>
  text.split('\n').flatMap((line): readonly Mount[] => {
    const [front = '', back = ''] = line.split(' - ');
    const [, , number, , path, options = ''] = front.split(' ');
    const [type, device, superOptions = ''] = back.split(' ');
    if (number === undefined || path === undefined || type === undefined || device === undefined) return [];
    return [
      {
        path: unescape(path),
        device: unescape(device),
        number,
        type,
        options: [...options.split(','), ...superOptions.split(',')],
      },
    ];
  });

/** The six columns of fstab, mtab and /proc/mounts. */
const parseMountTable = (text: string): readonly Mount[] =>
  text.split('\n').flatMap((line): readonly Mount[] => {
    const [device, path, type, options = ''] = line.trim().split(/\s+/);
    if (device === undefined || path === undefined || type === undefined || device.startsWith('#')) return [];
    return [{path: unescape(path), device: unescape(device), number: null, type, options: options.split(',')}];
  });

/** Spaces in paths are `\040`. */
const unescape = (text: string): string =>
  text.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
