import type {PciBar} from '../../facts/pci.ts';

/** kernel: include/linux/ioport.h */
const flagMemory = 0x200;
const flagPrefetch = 0x2000;
const flag64Bit = 0x10_0000;
const flagUnset = 0x2000_0000;

/** Lines of `resource`: BAR 0 to 5, then the expansion ROM; the rest are bridge windows and SR-IOV (kernel: pci-sysfs.c resource_show). */
const barLines = 7;
const line = /^0x([0-9a-f]{1,16}) 0x([0-9a-f]{1,16}) 0x([0-9a-f]{1,16})$/i;

export const parseResources = (text: string): readonly PciBar[] => {
  const bars: PciBar[] = [];
  for (const [index, row] of text.split('\n', barLines).entries()) {
    const bar = parseBar(index, row);
    if (bar !== null) bars.push(bar);
  }
  return bars;
};

const parseBar = (index: number, row: string): PciBar | null => {
  const [, start, end, flagText] = line.exec(row) ?? [];
  if (start === undefined || end === undefined || flagText === undefined) return null;
  const flags = Number.parseInt(flagText, 16);
  const first = BigInt(`0x${start}`);
  const last = BigInt(`0x${end}`);
  if (flags === 0 || last <= first) return null;
  return {
    index,
    start: `0x${start.toLowerCase().padStart(16, '0')}`,
    sizeBytes: Number(last - first + 1n),
    isMemory: (flags & flagMemory) !== 0,
    is64Bit: (flags & flag64Bit) !== 0,
    isPrefetchable: (flags & flagPrefetch) !== 0,
    isUnset: (flags & flagUnset) !== 0,
  };
};

/** `resourceN_resize`: bit b of a hexadecimal bitmap stands for 2^b MiB (kernel: Documentation/ABI/testing/sysfs-bus-pci). */
export const parseResizeBitmap = (text: string): readonly number[] => {
  const digits = /^(?:0x)?([0-9a-f]{1,16})$/i.exec(text.trim())?.[1];
  if (digits === undefined) return [];
  const bitmap = BigInt(`0x${digits}`);
  const sizes: number[] = [];
  for (let bit = 0; bit < 52; bit += 1) if ((bitmap >> BigInt(bit)) & 1n) sizes.push(2 ** bit);
  return sizes;
};
