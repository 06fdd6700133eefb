import {type HugepagePool, kibPerGiB, type MemoryFacts} from '../../facts/memory.ts';
import type {Source} from '../../system/source.ts';
import {malformedFile, readKernelNumber} from '../kernel/kernel-file.ts';
import type {Note} from '../reader.ts';

/** Lines `MemTotal: 24737184 kB` of /proc/meminfo, or `Node 0 MemTotal: …` of a node's; KiB by name. */
export const parseMeminfo = (text: string): ReadonlyMap<string, number> => {
  const values = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [, name, digits] = /^(?:Node\s+\d+\s+)?(\w+):\s+(\d{1,15}) kB\s*$/.exec(line) ?? [];
    if (name !== undefined && digits !== undefined) values.set(name, Number(digits));
  }
  return values;
};

/** `hugepages-2048kB`, `hugepages-64kB` (ARM), `hugepages-16777216kB` (POWER) … → KiB, ascending. */
const readHugepageSizes = (source: Source, directory: string): readonly number[] =>
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

type Mounts = MemoryFacts['hugetlbfsMounts'];

/** Text of /proc/mounts → mounts of hugetlbfs; one without `pagesize=` has the default size. */
export const parseHugetlbfsMounts = (text: string, defaultKiB: number | null): Mounts =>
  text.split('\n').flatMap((line) => {
    const [, path, type, options = ''] = line.split(' ');
    if (path === undefined || type !== 'hugetlbfs') return [];
    const size = options.split(',').find((option) => option.startsWith('pagesize='));
    return [
      {
        path: unescapeMount(path),
        sizeKiB: size === undefined ? defaultKiB : parsePageSizeKiB(size.slice('pagesize='.length)),
      },
    ];
  });

/** `2M`, `1G`, `1024M`; the kernel prints K, M or G (show_options of fs/hugetlbfs/inode.c). */
const parsePageSizeKiB = (text: string): number | null => {
  const [, digits, unit] = /^(\d{1,9})([KMG])$/i.exec(text) ?? [];
  if (digits === undefined || unit === undefined) return null;
  return Number(digits) * {K: 1, M: 1024, G: kibPerGiB}[unit.toUpperCase() as 'K' | 'M' | 'G'];
};

/** The kernel writes space, tab, newline and backslash of a path in octal, `\040`. */
const unescapeMount = (path: string): string =>
  path.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCodePoint(Number.parseInt(octal, 8)));

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
    hugetlbfsMounts: parseHugetlbfsMounts(
      source.text('/proc/mounts') ?? source.text('/proc/self/mounts') ?? '',
      defaultHugepageKiB,
    ),
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
