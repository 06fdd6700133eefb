import {slotOf, splitPciAddress} from '../../host/pci-address.ts';
import type {PlannedDevice} from '../../plan/plan.ts';
import {hostdevOrder} from './customary-order.ts';
import {hex} from './domain-values.ts';
import type {Edit, EditContext} from './edit-context.ts';
import {sourceOf} from './guest-addresses.ts';
import {placeCards} from './place-cards.ts';
import type {Placed} from './place-cards.ts';
import type {Wish} from './reconcile.ts';
import {attributeOf, childNamed, childrenNamed} from './xml-element.ts';
import type {XmlElement} from './xml-element.ts';

/** Each planned function exactly once. One that the guest has already stays where the guest knows it. */
export const editHostdevs = (context: EditContext): Edit => {
  const {plan, root} = context;
  const devices = childNamed(root, 'devices');
  const present = devices?.children.filter((device) => sourceOf(device) !== null) ?? [];
  const holderOf = (device: PlannedDevice): XmlElement | null => present.find((holder) => sourceOf(holder) === device.address) ?? null;
  const planned = uniqueByAddress(plan.devices);
  const kept = planned.flatMap((device) => keepHostdev(context, device, holderOf(device)));
  const {placed, newPorts} = placeCards(context, cardsOf(planned.filter((device) => holderOf(device) === null)));
  const holders = new Set(planned.map(holderOf));
  const isPlanned = (holder: XmlElement): boolean => planned.some((device) => device.address === sourceOf(holder));
  return {
    children: [...newPorts.map(rootPort), ...kept, ...placed.map((one) => newHostdev(context, one))],
    drops: present.filter((holder) => isPlanned(holder) && !holders.has(holder)),
  };
};

const uniqueByAddress = (devices: readonly PlannedDevice[]): readonly PlannedDevice[] =>
  devices.filter((device, index) => devices.findIndex((other) => other.address === device.address) === index);

const cardsOf = (devices: readonly PlannedDevice[]): readonly (readonly PlannedDevice[])[] => {
  const slots = new Set(devices.map((device) => slotOf(device.address)));
  return [...slots].map((slot) => devices.filter((device) => slotOf(device.address) === slot));
};

const managed = ({plan}: EditContext): string => (plan.guest.managed ? 'yes' : 'no');

const keepHostdev = (context: EditContext, device: PlannedDevice, holder: XmlElement | null): readonly Wish[] =>
  holder === null ? [] : [{name: holder.name, existing: holder, attributes: {managed: managed(context)}, children: romWish(device, holder), order: hostdevOrder}];

/** An absent ROM in the plan is no decision: what the guest has stays. */
const romWish = (device: PlannedDevice, holder: XmlElement | null): readonly Wish[] => {
  if (device.rom === null) return [];
  const isOff = attributeOf(childNamed(holder, 'rom'), 'enabled') === 'no';
  return [{name: 'rom', attributes: {file: device.rom, ...(isOff ? {enabled: null} : {})}}];
};

/** Its own place on the root bus is libvirt's to choose. */
const rootPort = (index: number): Wish => ({name: 'controller', existing: null, attributes: {type: 'pci', index: String(index), model: 'pcie-root-port'}});

const newHostdev = (context: EditContext, {device, guest}: Placed): Wish => {
  const {segment, bus, slot, number} = splitPciAddress(device.address);
  const source: Wish = {name: 'address', attributes: {domain: hex(segment, 4), bus: hex(bus, 2), slot: hex(slot, 2), function: hex(number, 1)}};
  const address: Wish = {
    name: 'address',
    attributes: {
      type: 'pci',
      domain: '0x0000',
      bus: hex(guest.bus, 2),
      slot: hex(guest.slot, 2),
      function: hex(guest.number, 1),
      ...(guest.isMultifunction ? {multifunction: 'on'} : {}),
    },
  };
  return {
    name: 'hostdev',
    existing: null,
    attributes: {mode: 'subsystem', type: 'pci', managed: managed(context)},
    children: [{name: 'source', children: [source]}, ...romWish(device, null), address],
    order: hostdevOrder,
  };
};

/** A balloon cannot give back memory that an assigned device pins, and slows the guest down (QEMU inhibits it). */
export const editBalloon = ({plan, root}: EditContext): Edit => {
  if (plan.devices.length === 0) return {children: [], drops: []};
  const balloons = childrenNamed(childNamed(root, 'devices'), 'memballoon');
  const none = balloons.find((balloon) => attributeOf(balloon, 'model') === 'none') ?? null;
  return {
    children: [{name: 'memballoon', existing: none, attributes: {model: 'none'}}],
    drops: balloons.filter((balloon) => balloon !== none),
  };
};
