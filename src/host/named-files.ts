import {dirname} from 'node:path';
import type {NamedFile} from '../facts/named-file.ts';
import {decodeIsoVolume, type IsoVolume, volumeDescriptorAt, volumeDescriptorBytes} from '../formats/iso9660.ts';
import {type KnownSystem, systemOnMedium} from '../formats/osinfo.ts';
import type {Source} from '../system/source.ts';
import {mountOf, readMounts} from './needs/mounts.ts';

/** What is at the paths that a profile names, by path. Of each file one sector is read, whatever its size. */
export const readNamedFiles = (source: Source, paths: readonly string[]): Readonly<Record<string, NamedFile>> => {
  if (paths.length === 0) return {};
  const mounts = readMounts(source);
  return Object.fromEntries(
    [...new Set(paths)].map((path) => {
      const real = source.resolve(path) ?? path;
      const state = stateOf(source, path, real);
      const sector = state === 'file' ? source.part(path, volumeDescriptorAt, volumeDescriptorBytes) : null;
      const volume = sector === null ? null : decodeIsoVolume(sector);
      const file: NamedFile = {
        path,
        state: source.denied.has(path) ? 'denied' : state,
        volume,
        systems: volume === null ? [] : readSystems(source, volume),
        isOsinfoThere: source.exists(osinfo),
        fileSystem: mountOf(mounts, real)?.type ?? null,
        closedFolder: closedFolderAbove(source, real),
      };
      return [path, file];
    }),
  );
};

const stateOf = (source: Source, path: string, real: string): NamedFile['state'] => {
  const stat = source.stat(real);
  if (stat === null) return source.stat(path)?.type === 'symlink' ? 'broken-link' : 'absent';
  return stat.type === 'file' || stat.type === 'directory' ? stat.type : 'device';
};

/** Where distributions put the files of osinfo-db. */
const osinfo = '/usr/share/osinfo/os';

const readSystems = (source: Source, volume: IsoVolume): readonly KnownSystem[] => {
  const architecture = 'x86_64';
  const files = source
    .directories(osinfo)
    .flatMap((vendor) => source.list(`${osinfo}/${vendor}`).map((name) => `${osinfo}/${vendor}/${name}`));
  return files
    .filter((file) => file.endsWith('.xml'))
    .flatMap((file) => systemOnMedium(source.text(file) ?? '', volume, architecture) ?? []);
};

/** QEMU runs as a user of its own, and enters a folder only where all users may (x for others). */
const closedFolderAbove = (source: Source, real: string): NamedFile['closedFolder'] => {
  const folders: string[] = [];
  for (let folder = dirname(real); folder !== '/'; folder = dirname(folder)) folders.unshift(folder);
  for (const path of folders) {
    const stat = source.stat(path);
    if (stat?.type === 'directory' && (stat.mode & 0o001) === 0) return {path, mode: stat.mode & 0o777};
  }
  return null;
};
