import type {PciAddress} from './pci-address.ts';

/** A device on USB, hubs and their ports left out (`/sys/bus/usb/devices`). */
export type UsbDevice = {
  /** Where it is plugged in: `1-4.2` is port 2 of the hub at port 4 of bus 1. */
  readonly port: string;
  /** Vendor and product, `046d:c21f`. */
  readonly id: string;
  readonly name: string | null;
  /** The PCI function of its controller. */
  readonly controller: PciAddress | null;
  readonly isKeyboard: boolean;
  /** Names of disks and of network interfaces that it makes: `sdb`, `enx001122334455`. */
  readonly disks: readonly string[];
  readonly interfaces: readonly string[];
};
