import {type PciAddress, slotOf, splitPciAddress} from './pci-address.ts';
import {remember} from './remember.ts';
import {isDisplay, type PciFunction} from './pci.ts';

type Part = Pick<PciFunction, 'address' | 'class' | 'vendor' | 'upstream'>;

/** AMD, and Hygon with AMD's cores. */
const processorVendors: readonly string[] = ['1022', '1d94'];

/**
 * Whether the function is part of an AMD processor and no card: on its internal bus the graphics, the security processor
 * (class 1080) or a placeholder (class 1300), USB and sound share a slot number. No plug-in card has the first two of them.
 */
export const isProcessorPart = (pci: readonly Part[], {address}: Pick<Part, 'address'>): boolean =>
  processorSlots(pci).has(slotOf(address));

const processorSlots = remember(
  (pci: readonly Part[]): ReadonlySet<string> =>
    new Set(
      pci
        .filter(({vendor, class: pciClass}) => processorVendors.includes(vendor) && /^(?:1080|1300)/.test(pciClass))
        .map(({address}) => slotOf(address)),
    ),
);

/** Graphics in an AMD processor: on the internal bus, and of the oldest on bus 0 itself. */
export const isAmdIntegrated = (pci: readonly Part[], device: Part): boolean =>
  isDisplay(device) &&
  device.vendor === '1002' &&
  (isProcessorPart(pci, device) || (device.upstream.length === 0 && splitPciAddress(device.address).bus === 0));

/** Domains that VMD makes begin at 10000; libvirt and QEMU know 16 bits (kernel: drivers/pci/controller/vmd.c). */
export const isBehindVmd = (address: PciAddress): boolean =>
  address.length > usualLength && splitPciAddress(address).segment > 0xffff;

/** With a domain of 16 bits. */
const usualLength = '0000:00:00.0'.length;

/** A bridge class without a bridge's header that sits in a slot of its own is a device (NVSwitch); on the root bus it is the chipset. */
export const isChipsetPart = (device: Pick<PciFunction, 'class' | 'upstream'>): boolean =>
  device.class.startsWith('0600') || (device.class.startsWith('06') && device.upstream.length === 0);
