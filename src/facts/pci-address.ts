import {textThat} from '../decode/decode.ts';

/** `dddd:bb:ss.f`, lower case; the domain may have five and more digits (VMD: `10000:00:04.0`). No `PciId` has this form. */
export type PciAddress = `${string}:${string}:${string}.${string}`;

/** `vvvv:dddd`, lower-case hexadecimal. */
export type PciId = `${string}:${string}`;

const written = /^[0-9a-f]{4,8}:[0-9a-f]{2}:[01][0-9a-f]\.[0-7]$/;
const plain = /^(?:([0-9a-f]{4,8}):)?([0-9a-f]{2}):([01][0-9a-f])\.([0-7])$/;
/** Node device names of libvirt: `pci_0000_06_00_0`. */
const nodeDevice = /^pci_([0-9a-f]{4,8})_([0-9a-f]{2})_([01][0-9a-f])_([0-7])$/;

const usualLength = '0000:00:00.0'.length;

/** `06:00.0`, `0000:06:00.0`, `10000:e1:00.0` (VMD) or `pci_0000_06_00_0`; `null` for anything else. */
export const parsePciAddress = (text: string): PciAddress | null => {
  // Nearly all are as the kernel writes them; in a domain of more digits, zeros in front are dropped.
  if (text.length === usualLength && isPciAddress(text)) return text;
  const lower = text.toLowerCase();
  const match = plain.exec(lower) ?? nodeDevice.exec(lower);
  if (match === null) return null;
  const [, domain = '0', bus = '', slot = '', number = ''] = match;
  return `${hex(Number.parseInt(domain, 16), 4)}:${bus}:${slot}.${number}`;
};

/** Whether it is one as the kernel writes it. */
export const isPciAddress = (text: string): text is PciAddress => written.test(text);

export const isPciId = (text: string): text is PciId => /^[0-9a-f]{4}:[0-9a-f]{4}$/.test(text);

export const pciAddressText = textThat(isPciAddress, 'is no PCI address');
export const pciIdText = textThat(isPciId, 'is no PCI id');

export type PciLocation = {
  readonly segment: number;
  readonly bus: number;
  readonly slot: number;
  readonly number: number;
};

/** The inverse of `splitPciAddress`: how firmware tables name a device. */
export const formatPciAddress = ({segment, bus, slot, number}: PciLocation): PciAddress =>
  `${hex(segment, 4)}:${hex(bus, 2)}:${hex(slot, 2)}.${number}`;

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');

export const splitPciAddress = (address: PciAddress): PciLocation => {
  const end = address.length;
  return {
    segment: Number.parseInt(address.slice(0, end - 8), 16),
    bus: Number.parseInt(address.slice(end - 7, end - 5), 16),
    slot: Number.parseInt(address.slice(end - 4, end - 2), 16),
    number: Number.parseInt(address.slice(end - 1), 16),
  };
};

/** Numeric order: as text, domain `10000` would come before `0001`, but addresses of one length are in it as text. */
export const comparePciAddresses = (left: PciAddress, right: PciAddress): number => {
  if (left.length === right.length) return left < right ? -1 : left > right ? 1 : 0;
  const a = splitPciAddress(left);
  const b = splitPciAddress(right);
  return a.segment - b.segment || a.bus - b.bus || a.slot - b.slot || a.number - b.number;
};

/** The address without its function: functions of one card share it. */
export const slotOf = (address: PciAddress): string => address.slice(0, address.lastIndexOf('.'));
