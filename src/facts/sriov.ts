import {formatPciAddress, type PciAddress, splitPciAddress} from './pci-address.ts';
import type {PciFunction} from './pci.ts';

/**
 * Where virtual function `index` is, or will be once it is made: the device says how far the first one is from itself and
 * how far they are apart. `null` where it does not say so yet.
 */
export const virtualFunctionAddress = (
  {address, sriov}: Pick<PciFunction, 'address' | 'sriov'>,
  index: number,
): PciAddress | null => {
  const there = sriov?.functions[index];
  if (there !== undefined) return there;
  const {offset = null, stride = null} = sriov ?? {};
  const isTold = offset !== null && offset > 0 && (index === 0 || (stride !== null && stride > 0));
  if (!isTold) return null;
  const {segment, bus, slot, number} = splitPciAddress(address);
  // A routing id: 8 bits of bus, 5 of slot, 3 of function. Virtual functions may be on the next bus.
  const id = bus * 256 + slot * 8 + number + offset + index * (stride ?? 0);
  if (id > 0xffff) return null;
  return formatPciAddress({segment, bus: id >> 8, slot: (id >> 3) & 0x1f, number: id & 7});
};

/** Whether a card lists the function as a virtual one of its own; some captures have only the way back, `physfn`. */
export const isListedVirtual = (pci: readonly PciFunction[], address: PciAddress): boolean =>
  pci.some(({sriov}) => sriov?.functions.includes(address) === true);
