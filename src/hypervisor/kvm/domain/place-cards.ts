import {formatPciAddress, type PciAddress, slotOf, splitPciAddress} from '../../../facts/pci-address.ts';
import {attributeOf, childNamed, childrenNamed, type XmlElement} from '../../../formats/xml/document.ts';
import type {AssignedFunction, AssignedVirtualFunction} from '../../../plan/plan.ts';
import {largest, parseCNumber} from './domain-values.ts';
import type {EditContext} from './edit-context.ts';

/** Where a device sits in the guest. */
type GuestAddress = {
  readonly bus: number;
  readonly slot: number;
  readonly number: number;
  readonly isMultifunction: boolean;
};

/** Of a device that has a PCI address of its own, in the first domain; `null` when libvirt is to choose one. */
const guestAddressOf = (device: XmlElement): GuestAddress | null => {
  const address = childrenNamed(device, 'address').find((child) => attributeOf(child, 'type') === 'pci') ?? null;
  const bus = parseCNumber(attributeOf(address, 'bus') ?? '0');
  const slot = parseCNumber(attributeOf(address, 'slot') ?? '0');
  const number = parseCNumber(attributeOf(address, 'function') ?? '0');
  if (address === null || bus === null || slot === null || number === null) return null;
  if (parseCNumber(attributeOf(address, 'domain') ?? '0') !== 0) return null;
  return {bus, slot, number, isMultifunction: attributeOf(address, 'multifunction') === 'on'};
};

const guestAddresses = (devices: XmlElement | null): readonly GuestAddress[] =>
  devices?.children.flatMap((device) => guestAddressOf(device) ?? []) ?? [];

/** Host function that a `<hostdev>`, or an `<interface type='hostdev'>`, takes; `null` when it takes no PCI function. */
export const sourceOf = (device: XmlElement): PciAddress | null => {
  const isHostdev =
    device.name === 'hostdev' &&
    attributeOf(device, 'type') === 'pci' &&
    (attributeOf(device, 'mode') ?? 'subsystem') === 'subsystem';
  const isInterface = device.name === 'interface' && attributeOf(device, 'type') === 'hostdev';
  const address = isHostdev || isInterface ? childNamed(childNamed(device, 'source'), 'address') : null;
  const segment = parseCNumber(attributeOf(address, 'domain') ?? '0');
  const bus = parseCNumber(attributeOf(address, 'bus'));
  const slot = parseCNumber(attributeOf(address, 'slot'));
  const number = parseCNumber(attributeOf(address, 'function') ?? '0');
  if (segment === null || bus === null || slot === null || number === null) return null;
  return formatPciAddress({segment, bus, slot, number});
};

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
const freeSlots = (root: XmlElement, count: number): readonly GuestSlot[] => {
  const devices = childNamed(root, 'devices');
  return (isPciExpress(root) ? freePorts(devices, count) : freeRootSlots(devices)).slice(0, count);
};

/** Of the machine type; a plain `pc`, which is also libvirt's default, is i440fx. */
const isPciExpress = (root: XmlElement): boolean => {
  const controllers = pciControllers(childNamed(root, 'devices'));
  const machine = attributeOf(childNamed(childNamed(root, 'os'), 'type'), 'machine') ?? '';
  return (
    /q35|^virt/.test(machine) || controllers.some((controller) => attributeOf(controller, 'model') === 'pcie-root')
  );
};

const pciControllers = (devices: XmlElement | null): readonly XmlElement[] =>
  childrenNamed(devices, 'controller').filter((controller) => attributeOf(controller, 'type') === 'pci');

const freePorts = (devices: XmlElement | null, count: number): readonly GuestSlot[] => {
  const used = new Set(guestAddresses(devices).map((address) => address.bus));
  const controllers = pciControllers(devices);
  const indexes = controllers.map((controller) => parseCNumber(attributeOf(controller, 'index')) ?? 0);
  const spare = controllers
    .flatMap((controller, position) =>
      attributeOf(controller, 'model') === 'pcie-root-port' ? [indexes[position] ?? 0] : [],
    )
    .filter((index) => !used.has(index))
    .sort((a, b) => a - b)
    .map((bus) => ({bus, slot: 0, newPort: null}));
  const next = largest([...indexes, ...used]) + 1;
  const added = Array.from({length: count}, (_, offset) => next + offset).map((bus) => ({bus, slot: 0, newPort: bus}));
  return [...spare, ...added].filter((slot) => slot.bus <= lastBus);
};

const freeRootSlots = (devices: XmlElement | null): readonly GuestSlot[] => {
  const used = new Set(
    guestAddresses(devices)
      .filter((address) => address.bus === 0)
      .map((address) => address.slot),
  );
  const slots = Array.from({length: lastSlot - firstFreeSlot + 1}, (_, offset) => firstFreeSlot + offset);
  return slots.filter((slot) => !used.has(slot)).map((slot) => ({bus: 0, slot, newPort: null}));
};

/** A planned device that is somewhere on the host by now. */
export type Located = (AssignedFunction | AssignedVirtualFunction) & {readonly address: PciAddress};

export type Placed = {readonly device: Located; readonly guest: GuestAddress};

type Card = readonly Located[];

/** The functions of a card share a place in the guest, as drivers of graphics and its sound expect. */
export const placeCards = (
  context: EditContext,
  cards: readonly Card[],
): {readonly placed: readonly Placed[]; readonly newPorts: readonly number[]} => {
  const joined = cards.map((card) => joinSiblings(context, card));
  const homeless = cards.filter((_, index) => joined[index] === null);
  const slots = freeSlots(context.root, homeless.length);
  if (slots.length < homeless.length) reportFull(context, homeless[slots.length]?.[0]);
  const settled = homeless.flatMap((card, index) => {
    const slot = slots[index];
    return slot === undefined ? [] : placeOnSlot(card, slot);
  });
  return {
    placed: [...joined.flatMap((placed) => placed ?? []), ...settled],
    newPorts: slots.flatMap((slot) => slot.newPort ?? []),
  };
};

/** Function 0 must be there, or the guest does not look for others; where the card's is, the numbers are the card's. */
const placeOnSlot = (card: Card, {bus, slot}: {readonly bus: number; readonly slot: number}): readonly Placed[] =>
  [...card]
    .sort((a, b) => splitPciAddress(a.address).number - splitPciAddress(b.address).number)
    .map((device, index) => {
      const number = index === 0 ? 0 : splitPciAddress(device.address).number;
      return {device, guest: {bus, slot, number, isMultifunction: index === 0 && card.length > 1}};
    });

/** Beside a function of the same card that the guest has already, if that one was made to have siblings. */
const joinSiblings = ({root}: EditContext, card: Card): readonly Placed[] | null => {
  const devices = childNamed(root, 'devices')?.children ?? [];
  const guests = devices.flatMap((device) => guestAddressOf(device) ?? []);
  const [first] = card;
  if (first?.type === 'virtual-function') return null;
  const head = devices
    .filter((device) => {
      const source = sourceOf(device);
      return source !== null && first !== undefined && slotOf(source) === slotOf(first.address);
    })
    .map(guestAddressOf)
    .find((guest) => guest?.number === 0 && guest.isMultifunction);
  if (head === undefined || head === null) return null;
  const taken = new Set(
    guests.filter((guest) => guest.bus === head.bus && guest.slot === head.slot).map((guest) => guest.number),
  );
  const free = [1, 2, 3, 4, 5, 6, 7].filter((number) => !taken.has(number));
  if (free.length < card.length) return null;
  return card.map((device, index) => ({
    device,
    guest: {bus: head.bus, slot: head.slot, number: free[index] ?? 0, isMultifunction: false},
  }));
};

const reportFull = ({report, root}: EditContext, device: Located | undefined): void =>
  report('blocker', 'guest-xml-unusable', {
    element: childNamed(root, 'devices'),
    message: `The guest has no free PCI bus or slot left for ${device?.address ?? 'the device'}.`,
    remedy: 'Take devices out of the guest with `virsh edit`, then plan again.',
  });
