import type {Source} from '../system/source.ts';
import {malformedFile, readCpuList, readCpuMask} from './kernel-file.ts';
import {strip} from './kernel-lists.ts';
import {cpuDirectory, numberedEntries} from './online-cpus.ts';
import type {Note} from './reader.ts';

export type L3 = {
  /** CPUs that share it as the kernel lists them, offline ones included. */
  readonly cpus: readonly number[];
  readonly sizeKiB: number | null;
};

/**
 * The level-3 cache above a CPU, at whatever index it is; `null` when there is none (VMs, ARM, some E-cores).
 * A list that is word for word that of a cache known already, at the same index, is the same cache: one file then
 * answers instead of five.
 */
export const l3Reader = (source: Source, note: Note): ((id: number) => L3 | null) => {
  const known = new Map<string, L3>();
  let usual = 3;
  return (id) => {
    const directory = `${cpuDirectory}/cpu${id}/cache`;
    const same = known.get(`${usual} ${source.text(sharedList(directory, usual))}`);
    if (same !== undefined) return same;
    const indexes = numberedEntries(source.list(directory), 'index').toReversed();
    const index = indexes.find((index) => isL3(source, `${directory}/index${index}`));
    if (index === undefined) return null;
    const l3 = readShares(source, note, `${directory}/index${index}`);
    usual = index;
    const list = source.text(sharedList(directory, index));
    if (list !== null && list.trim() !== '' && l3?.cpus.includes(id) === true) known.set(`${index} ${list}`, l3);
    return l3;
  };
};

const sharedList = (directory: string, index: number): string => `${directory}/index${index}/shared_cpu_list`;

/** Captured trees may lack `type`; level 3 is unified on every machine that says. */
const isL3 = (source: Source, directory: string): boolean =>
  strip(source.text(`${directory}/level`) ?? '') === '3' && strip(source.text(`${directory}/type`) ?? 'Unified') === 'Unified';

const readShares = (source: Source, note: Note, directory: string): L3 | null => {
  const listed = readCpuList(source, note, `${directory}/shared_cpu_list`);
  const cpus = listed === null || listed.length === 0 ? readCpuMask(source, note, `${directory}/shared_cpu_map`) : listed;
  if (cpus === null || cpus.length === 0) return null;
  return {cpus, sizeKiB: readSizeKiB(source, note, `${directory}/size`)};
};

const readSizeKiB = (source: Source, note: Note, path: string): number | null => {
  const text = source.text(path);
  if (text === null) return null;
  const size = parseCacheSizeKiB(text);
  if (size === null) note(malformedFile(path, text));
  return size;
};

/** `33M`, `25344K` → KiB. */
export const parseCacheSizeKiB = (text: string): number | null => {
  const [, digits, unit] = /^(\d{1,9})([KMG])$/.exec(strip(text)) ?? [];
  if (digits === undefined) return null;
  return Number(digits) * (unit === 'G' ? 1024 * 1024 : unit === 'M' ? 1024 : 1);
};
