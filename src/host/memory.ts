import type {Source} from '../system/source.ts';
import type {MemoryFacts} from './facts.ts';
import {readHugepageSizes} from './hugepage-pools.ts';
import {parseHugetlbfsMounts} from './hugetlbfs-mounts.ts';
import {malformedFile} from './kernel-file.ts';
import {parseMeminfo} from './meminfo.ts';
import type {Note} from './reader.ts';

const thpPath = '/sys/kernel/mm/transparent_hugepage/enabled';

/** Memory of the whole machine. */
export const readMemory = (source: Source, note: Note): MemoryFacts => {
  const text = source.text('/proc/meminfo');
  const values = parseMeminfo(text ?? '');
  if (text !== null && !values.has('MemTotal')) note(malformedFile('/proc/meminfo', text));
  const defaultHugepageKiB = values.get('Hugepagesize') ?? null;
  return {
    totalKiB: values.get('MemTotal') ?? null,
    availableKiB: values.get('MemAvailable') ?? null,
    hugepageSizesKiB: readHugepageSizes(source, '/sys/kernel/mm/hugepages'),
    defaultHugepageKiB,
    transparentHugepages: readTransparentHugepages(source, note),
    // /proc/mounts is a link to self/mounts, which some captured trees hold without the link.
    hugetlbfsMounts: parseHugetlbfsMounts(source.text('/proc/mounts') ?? source.text('/proc/self/mounts') ?? '', defaultHugepageKiB),
  };
};

/** `always [madvise] never` → `madvise`. */
const readTransparentHugepages = (source: Source, note: Note): string | null => {
  const text = source.text(thpPath);
  if (text === null) return null;
  const chosen = /\[(\w+)\]/.exec(text)?.[1] ?? null;
  if (chosen === null) note(malformedFile(thpPath, text));
  return chosen;
};
