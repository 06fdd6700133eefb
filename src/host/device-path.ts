import type {Source} from '../system/source.ts';
import type {PciAddress} from './facts.ts';

const addressPart = /^[0-9a-f]{4,}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/;

/** PCI functions on the way to a device in sysfs, from the root port down; the last one is the device's own. */
export const pciAddressesOf = (sysfsPath: string): readonly PciAddress[] =>
  sysfsPath.split('/').filter((part) => addressPart.test(part));

/** A chain of words and the PCI functions that it ends at, the device's own last; empty when it ends at none. */
export type DeviceChain = {readonly words: readonly string[]; readonly path: readonly PciAddress[]};

/** Where a device of sysfs really is; `null` when it is not there. */
export const realDevicePath = (source: Source, path: string): string | null => {
  const real = source.resolve(path);
  return real !== null && source.exists(real) ? real : null;
};
