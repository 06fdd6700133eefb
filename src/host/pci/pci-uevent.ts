import type {PciId} from '../../facts/pci-address.ts';
import type {PciFunction} from '../../facts/pci.ts';

export type PciIds = Pick<PciFunction, 'class' | 'vendor' | 'device' | 'subsystem' | 'driver' | 'modalias'>;

/**
 * What `uevent` files of PCI functions say (kernel: drivers/pci/pci-driver.c pci_uevent, drivers/base/core.c
 * dev_uevent): one file instead of seven. Those of functions of one kind differ in the address alone, so each kind is
 * parsed once.
 */
export const ueventReader = (): ((text: string) => PciIds | null) => {
  const known = new Map<string, PciIds | null>();
  return (text) => {
    const kind = withoutAddress(text);
    const before = known.get(kind);
    if (before !== undefined) return before;
    const ids = parseUevent(kind);
    known.set(kind, ids);
    return ids;
  };
};

const withoutAddress = (text: string): string => {
  const start = text.indexOf('\nPCI_SLOT_NAME=');
  const end = start === -1 ? -1 : text.indexOf('\n', start + 1);
  return end === -1 ? text : text.slice(0, start) + text.slice(end);
};

/**
 * `PCI_CLASS=30000`, `PCI_ID=10DE:1C81`, `PCI_SUBSYS_ID=1458:3728`, and `DRIVER=` where one is bound; `null` without the
 * first two.
 */
const parseUevent = (text: string): PciIds | null => {
  const pciClass = /^PCI_CLASS=([0-9A-F]{1,6})$/m.exec(text)?.[1];
  const [, vendor, device] = /^PCI_ID=([0-9A-F]{4}):([0-9A-F]{4})$/m.exec(text) ?? [];
  if (pciClass === undefined || vendor === undefined || device === undefined) return null;
  const [, subvendor = null, subdevice = null] = /^PCI_SUBSYS_ID=([0-9A-F]{4}):([0-9A-F]{4})$/m.exec(text) ?? [];
  return {
    class: pciClass.toLowerCase().padStart(6, '0'),
    vendor: vendor.toLowerCase(),
    device: device.toLowerCase(),
    subsystem: subsystemOf(subvendor?.toLowerCase() ?? null, subdevice?.toLowerCase() ?? null),
    driver: /^DRIVER=(.+)$/m.exec(text)?.[1] ?? null,
    modalias: /^MODALIAS=(.+)$/m.exec(text)?.[1] ?? null,
  };
};

/** Vendor 0 and ffff mean that the board's maker left it unset (as lspci reads it). */
export const subsystemOf = (vendor: string | null, device: string | null): PciId | null =>
  vendor === null || device === null || vendor === '0000' || vendor === 'ffff' ? null : `${vendor}:${device}`;
