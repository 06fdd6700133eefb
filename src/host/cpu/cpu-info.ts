/** What /proc/cpuinfo says, over all architectures. */
export type CpuInfo = {
  readonly vendor: string | null;
  readonly model: string | null;
  readonly architecture: string | null;
  readonly flags: readonly string[] | null;
  readonly physicalBits: number | null;
};

/** Package and core as cpuinfo numbers them; `null` when it is silent (VMs, ARM). */
export type CpuInfoThread = {readonly id: number; readonly package: number | null; readonly core: number | null};

type Fields = ReadonlyMap<string, string>;

/**
 * Text of /proc/cpuinfo; the first CPU stands for all. Two blocks are looked at, because loongarch, s390 and
 * 32-bit ARM print a block about the machine before the first CPU or after a list of them.
 */
export const parseCpuInfo = (text: string): CpuInfo => {
  const fields = parseFields(text.slice(0, endOfSecondBlock(text)));
  const flags = fields.get('flags') ?? fields.get('features') ?? fields.get('cpu features');
  return {
    vendor: fields.get('vendor_id') ?? fields.get('vendor') ?? null,
    model: modelOf(fields),
    architecture: architectureOf(fields),
    physicalBits: bitsOf(fields.get('address sizes')),
    flags: flags === undefined ? null : flags.split(/\s+/).filter((flag) => flag !== ''),
  };
};

/** `46 bits physical, 48 bits virtual` */
const bitsOf = (text: string | undefined): number | null => {
  const bits = /^(\d{1,2}) bits physical/.exec(text ?? '')?.[1];
  return bits === undefined ? null : Number(bits);
};

const endOfSecondBlock = (text: string): number => {
  const end = /\n[ \t]*\n[^]*?\n[ \t]*\n/.exec(text);
  return end === null ? text.length : end.index + end[0].length;
};

const parseFields = (block: string): Fields => {
  const fields = new Map<string, string>();
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    if (colon === -1) continue;
    const name = line.slice(0, colon).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (!fields.has(name) && value !== '') fields.set(name, value);
  }
  return fields;
};

/** `model name` on x86, ia64, loongarch; `cpu` on POWER; `uarch` on RISC-V; `processor` is text on 32-bit ARM. */
const modelOf = (fields: Fields): string | null => {
  const text = fields.get('model name') ?? fields.get('cpu model') ?? fields.get('cpu') ?? fields.get('uarch') ?? null;
  return text?.replaceAll(/\s+/g, ' ') ?? null;
};

/** `uname -m` can't be asked of a captured tree, but each architecture has words in cpuinfo that no other has. */
const architectureOf = (fields: Fields): string | null => {
  const arm = /^(\d+|AArch64)/.exec(fields.get('cpu architecture') ?? '')?.[1];
  if (arm !== undefined) return arm === 'AArch64' || Number(arm) >= 8 ? 'aarch64' : 'arm';
  if (fields.get('vendor_id') === 'IBM/S390') return 's390x';
  if (fields.get('arch') === 'IA-64') return 'ia64';
  if (fields.get('isa')?.startsWith('rv') === true)
    return fields.get('isa')?.startsWith('rv64') === true ? 'riscv64' : 'riscv32';
  if (fields.has('cpu family') && /loongson/i.test(fields.get('cpu family') ?? '')) return 'loongarch64';
  if (fields.has('flags')) return (fields.get('flags') ?? '').split(/\s+/).includes('lm') ? 'x86_64' : 'i686';
  return /^(POWER|PPC|Cell)/i.test(fields.get('cpu') ?? '') ? 'ppc64' : null;
};

/** Every CPU that cpuinfo names. `processor : 3` opens a block; on s390 `processor 3: version = …` is a line of its own. */
export const parseCpuInfoThreads = (text: string): readonly CpuInfoThread[] => {
  const threads: CpuInfoThread[] = [];
  for (const block of text.split(/\n(?=processor[ \t]*(?:\d+[ \t]*)?:)/)) {
    const id = /^processor[ \t]*(?::[ \t]*(\d+)|(\d+)[ \t]*:)/.exec(block);
    const number = id === null ? Number.NaN : Number(id[1] ?? id[2]);
    if (!(number < 8192)) continue;
    threads.push({id: number, package: numberIn(block, 'physical id'), core: numberIn(block, 'core id')});
  }
  return threads;
};

const numberIn = (block: string, name: string): number | null => {
  const value = new RegExp(`^${name}[ \\t]*:[ \\t]*(\\d{1,9})[ \\t]*$`, 'm').exec(block)?.[1];
  return value === undefined ? null : Number(value);
};
