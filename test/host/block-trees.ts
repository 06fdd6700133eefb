import type {openTree} from '../support/make-tree.ts';

export type Tree = Parameters<typeof openTree>[0];

/** A device, its partitions (name: number) and the links by which it is found. */
export const disk = (path: string, partitions: Readonly<Record<string, string>>): Tree => {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const parts = Object.entries(partitions).flatMap(([part, number]): [string, string | {link: string}][] => [
    [`${path}/${part}/partition`, '1\n'],
    [`/sys/class/block/${part}`, {link: `../../..${path}/${part}`}],
    [`/sys/dev/block/${number}`, {link: `../../..${path}/${part}`}],
  ]);
  return {
    [`/sys/class/block/${name}`]: {link: `../../..${path}`},
    [`${path}/size`]: '1\n',
    ...Object.fromEntries(parts),
  };
};

/** A device-mapper or MD device upon others. */
export const stacked = (
  name: string,
  number: string,
  uuid: string,
  slaves: readonly string[],
  kind: 'dm' | 'md' = 'dm',
): Tree => ({
  [`/sys/class/block/${name}`]: {link: `../../devices/virtual/block/${name}`},
  [`/sys/dev/block/${number}`]: {link: `../../devices/virtual/block/${name}`},
  ...(kind === 'dm'
    ? {
        [`/sys/devices/virtual/block/${name}/dm/name`]: `${name}-name\n`,
        [`/sys/devices/virtual/block/${name}/dm/uuid`]: `${uuid}\n`,
      }
    : {[`/sys/devices/virtual/block/${name}/md/level`]: 'raid1\n'}),
  ...Object.fromEntries(
    slaves.map((slave) => [`/sys/devices/virtual/block/${name}/slaves/${slave}`, {link: `../../../${slave}`}]),
  ),
});

export const mountinfo = (
  ...mounts: readonly (readonly [number: string, path: string, type: string, device: string])[]
): Tree => ({
  '/proc/self/mountinfo': mounts
    .map(
      ([number, path, type, device], index) =>
        `${index + 20} 1 ${number} / ${path} rw,relatime shared:1 - ${type} ${device} rw\n`,
    )
    .join(''),
});
