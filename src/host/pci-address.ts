import type {PciAddress} from './facts.ts';

const plain = /^(?:([0-9a-f]{4,8}):)?([0-9a-f]{2}):([01][0-9a-f])\.([0-7])$/i;
/** Node device names of libvirt: `pci_0000_06_00_0`. */
const nodeDevice = /^pci_([0-9a-f]{4,8})_([0-9a-f]{2})_([01][0-9a-f])_([0-7])$/i;

/** `06:00.0`, `0000:06:00.0`, `10000:e1:00.0` (VMD) or `pci_0000_06_00_0`; `null` for anything else. */
export const parsePciAddress = (text: string): PciAddress | null => {
  const match = plain.exec(text) ?? nodeDevice.exec(text);
  if (match === null) return null;
  const [, domain = '0', bus, slot, number] = match;
  const shortDomain = Number.parseInt(domain, 16).toString(16).padStart(4, '0');
  return `${shortDomain}:${bus}:${slot}.${number}`.toLowerCase();
};

export type PciLocation = {readonly segment: number; readonly bus: number; readonly slot: number; readonly number: number};

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

/** Numeric order: as text, domain `10000` would come before `0001`. */
export const comparePciAddresses = (left: PciAddress, right: PciAddress): number => {
  const a = splitPciAddress(left);
  const b = splitPciAddress(right);
  return a.segment - b.segment || a.bus - b.bus || a.slot - b.slot || a.number - b.number;
};

/** The address without its function: functions of one card share it. */
export const slotOf = (address: PciAddress): string => address.slice(0, address.lastIndexOf('.'));
