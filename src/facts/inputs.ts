import type {PciAddress} from './pci-address.ts';

/** A keyboard or mouse of the host by the name that udev gives it, which a replug does not change. */
export type HostInput = {
  /** `/dev/input/by-id/usb-…-event-kbd` */
  readonly path: string;
  readonly isKeyboard: boolean;
  /** The PCI function of its controller. */
  readonly controller: PciAddress | null;
  /** Where it is plugged in, `1-4.2`. */
  readonly usbPort: string | null;
};

export const inputDirectory = '/dev/input/by-id';

/** udev's suffixes say what a name is for (rules.d/60-persistent-input.rules). */
export const isKeyboardPath = (path: string): boolean => path.endsWith('-event-kbd');
export const isMousePath = (path: string): boolean => path.endsWith('-event-mouse');
