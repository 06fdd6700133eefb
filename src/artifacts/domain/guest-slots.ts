import {largest, parseCNumber} from './domain-values.ts';
import {guestAddresses} from './guest-addresses.ts';
import {attributeOf, childNamed, childrenNamed} from './xml-element.ts';
import type {XmlElement} from './xml-element.ts';

/** A place for one card. `newPort` is the index of a root port that has to be added for it. */
export type GuestSlot = {readonly bus: number; readonly slot: number; readonly newPort: number | null};

/** libvirt: a PCI controller's index is one byte. */
const lastBus = 255;
/** Slot 0 is the host bridge, 1 the PIIX chip, and libvirt keeps 2 for the first video device (qemu_domain_address.c). */
const firstFreeSlot = 3;
const lastSlot = 31;

/**
 * Free places, one for each card; fewer when the guest is full. On PCI Express each card gets a root port of its own:
 * a port has slot 0 only. Buses and slots are read from every address and controller in the file. The bus is always
 * written: libvirt would put functions without one on different buses, and a card would be no card any more. It
 * reserves written addresses before it chooses others, so this holds for a file without any address, too.
 */
export const freeSlots = (root: XmlElement, count: number): readonly GuestSlot[] => {
  const devices = childNamed(root, 'devices');
  return (isPciExpress(root) ? freePorts(devices, count) : freeRootSlots(devices)).slice(0, count);
};

/** Of the machine type; a plain `pc`, which is also libvirt's default, is i440fx. */
const isPciExpress = (root: XmlElement): boolean => {
  const controllers = pciControllers(childNamed(root, 'devices'));
  const machine = attributeOf(childNamed(childNamed(root, 'os'), 'type'), 'machine') ?? '';
  return /q35|^virt/.test(machine) || controllers.some((controller) => attributeOf(controller, 'model') === 'pcie-root');
};

const pciControllers = (devices: XmlElement | null): readonly XmlElement[] =>
  childrenNamed(devices, 'controller').filter((controller) => attributeOf(controller, 'type') === 'pci');

const freePorts = (devices: XmlElement | null, count: number): readonly GuestSlot[] => {
  const used = new Set(guestAddresses(devices).map((address) => address.bus));
  const controllers = pciControllers(devices);
  const indexes = controllers.map((controller) => parseCNumber(attributeOf(controller, 'index')) ?? 0);
  const spare = controllers
    .flatMap((controller, position) => (attributeOf(controller, 'model') === 'pcie-root-port' ? [indexes[position] ?? 0] : []))
    .filter((index) => !used.has(index))
    .sort((a, b) => a - b)
    .map((bus) => ({bus, slot: 0, newPort: null}));
  const next = largest([...indexes, ...used]) + 1;
  const added = Array.from({length: count}, (_, offset) => next + offset).map((bus) => ({bus, slot: 0, newPort: bus}));
  return [...spare, ...added].filter((slot) => slot.bus <= lastBus);
};

const freeRootSlots = (devices: XmlElement | null): readonly GuestSlot[] => {
  const used = new Set(guestAddresses(devices).filter((address) => address.bus === 0).map((address) => address.slot));
  const slots = Array.from({length: lastSlot - firstFreeSlot + 1}, (_, offset) => firstFreeSlot + offset);
  return slots.filter((slot) => !used.has(slot)).map((slot) => ({bus: 0, slot, newPort: null}));
};
