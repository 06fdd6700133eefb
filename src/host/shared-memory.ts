import type {SharedMemory} from '../facts/shared-memory.ts';
import type {Source} from '../system/source.ts';

const directory = '/dev/shm';

/** That of Looking Glass; `null` where nobody can know: a tree without the directory. */
export const readSharedMemory = (source: Source): readonly SharedMemory[] | null => {
  if (!source.exists(directory)) return null;
  const paths = [
    ...source
      .list(directory)
      .filter((name) => name.startsWith('looking-glass'))
      .map((name) => `${directory}/${name}`),
    ...source
      .list('/dev')
      .filter((name) => /^kvmfr\d+$/.test(name))
      .map((name) => `/dev/${name}`),
  ];
  return paths.flatMap((path) => {
    const stat = source.stat(path);
    if (stat === null) return [];
    return [{path, isFile: stat.type === 'file', bytes: stat.size, mode: stat.mode & 0o777, gid: stat.gid}];
  });
};
