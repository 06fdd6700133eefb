import type {Source} from '../system/source.ts';
import type {HugepagePool} from './facts.ts';
import {readKernelNumber} from './kernel-file.ts';
import type {Note} from './reader.ts';

/** `hugepages-2048kB`, `hugepages-64kB` (ARM), `hugepages-16777216kB` (POWER) … → KiB, ascending. */
export const readHugepageSizes = (source: Source, directory: string): readonly number[] =>
  source
    .list(directory)
    .flatMap((name) => /^hugepages-(\d{1,12})kB$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);

/** Pools of a node; one whose counts can't be read is left out, as 0 pages would be an invention. */
export const readHugepagePools = (source: Source, note: Note, directory: string): readonly HugepagePool[] =>
  readHugepageSizes(source, directory).flatMap((sizeKiB) => {
    const total = readKernelNumber(source, note, `${directory}/hugepages-${sizeKiB}kB/nr_hugepages`);
    const free = readKernelNumber(source, note, `${directory}/hugepages-${sizeKiB}kB/free_hugepages`);
    return total === null || free === null ? [] : [{sizeKiB, total, free}];
  });
