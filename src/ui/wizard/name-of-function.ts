import type {PciFunction} from '../../facts/pci.ts';
import {describeClass} from '../../groups/class-names.ts';
import {printable} from '../../words/printable.ts';

/** pci.ids without an entry says `Device 1c2d`: then what kind of thing it is helps more. */
export const nameOfFunction = (device: PciFunction): string => {
  const isNamed = device.name !== null && !/\bDevice [\da-f]{4}$/.test(device.name);
  return printable(isNamed ? (device.name ?? '') : describeClass(device.class));
};
