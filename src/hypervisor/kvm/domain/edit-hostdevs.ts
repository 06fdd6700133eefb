import {type PciAddress, slotOf, splitPciAddress} from '../../../facts/pci-address.ts';
import {attributeOf, childNamed, childrenNamed, type XmlElement} from '../../../formats/xml/document.ts';
import type {Wish} from '../../../formats/xml/reconcile.ts';
import type {AssignedDevice, AssignedFunction, AssignedVirtualFunction} from '../../../plan/plan.ts';
import {hex, hostdevOrder, interfaceOrder} from './domain-values.ts';
import type {DomainEdit, EditContext} from './edit-context.ts';
import {type Located, placeCards, type Placed, sourceOf} from './place-cards.ts';

const isLocated = (device: AssignedDevice): device is Located => 'address' in device && device.address !== null;

/** Each planned function exactly once. One that the guest has already stays where the guest knows it. */
export const editHostdevs = (context: EditContext): DomainEdit => {
  const {plan, root} = context;
  const devices = childNamed(root, 'devices');
  const present = devices?.children.filter((device) => sourceOf(device) !== null) ?? [];
  const planned = uniqueByAddress(plan.devices.map(({assigned}) => assigned).filter(isLocated));
  const holderOf = (device: Located): XmlElement | null => findHolder(present, device);
  const kept = planned.flatMap((device) => keepHolder(device, holderOf(device)));
  const {placed, newPorts} = placeCards(context, cardsOf(planned.filter((device) => holderOf(device) === null)));
  const holders = new Set(planned.map(holderOf));
  const isPlanned = (holder: XmlElement): boolean => planned.some((device) => isNamedBy(device, sourceOf(holder)));
  return {
    children: [...newPorts.map(rootPort), ...kept, ...placed.map(newHolder)],
    drops: present.filter((holder) => isPlanned(holder) && !holders.has(holder)),
  };
};

/** Whether a source in the guest's definition means the device, now or before it moved. */
export const isNamedBy = (device: AssignedDevice, source: PciAddress | null): boolean =>
  source !== null &&
  (device.type === 'pci' || device.type === 'virtual-function') &&
  (source === device.address || (device.type === 'virtual-function' && source === device.formerly));

/** Where a virtual function was comes first: its new address may have been that of another one of the guest. */
const findHolder = (present: readonly XmlElement[], device: Located): XmlElement | null => {
  const fit = present.filter((holder) => isFit(holder, device));
  const former = device.type === 'virtual-function' ? device.formerly : null;
  return (
    (former === null ? undefined : fit.find((holder) => sourceOf(holder) === former)) ??
    fit.find((holder) => sourceOf(holder) === device.address) ??
    null
  );
};

/** A plain <hostdev> carries neither MAC address nor VLAN. */
const isFit = (holder: XmlElement, device: Located): boolean =>
  device.type !== 'virtual-function' ||
  holder.name === 'interface' ||
  ((device.network?.mac ?? null) === null && (device.network?.vlan ?? null) === null);

const uniqueByAddress = (devices: readonly Located[]): readonly Located[] =>
  devices.filter((device, index) => devices.findIndex((other) => other.address === device.address) === index);

/** Each virtual function is a card of its own, although it shares a slot of the host with others. */
const cardsOf = (devices: readonly Located[]): readonly (readonly Located[])[] => {
  const keyOf = (device: Located): string => (device.type === 'pci' ? slotOf(device.address) : device.address);
  return [...new Set(devices.map(keyOf))].map((key) => devices.filter((device) => keyOf(device) === key));
};

const keepHolder = (device: Located, holder: XmlElement | null): readonly Wish[] =>
  holder === null
    ? []
    : [
        {
          name: holder.name,
          existing: holder,
          attributes: {managed: managedOf(device)},
          children: [
            ...(sourceOf(holder) === device.address
              ? []
              : [{name: 'source', children: [sourceAddress(device, holder.name)]}]),
            ...(device.type === 'pci' ? romWish(device, holder) : networkWishes(device)),
          ],
          order: holder.name === 'interface' ? interfaceOrder : hostdevOrder,
        },
      ];

/** NVIDIA's driver keeps its vGPUs, and vfio-pci cannot bind them. */
const managedOf = (device: Located): 'yes' | 'no' =>
  device.type === 'virtual-function' && device.vgpu !== null ? 'no' : 'yes';

/** What the plan says nothing of stays: libvirt writes down the MAC address that it has chosen. */
export const networkWishes = ({network}: Pick<AssignedVirtualFunction, 'network'>): readonly Wish[] => {
  const {mac = null, vlan = null} = network ?? {};
  return [
    ...(mac === null
      ? []
      : [{name: 'mac', attributes: {address: {value: mac, accepts: (text: string) => text.toLowerCase() === mac}}}]),
    ...(vlan === null ? [] : [{name: 'vlan', children: [{name: 'tag', attributes: {id: String(vlan)}}]}]),
  ];
};

/** An absent ROM in the plan is no decision: what the guest has stays. */
const romWish = (device: AssignedFunction, holder: XmlElement | null): readonly Wish[] => {
  if (device.rom === null) return [];
  const isOff = attributeOf(childNamed(holder, 'rom'), 'enabled') === 'no';
  return [{name: 'rom', attributes: {file: device.rom, ...(isOff ? {enabled: null} : {})}}];
};

/** Its own place on the root bus is libvirt's to choose. */
const rootPort = (index: number): Wish => ({
  name: 'controller',
  existing: null,
  attributes: {type: 'pci', index: String(index), model: 'pcie-root-port'},
});

const sourceAddress = ({address}: Located, holder: string): Wish => {
  const {segment, bus, slot, number} = splitPciAddress(address);
  return {
    name: 'address',
    attributes: {
      ...(holder === 'interface' ? {type: 'pci'} : {}),
      domain: hex(segment, 4),
      bus: hex(bus, 2),
      slot: hex(slot, 2),
      function: hex(number, 1),
    },
  };
};

const newHolder = ({device, guest}: Placed): Wish => {
  const isInterface = device.type === 'virtual-function' && device.network !== null;
  const name = isInterface ? 'interface' : 'hostdev';
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
    name,
    existing: null,
    attributes: isInterface
      ? {type: 'hostdev', managed: 'yes'}
      : {mode: 'subsystem', type: 'pci', managed: managedOf(device)},
    children: [
      {name: 'source', children: [sourceAddress(device, name)]},
      ...(device.type === 'pci' ? romWish(device, null) : networkWishes(device)),
      address,
    ],
    order: isInterface ? interfaceOrder : hostdevOrder,
  };
};

/** A balloon cannot give back memory that an assigned device pins, and slows the guest down (QEMU inhibits it). */
export const editBalloon = ({plan, root}: EditContext): DomainEdit => {
  if (plan.devices.every(({assigned}) => assigned.type === 'usb')) return {children: [], drops: []};
  const balloons = childrenNamed(childNamed(root, 'devices'), 'memballoon');
  const none = balloons.find((balloon) => attributeOf(balloon, 'model') === 'none') ?? null;
  return {
    children: [{name: 'memballoon', existing: none, attributes: {model: 'none'}}],
    drops: balloons.filter((balloon) => balloon !== none),
  };
};
