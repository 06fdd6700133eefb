export type Picture = {readonly width: number; readonly height: number; readonly isHdr: boolean};

const mebibyte = 1024 * 1024;

/** ivshmem is a PCI memory region, whose size is a power of two. */
export const isPowerOfTwo = (value: number): boolean => value > 0 && (value & (value - 1)) === 0;

const roundUp = (mebibytes: number): number => {
  let size = 1;
  while (size < mebibytes) size *= 2;
  return size;
};

/** Of the driver for Windows that makes a display of its own (LookingGlass: doc/install_libvirt.rst of 2026); HDR takes no more. */
const ofIdd = ({width, height}: Picture): number =>
  roundUp((Math.ceil((width * 4) / 256) * 256 * height * 3) / mebibyte + 4);

/** Of release B7 and the host application before it (doc/install_libvirt.rst of B7). */
const ofB7 = ({width, height, isHdr}: Picture): number =>
  roundUp((width * height * (isHdr ? 8 : 4) * 2) / mebibyte + 10);

export const sizesMiB: Readonly<Record<'idd' | 'b7', (picture: Picture) => number>> = {idd: ofIdd, b7: ofB7};
