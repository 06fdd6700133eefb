import type {Source} from '../system/source.ts';
import type {UdevBlocks} from './device-names.ts';
import {deviceByName} from './device-names.ts';

/**
 * sysfs names of a pool's devices: asked on the running machine, else from udev, which labels members with the
 * pool's name. Without labels every ZFS member counts: better one controller too many than the one of `/`.
 */
export const readPoolMembers = (source: Source, udev: UdevBlocks, pool: string): readonly string[] => {
  const asked = parseStatus(source.run('zpool', ['status', '-LP', ...(pool === '' ? [] : [pool])]) ?? '').map((path) => deviceByName(source, udev, path));
  const told = asked.filter((name) => name !== null);
  if (told.length > 0) return told;
  const members = [...udev].filter(([, properties]) => properties['ID_FS_TYPE'] === 'zfs_member');
  const labelled = members.filter(([, properties]) => properties['ID_FS_LABEL'] === pool);
  return (labelled.length > 0 ? labelled : members).map(([name]) => name);
};

/** `zpool status -LP` gives whole real paths: `    /dev/nvme0n1p3  ONLINE  0 0 0`. */
const parseStatus = (text: string): readonly string[] => [...text.matchAll(/^\s+(\/dev\/\S+)\s/gm)].map(([, path = '']) => path);
