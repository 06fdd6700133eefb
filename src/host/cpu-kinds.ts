import type {Source} from '../system/source.ts';
import type {CpuKind} from './facts.ts';
import {readCpuList} from './kernel-file.ts';
import type {Note} from './reader.ts';

/**
 * The perf drivers of hybrid Intel processors name their CPUs, online ones only; `cpu_lowpower` since Linux 6.13.
 * Other hybrids (ARM big.LITTLE) have no such files and count as one kind.
 */
export const readCpuKinds = (source: Source, note: Note): ((id: number) => CpuKind) => {
  const performance = readKind(source, note, ['cpu_core']);
  const efficiency = readKind(source, note, ['cpu_atom', 'cpu_lowpower']);
  if (performance.size === 0 || efficiency.size === 0) return () => 'core';
  return (id) => (performance.has(id) ? 'performance' : efficiency.has(id) ? 'efficiency' : 'core');
};

const readKind = (source: Source, note: Note, drivers: readonly string[]): ReadonlySet<number> =>
  new Set(drivers.flatMap((driver) => readCpuList(source, note, `/sys/devices/${driver}/cpus`) ?? []));
