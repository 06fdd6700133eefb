import type {Source} from '../../system/source.ts';

/** Imported pools have a directory of statistics each (OpenZFS: module/zfs/spa_stats.c). */
export const readImportedPools = (source: Source): readonly string[] =>
  source
    .list('/proc/spl/kstat/zfs')
    .filter(
      (name) => source.exists(`/proc/spl/kstat/zfs/${name}/state`) || source.exists(`/proc/spl/kstat/zfs/${name}/io`),
    );

/**
 * Paths of a pool's devices in the cache from which it is imported at boot: a packed list of names and values, one pool
 * after the other, each behind its name (OpenZFS: module/zfs/spa_config.c). Strings are found without the rest of it.
 */
export const readCachedMembers = (source: Source, pool: string): readonly string[] => {
  const text = source.bytes('/etc/zfs/zpool.cache')?.toString('latin1') ?? '';
  const strings = [...text.matchAll(/[\x21-\x7e]{2,}/g)].map(([string]) => string);
  const others = readImportedPools(source).filter((name) => name !== pool);
  const start = pool === '' ? 0 : strings.indexOf(pool);
  if (start < 0) return [];
  const after = pool === '' ? -1 : strings.findIndex((string, index) => index > start && others.includes(string));
  return strings.slice(start, after < 0 ? undefined : after).filter((string) => string.startsWith('/dev/'));
};
