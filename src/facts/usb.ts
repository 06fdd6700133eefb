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
  /** bcdDevice, `0110`; `null`: unknown. */
  readonly release: string | null;
  /** What the device says that it is, one for each interface of its configuration, hubs left out; `null`: unknown. */
  readonly classes: readonly UsbClass[] | null;
};

/** bInterfaceClass, bInterfaceSubClass and bInterfaceProtocol, two hexadecimal digits each: `03 01 01` is a keyboard. */
export type UsbClass = {readonly class: string; readonly subclass: string; readonly protocol: string};
