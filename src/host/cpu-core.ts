import type {Source} from '../system/source.ts';
import {readCpuList, readCpuMask, readKernelNumber} from './kernel-file.ts';
import {cpuDirectory} from './online-cpus.ts';
import type {Note} from './reader.ts';

/** Where a hardware thread sits. */
export type CorePlace = {
  readonly package: number | null;
  readonly die: number | null;
  readonly core: number | null;
  /** Online threads of the core; empty when no file tells. */
  readonly siblings: readonly number[];
};

/** Threads of the same core as the kernel lists them, `null` when no file tells. */
export const readSiblings = (source: Source, note: Note, id: number): readonly number[] | null => {
  const directory = `${cpuDirectory}/cpu${id}/topology`;
  return (
    filled(readCpuList(source, note, `${directory}/core_cpus_list`)) ??
    filled(readCpuList(source, note, `${directory}/thread_siblings_list`)) ??
    filled(readCpuMask(source, note, `${directory}/core_cpus`)) ??
    filled(readCpuMask(source, note, `${directory}/thread_siblings`))
  );
};

/** Numbers of package, die and core: one answer for all threads of a core. */
export const readCoreNumbers = (source: Source, note: Note, id: number): Omit<CorePlace, 'siblings'> => {
  const directory = `${cpuDirectory}/cpu${id}/topology`;
  return {
    package: readKernelNumber(source, note, `${directory}/physical_package_id`),
    die: readKernelNumber(source, note, `${directory}/die_id`),
    core: readKernelNumber(source, note, `${directory}/core_id`),
  };
};

const filled = (ids: readonly number[] | null): readonly number[] | null => (ids === null || ids.length === 0 ? null : ids);
