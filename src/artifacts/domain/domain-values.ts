/** libvirt: virScaleInteger. Units are case-insensitive; a bare letter counts in 1024, `KB` in 1000. */
const exponents: Readonly<Record<string, number>> = {k: 1, m: 2, g: 3, t: 4, p: 5, e: 6};

/** Size in KiB of `<memory unit='…'>…`, whose unit is KiB when it is not told; `null` when libvirt would refuse it. */
export const parseSizeKiB = (text: string, unit: string | null): number | null => {
  const bytesPerUnit = unitBytes((unit ?? 'KiB').toLowerCase());
  return /^\s*\d+\s*$/.test(text) && bytesPerUnit !== null ? Math.ceil((Number(text) * bytesPerUnit) / 1024) : null;
};

const unitBytes = (unit: string): number | null => {
  if (unit === 'b' || unit === 'bytes') return 1;
  const match = /^([kmgtpe])(ib|b)?$/.exec(unit);
  const exponent = exponents[match?.[1] ?? ''];
  return match === null || exponent === undefined ? null : (match[2] === 'b' ? 1000 : 1024) ** exponent;
};

/** libvirt reads PCI numbers as C does: `0x0a`, `012` (octal) and `10` are different ways to write numbers. */
export const parseCNumber = (text: string | null): number | null => {
  if (text === null) return null;
  const trimmed = text.trim();
  if (/^0x[0-9a-f]+$/i.test(trimmed)) return Number.parseInt(trimmed, 16);
  if (/^0[0-7]+$/.test(trimmed)) return Number.parseInt(trimmed, 8);
  return /^\d+$/.test(trimmed) ? Number(trimmed) : null;
};

/** libvirt: VIR_DOMAIN_CPUMASK_LEN. */
const maximumCpus = 16_384;

/** libvirt: virBitmapParse. `0-3,^2,8`; later parts win. `null` when it is malformed. */
export const parseCpuSet = (text: string): ReadonlySet<number> | null => {
  const cpus = new Set<number>();
  if (text.length > 4 * maximumCpus) return null;
  for (const part of text.split(',')) {
    const match = /^\s*(\^?)(\d{1,5})(?:-(\d{1,5}))?\s*$/.exec(part);
    if (match === null || (match[1] === '^' && match[3] !== undefined)) return null;
    const first = Number(match[2]);
    const last = Number(match[3] ?? first);
    if (last >= maximumCpus) return null;
    for (let cpu = first; cpu <= last; cpu += 1) {
      if (match[1] === '^') cpus.delete(cpu);
      else cpus.add(cpu);
    }
  }
  return cpus;
};

/** Accepts another spelling of the same set. */
export const sameCpuSet = (cpus: readonly number[]) => (text: string): boolean => {
  const present = parseCpuSet(text);
  const wanted = new Set(cpus);
  return present !== null && present.size === wanted.size && [...wanted].every((cpu) => present.has(cpu));
};

export const hex = (value: number, digits: number): string => `0x${value.toString(16).padStart(digits, '0')}`;

/** Of an attribute or a text; `null` for anything but digits. */
export const parseWholeNumber = (text: string | null): number | null => (text !== null && /^\s*\d{1,9}\s*$/.test(text) ? Number(text) : null);

/** Not Math.max(...): a call takes only so many arguments, and a captured domain may hold any number of elements. */
export const largest = (numbers: readonly number[]): number => numbers.reduce((most, one) => Math.max(most, one), 0);
