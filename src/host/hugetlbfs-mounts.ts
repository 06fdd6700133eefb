import type {MemoryFacts} from './facts.ts';

type Mounts = MemoryFacts['hugetlbfsMounts'];

/** Text of /proc/mounts → mounts of hugetlbfs; one without `pagesize=` has the default size. */
export const parseHugetlbfsMounts = (text: string, defaultKiB: number | null): Mounts =>
  text.split('\n').flatMap((line) => {
    const [, path, type, options = ''] = line.split(' ');
    if (path === undefined || type !== 'hugetlbfs') return [];
    const size = options.split(',').find((option) => option.startsWith('pagesize='));
    return [{path: unescapeMount(path), sizeKiB: size === undefined ? defaultKiB : parsePageSizeKiB(size.slice('pagesize='.length))}];
  });

/** `2M`, `1G`, `1024M`; the kernel prints K, M or G (show_options of fs/hugetlbfs/inode.c). */
const parsePageSizeKiB = (text: string): number | null => {
  const [, digits, unit] = /^(\d{1,9})([KMG])$/i.exec(text) ?? [];
  if (digits === undefined || unit === undefined) return null;
  return Number(digits) * {K: 1, M: 1024, G: 1024 * 1024}[unit.toUpperCase() as 'K' | 'M' | 'G'];
};

/** The kernel writes space, tab, newline and backslash of a path in octal, `\040`. */
const unescapeMount = (path: string): string =>
  path.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCodePoint(Number.parseInt(octal, 8)));
