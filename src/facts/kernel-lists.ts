/** Above the largest CONFIG_NR_CPUS of any architecture (8192 on x86): higher numbers are garbage, not CPUs. */
const maximumIds = 8192;
/** A list naming each of those singly is shorter than this. */
const maximumListLength = 65_536;

/** Kernel list format, `0-3,8` → ascending numbers; empty text is the empty list, anything malformed is `null`. */
export const parseCpuList = (text: string): readonly number[] | null => {
  const list = strip(text);
  if (list === '') return [];
  if (list.length > maximumListLength) return null;
  const ids = new Set<number>();
  for (const part of list.split(',')) {
    const range = /^(\d+)(?:-(\d+))?$/.exec(part);
    if (range === null) return null;
    const first = Number(range[1]);
    const last = Number(range[2] ?? range[1]);
    if (first > last || last >= maximumIds) return null;
    for (let id = first; id <= last; id += 1) ids.add(id);
  }
  return ascending(ids);
};

/** Kernel mask format, 32 bits in each comma-separated word, lowest word last; malformed text is `null`. */
export const parseCpuMask = (text: string): readonly number[] | null => {
  const mask = strip(text);
  if (mask.length > maximumListLength || !/^[0-9a-f]+(?:,[0-9a-f]{1,8})*$/i.test(mask)) return null;
  const [head = '', ...words] = mask.split(',');
  const digits = (head + words.map((word) => word.padStart(8, '0')).join('')).replace(/^0+/, '');
  if (digits.length * 4 > maximumIds) return null;
  const ids: number[] = [];
  for (let nibble = 0; nibble < digits.length; nibble += 1) {
    const value = Number.parseInt(digits.charAt(digits.length - 1 - nibble), 16);
    for (let bit = 0; bit < 4; bit += 1) if ((value >> bit) % 2 === 1) ids.push(nibble * 4 + bit);
  }
  return ids;
};

/** `[0, 1, 2, 8]` → `0-2,8`; order and doubles in the input don't matter. */
export const formatCpuList = (ids: readonly number[]): string => {
  const ranges: [number, number][] = [];
  for (const id of ascending(new Set(ids))) {
    const open = ranges.at(-1);
    if (open !== undefined && open[1] === id - 1) open[1] = id;
    else ranges.push([id, id]);
  }
  return ranges.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(',');
};

/** A count or an id; the kernel writes -1 where it doesn't know, and that, like garbage, is `null`. */
export const parseKernelNumber = (text: string): number | null => {
  const number = strip(text);
  if (!/^\d+$/.test(number)) return null;
  const value = Number(number);
  return Number.isSafeInteger(value) ? value : null;
};

/** Some captured trees end values with the NUL that the kernel's buffer had. */
export const strip = (text: string): string => text.replaceAll('\0', '').trim();

const ascending = (ids: ReadonlySet<number>): readonly number[] => [...ids].sort((a, b) => a - b);
