import {ownValue} from '../decode/own-value.ts';
import {attributeOf, childNamed, elementsAt, parseXmlBeginning, type XmlElement} from '../formats/xml/document.ts';
import {parseCpuList} from './kernel-lists.ts';
import {type IoThreadUse, ioThreadsOf} from './io-threads.ts';
import {kibPerGiB} from './memory.ts';
import {formatPciAddress, parsePciAddress, type PciAddress} from './pci-address.ts';
import type {DomainFacts, KvmFacts} from './virtualisation.ts';

/** What a defined guest takes from the host while it runs. */
export type DomainUse = {
  /** Host CPUs that vCPUs are pinned to, one by one; a range that leaves the choice to the host counts for nothing. */
  readonly pinnedCpus: readonly number[];
  /**
   * PCI functions that it takes whole: hostdevs, NVMe disks and interfaces by address, what its networks and its interfaces
   * of mode `passthrough` give it, and QEMU's own arguments.
   */
  readonly hostdevs: readonly PciAddress[];
  readonly mediated: readonly MediatedUse[];
  /** Network interfaces of cards of which it gets any free virtual function. */
  readonly pools: readonly string[];
  /** Vendor and product of its USB devices. */
  readonly usb: readonly string[];
  /** Block devices of the host that it writes to, as it names them: disks, leases, and SCSI devices by their place in /sys. */
  readonly disks: readonly string[];
  readonly memoryKiB: number;
  /** Size of the huge pages that back it; `null` for ordinary memory. */
  readonly pageKiB: number | null;
  /** Memory by host node, as far as the guest says; the rest is anywhere. */
  readonly perNodeKiB: ReadonlyMap<number, number>;
  readonly ioThreads: IoThreadUse;
};

/** A slice of a device that stays with the host: libvirt knows it by its UUID (small letters), Proxmox VE by what it is made of. */
export type MediatedUse = {readonly uuid: string | null; readonly parent: PciAddress | null};

const unitsKiB: Readonly<Record<string, number>> = {
  b: 1 / 1024,
  bytes: 1 / 1024,
  KB: 1000 / 1024,
  k: 1,
  KiB: 1,
  MB: 1e6 / 1024,
  M: 1024,
  MiB: 1024,
  GB: 1e9 / 1024,
  G: kibPerGiB,
  GiB: kibPerGiB,
  T: 1024 * kibPerGiB,
  TiB: 1024 * kibPerGiB,
};

/** Of a broken definition, what comes before the fault: libvirt would not start it. */
export const domainUse = (
  domain: Pick<DomainFacts, 'xml'>,
  host: Pick<KvmFacts, 'networkFunctions' | 'networkPools' | 'interfaceFunctions'>,
): DomainUse => {
  const {addresses, networks, interfaces, ...own} = ownUse(domain);
  return {
    ...own,
    pools: networks.flatMap((name) => ownValue(host.networkPools, name) ?? []),
    hostdevs: [
      ...new Set([
        ...addresses,
        ...networks.flatMap((name) => ownValue(host.networkFunctions, name) ?? []),
        ...interfaces.flatMap((name) => ownValue(host.interfaceFunctions, name) ?? []),
      ]),
    ],
  };
};

/** Block devices of the host that the guest writes to. */
export const domainDisks = (domain: Pick<DomainFacts, 'xml'>): readonly string[] => ownUse(domain).disks;

/** Interfaces of the host that the guest takes whole. */
export const wholeInterfaces = (domain: Pick<DomainFacts, 'xml'>): readonly string[] => ownUse(domain).interfaces;

/** What the definition says by itself; networks and interfaces by name, because the host knows what they stand for. */
type OwnUse = Omit<DomainUse, 'hostdevs' | 'pools'> & {
  readonly addresses: readonly PciAddress[];
  readonly networks: readonly string[];
  readonly interfaces: readonly string[];
};

/** Reading XML is the dear part, and each guest is asked several times. */
const known = new WeakMap<object, OwnUse>();

const ownUse = (domain: Pick<DomainFacts, 'xml'>): OwnUse => {
  const found = known.get(domain) ?? useOf(domainOf(domain.xml));
  known.set(domain, found);
  return found;
};

const useOf = (domain: XmlElement | null): OwnUse => {
  const memoryKiB = Math.round(sizeKiB(childNamed(domain, 'memory')));
  return {
    pinnedCpus: [
      ...new Set(elementsAt(domain, 'cputune/vcpupin').flatMap((pin) => singleCpus(attributeOf(pin, 'cpuset')))),
    ].sort((a, b) => a - b),
    addresses: [
      ...['hostdev', 'interface', 'disk'].flatMap((name) =>
        elementsAt(domain, `devices/${name}/source/address`).flatMap(pciAddressOf),
      ),
      ...(domain?.children ?? [])
        .filter(({name}) => /^(?:\w+:)?commandline$/.test(name))
        .flatMap(({children}) => children.flatMap(qemuArgument)),
    ],
    usb: elementsAt(domain, 'devices/hostdev/source').flatMap(usbIdOf),
    mediated: elementsAt(domain, 'devices/hostdev/source/address').flatMap((address): readonly MediatedUse[] => {
      const uuid = attributeOf(address, 'uuid');
      return uuid === null ? [] : [{uuid: uuid.toLowerCase(), parent: null}];
    }),
    networks: elementsAt(domain, 'devices/interface/source').flatMap((source) => attributeOf(source, 'network') ?? []),
    interfaces: wholeInterfacesOf(domain),
    disks: disksOf(domain),
    memoryKiB,
    pageKiB: pageKiB(domain),
    perNodeKiB: perNode(domain, memoryKiB),
    ioThreads: ioThreadsOf(domain),
  };
};

const domainOf = (xml: string | null): XmlElement | null => {
  const {root} = parseXmlBeginning(xml ?? '');
  return root?.name === 'domain' ? root : null;
};

const disksOf = (domain: XmlElement | null): readonly string[] => [
  ...elementsAt(domain, 'devices/disk/source').flatMap((source) => blockDeviceOf(source) ?? []),
  ...elementsAt(domain, 'devices/lease/target').flatMap((target) => blockDeviceOf(target) ?? []),
  ...elementsAt(domain, 'devices/hostdev/source').flatMap(scsiDeviceOf),
];

/** The number may be text or an attribute; the unit of memory is KiB where none is named. */
const sizeKiB = (element: XmlElement | null, attribute: string | null = null): number => {
  const number = attribute === null ? element?.text.trim() : attributeOf(element, attribute);
  return (Number(number) || 0) * (ownValue(unitsKiB, attributeOf(element, 'unit') ?? 'KiB') ?? 0);
};

/** Without <page> it is the host's default size, which is 2 MiB unless somebody changed it. */
const pageKiB = (domain: XmlElement | null): number | null => {
  const [hugepages] = elementsAt(domain, 'memoryBacking/hugepages');
  if (hugepages === undefined) return null;
  const page = childNamed(hugepages, 'page');
  return page === null ? 2048 : sizeKiB(page, 'size');
};

/** The threads of one core at most: a vCPU that may wander over more is not pinned. */
const singleCpus = (list: string | null): readonly number[] => {
  const cpus = parseCpuList(list ?? '') ?? [];
  return cpus.length <= 2 ? cpus : [];
};

/** Of an `<address>` of libvirt's XML; none of a USB device, whose address has other attributes. */
export const pciAddressOf = (element: XmlElement): readonly PciAddress[] => {
  const part = (name: string, otherwise: number): number => Number(attributeOf(element, name) ?? otherwise);
  const location = {
    segment: part('domain', 0),
    bus: part('bus', Number.NaN),
    slot: part('slot', Number.NaN),
    number: part('function', 0),
  };
  return Object.values(location).every(Number.isInteger) ? [formatPciAddress(location)] : [];
};

/** `<vendor id='0x046d'/><product id='0xc21f'/>` */
const usbIdOf = (source: XmlElement): readonly string[] => {
  const digits = (name: string): string | null =>
    /^(?:0x)?([0-9a-f]{4})$/i.exec(attributeOf(childNamed(source, name), 'id') ?? '')?.[1]?.toLowerCase() ?? null;
  const [vendor, product] = [digits('vendor'), digits('product')];
  return vendor === null || product === null ? [] : [`${vendor}:${product}`];
};

/** `<qemu:arg value='vfio-pci,host=0000:06:00.0'/>` */
const qemuArgument = (element: XmlElement): readonly PciAddress[] => {
  const value = element.name === 'arg' || element.name.endsWith(':arg') ? (attributeOf(element, 'value') ?? '') : '';
  const host = value.includes('vfio-pci') ? /\bhost=([0-9a-f:.]+)/i.exec(value)?.[1] : undefined;
  const address = host === undefined ? null : parsePciAddress(host);
  return address === null ? [] : [address];
};

/** In the other modes of macvtap the host keeps its interface (libvirt: formatdomain, "Direct attachment"). */
const wholeInterfacesOf = (domain: XmlElement | null): readonly string[] =>
  elementsAt(domain, 'devices/interface/source')
    .filter((source) => attributeOf(source, 'mode') === 'passthrough')
    .flatMap((source) => attributeOf(source, 'dev') ?? []);

/** `<adapter name='scsi_host0'/><address bus='0' target='0' unit='0'/>` */
const scsiDeviceOf = (source: XmlElement): readonly string[] => {
  const host = /^scsi_host(\d+)$/.exec(attributeOf(childNamed(source, 'adapter'), 'name') ?? '')?.[1];
  const address = childNamed(source, 'address');
  const place = [host, ...['bus', 'target', 'unit'].map((name) => attributeOf(address, name) ?? '0')].join(':');
  return isScsiPlace(place) ? [`${scsiDevices}/${place}`] : [];
};

/** Where a SCSI device is known by its place. */
export const scsiDevices = '/sys/bus/scsi/devices';

/** `0:0:0:0`: host, bus, target, unit. */
export const isScsiPlace = (text: string): boolean => /^\d+:\d+:\d+:\d+$/.test(text);

/** A disk of type `file` may name a device all the same. */
const blockDeviceOf = (source: XmlElement): string | null =>
  ['dev', 'file', 'path'].map((name) => attributeOf(source, name)).find((path) => path?.startsWith('/dev/') === true) ??
  null;

/** Cells with a node of their own, else all of it in equal parts on the nodes of <numatune>. */
const perNode = (domain: XmlElement | null, memoryKiB: number): ReadonlyMap<number, number> => {
  const nodes = new Map<number, number>();
  const put = (list: string | null, size: number): void => {
    const ids = parseCpuList(list ?? '') ?? [];
    for (const id of ids) nodes.set(id, (nodes.get(id) ?? 0) + size / ids.length);
  };
  const cells = elementsAt(domain, 'cpu/numa/cell');
  const places = elementsAt(domain, 'numatune/memnode');
  for (const place of places) {
    const cell = cells.find((one) => attributeOf(one, 'id') === attributeOf(place, 'cellid'));
    put(attributeOf(place, 'nodeset'), Math.round(sizeKiB(cell ?? null, 'memory')));
  }
  if (places.length === 0) put(attributeOf(elementsAt(domain, 'numatune/memory')[0] ?? null, 'nodeset'), memoryKiB);
  return nodes;
};
