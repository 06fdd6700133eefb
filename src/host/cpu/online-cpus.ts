import {strip} from '../../facts/kernel-lists.ts';
import type {Source} from '../../system/source.ts';
import {malformedFile, readCpuList} from '../kernel/kernel-file.ts';
import type {Note} from '../reader.ts';

export const cpuDirectory = '/sys/devices/system/cpu';

export type CpuIds = {
  /** Every CPU that has a directory or is online, ascending; empty when sysfs tells of none. */
  readonly all: readonly number[];
  readonly online: ReadonlySet<number>;
};

/** The `online` list; without one (kernels before 2.6.26) each CPU's own `online` file, which the boot CPU may lack. */
export const readCpuIds = (source: Source, note: Note): CpuIds => {
  const present = numberedEntries(source.list(cpuDirectory), 'cpu');
  const path = `${cpuDirectory}/online`;
  const listed = readCpuList(source, note, path);
  if (listed?.length === 0) note(malformedFile(path, ''));
  const online = new Set(
    listed === null || listed.length === 0 ? present.filter((id) => isOnline(source, id)) : listed,
  );
  return {all: [...new Set([...present, ...online])].sort((a, b) => a - b), online};
};

/** `cpu12` → 12, and neither `cpufreq` nor `cpuidle`; ascending. */
export const numberedEntries = (names: readonly string[], prefix: string): readonly number[] =>
  names
    .filter((name) => name.startsWith(prefix) && /^\d{1,6}$/.test(name.slice(prefix.length)))
    .map((name) => Number(name.slice(prefix.length)))
    .sort((a, b) => a - b);

const isOnline = (source: Source, id: number): boolean =>
  strip(source.text(`${cpuDirectory}/cpu${id}/online`) ?? '1') !== '0';
