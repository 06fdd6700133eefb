import {formatPciAddress} from '../../host/pci-address.ts';
import type {PciAddress} from '../../host/facts.ts';
import {parseCNumber} from './domain-values.ts';
import {attributeOf, childNamed, childrenNamed} from './xml-element.ts';
import type {XmlElement} from './xml-element.ts';

/** Where a device sits in the guest. */
export type GuestAddress = {readonly bus: number; readonly slot: number; readonly number: number; readonly isMultifunction: boolean};

/** Of a device that has a PCI address of its own, in the first domain; `null` when libvirt is to choose one. */
export const guestAddressOf = (device: XmlElement): GuestAddress | null => {
  const address = childrenNamed(device, 'address').find((child) => attributeOf(child, 'type') === 'pci') ?? null;
  const bus = parseCNumber(attributeOf(address, 'bus') ?? '0');
  const slot = parseCNumber(attributeOf(address, 'slot') ?? '0');
  const number = parseCNumber(attributeOf(address, 'function') ?? '0');
  if (address === null || bus === null || slot === null || number === null) return null;
  if (parseCNumber(attributeOf(address, 'domain') ?? '0') !== 0) return null;
  return {bus, slot, number, isMultifunction: attributeOf(address, 'multifunction') === 'on'};
};

export const guestAddresses = (devices: XmlElement | null): readonly GuestAddress[] =>
  devices?.children.flatMap((device) => guestAddressOf(device) ?? []) ?? [];

/** Host function that a `<hostdev>`, or an `<interface type='hostdev'>`, takes; `null` when it takes no PCI function. */
export const sourceOf = (device: XmlElement): PciAddress | null => {
  const isHostdev = device.name === 'hostdev' && attributeOf(device, 'type') === 'pci' && (attributeOf(device, 'mode') ?? 'subsystem') === 'subsystem';
  const isInterface = device.name === 'interface' && attributeOf(device, 'type') === 'hostdev';
  const address = isHostdev || isInterface ? childNamed(childNamed(device, 'source'), 'address') : null;
  const segment = parseCNumber(attributeOf(address, 'domain') ?? '0');
  const bus = parseCNumber(attributeOf(address, 'bus'));
  const slot = parseCNumber(attributeOf(address, 'slot'));
  const number = parseCNumber(attributeOf(address, 'function') ?? '0');
  if (segment === null || bus === null || slot === null || number === null) return null;
  return formatPciAddress({segment, bus, slot, number});
};
