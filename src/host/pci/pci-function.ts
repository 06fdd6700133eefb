import {posix} from 'node:path';
import {isPciAddress, parsePciAddress, type PciAddress, splitPciAddress} from '../../facts/pci-address.ts';
import type {BridgeAcs, PciFunction, PciOutline, SriovFacts, VendorVgpu} from '../../facts/pci.ts';
import type {Source} from '../../system/source.ts';
import {readGpuShares} from './gpu-shares.ts';
import {decodeBridgeAcs} from './pci-config.ts';
import {parseResizeBitmap, parseResources} from './pci-resources.ts';
import {type PciIds, subsystemOf, ueventReader} from './pci-uevent.ts';

/** PCI functions on the way to a device in sysfs, from the root port down; the last one is the device's own. */
export const pciAddressesOf = (sysfsPath: string): readonly PciAddress[] => sysfsPath.split('/').filter(isPciAddress);

/** A chain of words and the PCI functions that it ends at, the device's own last; empty when it ends at none. */
export type DeviceChain = {readonly words: readonly string[]; readonly path: readonly PciAddress[]};

/** Where a device of sysfs really is; `null` when it is not there. */
export const realDevicePath = (source: Source, path: string): string | null => {
  const real = source.resolve(path);
  return real !== null && source.exists(real) ? real : null;
};

/** What the function's own directory tells, without what other files say about its ids. */
export type BarePciFunction = Omit<PciFunction, 'name' | 'modules' | 'vfioVariant' | 'bootFramebuffers'>;

/** Every function is listed here, by a link to its own directory. */
export const pciDirectory = '/sys/bus/pci/devices';

export type BarePciOutline = Omit<PciOutline, 'name' | 'modules'> & Pick<PciFunction, 'modalias'>;

/** Reads one function; `null` when its directory holds neither vendor nor device (some POWER captures hold the class alone). */
export type FunctionReader<One> = (name: string, address: PciAddress) => One | null;

/** As `pciFunctionReader`, and of an endpoint mostly from its `uevent` alone. */
export const pciOutlineReader = (source: Source): FunctionReader<BarePciOutline> => {
  const readWhole = pciFunctionReader(source);
  const parseUevent = ueventReader();
  const upstreamOf = upstreamFinder();
  return (name, address) => {
    const target = source.link(`${pciDirectory}/${name}`);
    const directory = directoryOf(name, target);
    const ids = parseUevent(source.text(`${directory}/uevent`) ?? '');
    if (ids === null) return readWhole(name, address);
    const {vendor, device, class: pciClass, driver, modalias} = ids;
    const isBridge = pciClass.startsWith('0604');
    // Few functions are virtual, and reading a link that is not there costs more than asking for it.
    const physfn = source.exists(`${directory}/physfn`) ? source.link(`${directory}/physfn`) : null;
    return {
      address,
      class: pciClass,
      vendor,
      device,
      driver,
      modalias,
      iommuGroup: parseCount(baseName(source.link(`${directory}/iommu_group`))),
      bootVga: pciClass.startsWith('03') && source.text(`${directory}/boot_vga`)?.trim() === '1',
      upstream: target === null ? [] : upstreamOf(target, address),
      isBridge,
      acs: isBridge ? readAcs(source, `${directory}/config`, {address, vendor, device}) : null,
      physicalFunction: physfn === null ? null : parsePciAddress(baseName(physfn) ?? ''),
    };
  };
};

/** From the files, of a capture that has no `uevent`. */
const idsOf = (text: Read, linked: Read): PciIds | null => {
  const vendor = parseHex(text('vendor'), 4);
  const device = parseHex(text('device'), 4);
  if (vendor === null || device === null) return null;
  return {
    class: parseHex(text('class'), 6) ?? '000000',
    vendor,
    device,
    subsystem: subsystemOf(parseHex(text('subsystem_vendor'), 4), parseHex(text('subsystem_device'), 4)),
    driver: linked('driver'),
    modalias: text('modalias'),
  };
};

const directoryOf = (name: string, target: string | null): string => {
  if (target === null) return `${pciDirectory}/${name}`;
  // As the kernel writes them; resolving costs as much as reading a file.
  const isUsual = target.startsWith('../../../devices/') && !target.includes('/../', usualStart);
  return isUsual ? `/sys/${target.slice('../../../'.length)}` : posix.resolve(pciDirectory, target);
};

const usualStart = '../../../devices'.length;

export const pciFunctionReader = (source: Source): FunctionReader<BarePciFunction> => {
  const parseUevent = ueventReader();
  const upstreamOf = upstreamFinder();
  return (name, address) => {
    const target = source.link(`${pciDirectory}/${name}`);
    const directory = directoryOf(name, target);
    const names = new Set(source.list(directory));
    // A failed open costs more than the listing, so only what is there is asked for.
    const text = (file: string): string | null =>
      names.has(file) ? (source.text(`${directory}/${file}`)?.trim() ?? null) : null;
    const linked = (file: string): string | null =>
      names.has(file) ? baseName(source.link(`${directory}/${file}`)) : null;

    const ids = parseUevent(text('uevent') ?? '') ?? idsOf(text, linked);
    if (ids === null) return null;
    const {vendor, device} = ids;
    const isBridge = ids.class.startsWith('0604');
    const resetMethods = text('reset_method');
    return {
      address,
      ...ids,
      revision: parseHex(text('revision'), 2),
      driverOverride: overrideOf(text('driver_override')),
      iommuGroup: parseCount(linked('iommu_group')),
      numaNode: parseCount(text('numa_node')),
      bootVga: text('boot_vga') === '1',
      resetMethods: resetMethods === null ? null : resetMethods.split(/\s+/).filter((method) => method !== ''),
      bars: parseResources(text('resource') ?? ''),
      resizableBars: readResizableBars(names, text),
      upstream: target === null ? [] : upstreamOf(target, address),
      isBridge,
      acs: isBridge && names.has('config') ? readAcs(source, `${directory}/config`, {address, vendor, device}) : null,
      powerState: text('power_state'),
      physicalFunction: parsePciAddress(linked('physfn') ?? ''),
      sriov: readSriov(source, directory, names, text, linked),
      hasMdevTypes: names.has('mdev_supported_types'),
      vgpu: names.has('nvidia') ? readVgpu((file) => source.text(`${directory}/nvidia/${file}`)) : null,
    };
  };
};

type Read = (file: string) => string | null;

/** PCI Express counts them with 16 bits; a captured tree may say anything. */
const mostVirtualFunctions = 65_535;

/** A function with the capability and no virtual function to make (`sriov_totalvfs` 0) is one without. */
const readSriov = (
  source: Source,
  directory: string,
  names: ReadonlySet<string>,
  text: Read,
  linked: Read,
): SriovFacts | null => {
  const total = parseCount(text('sriov_totalvfs'));
  if (total === null || total === 0 || total > mostVirtualFunctions) return null;
  const probes = text('sriov_drivers_autoprobe');
  const interfaces = names.has('net') ? source.list(`${directory}/net`) : [];
  const [card = null, ...others] = interfaces;
  const own = others.length === 0 ? card : null;
  const functions: PciAddress[] = [];
  for (let index = 0; index < total && names.has(`virtfn${index}`); index += 1) {
    const address = parsePciAddress(linked(`virtfn${index}`) ?? '');
    if (address === null) break;
    functions.push(address);
  }
  return {
    total,
    enabled: parseCount(text('sriov_numvfs')),
    probesDrivers: probes === '1' ? true : probes === '0' ? false : null,
    offset: parseCount(text('sriov_offset')),
    stride: parseCount(text('sriov_stride')),
    device: parseHex(text('sriov_vf_device'), 4),
    functions,
    interface: own,
    isInterfaceUp: own === null ? null : isUp(source.text(`${directory}/net/${own}/flags`)),
    shares: names.has('sriov_admin') ? readGpuShares(source, `${directory}/sriov_admin`, total) : null,
  };
};

/** `0x1003`: bit 0 is IFF_UP (kernel: include/uapi/linux/if.h). */
const isUp = (flags: string | null): boolean | null => {
  const digits = parseHex(flags?.trim() ?? null, 8);
  return digits === null ? null : (Number.parseInt(digits, 16) & 1) === 1;
};

/** `1148  : NVIDIA L40S-2Q`, below a heading. */
const readVgpu = (text: Read): VendorVgpu | null => {
  const list = text('creatable_vgpu_types');
  if (list === null) return null;
  return {
    current: parseCount(text('current_vgpu_type')?.trim() ?? null),
    creatable: list.split('\n').flatMap((line) => {
      const [, id, name] = /^\s*(\d{1,6})\s*:\s*([A-Za-z0-9][\w .+-]{0,79}?)\s*$/.exec(line) ?? [];
      return id === undefined || name === undefined ? [] : [{id: Number(id), name}];
    }),
  };
};

const readResizableBars = (names: ReadonlySet<string>, text: Read): PciFunction['resizableBars'] => {
  const bars: {bar: number; sizesMiB: readonly number[]}[] = [];
  for (let bar = 0; bar <= 5; bar += 1) {
    if (!names.has(`resource${bar}_resize`)) continue;
    const sizesMiB = parseResizeBitmap(text(`resource${bar}_resize`) ?? '');
    if (sizesMiB.length > 0) bars.push({bar, sizesMiB});
  }
  return bars;
};

const readAcs = (
  source: Source,
  path: string,
  {address, vendor, device}: {address: PciAddress; vendor: string; device: string},
): BridgeAcs | null => {
  const config = source.bytes(path);
  if (config === null) return null;
  const {bus: busNumber, slot} = splitPciAddress(address);
  // Root ports of Intel's PCH sit in slots 1b to 1d of bus 0; those of the CPU below 10.
  return decodeBridgeAcs(config, {vendor, device, isPchSlot: busNumber === 0 && slot >= 0x1b && slot <= 0x1d});
};

/**
 * `../../../devices/pci0000:00/0000:00:01.0/0000:01:00.0`: each function on the way. With VMD the way starts at its
 * controller: `pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0/…`. Functions below one bridge share the list.
 */
const upstreamFinder = (): ((target: string, address: PciAddress) => readonly PciAddress[]) => {
  const known = new Map<string, readonly PciAddress[]>();
  return (target, address) => {
    const slash = target.lastIndexOf('/');
    const parent = target.slice(0, slash);
    const above = known.get(parent) ?? addressesIn(parent);
    known.set(parent, above);
    const isUsual =
      target.endsWith(address) && target.length === slash + 1 + address.length && !above.includes(address);
    return isUsual ? above : addressesIn(target).filter((one) => one !== address);
  };
};

const addressesIn = (path: string): readonly PciAddress[] =>
  path
    .split('/')
    .map(parsePciAddress)
    .filter((one) => one !== null);

/** The kernel writes `(null)` for a driver_override that is not set. */
const overrideOf = (text: string | null): string | null =>
  text === null || text === '' || text === '(null)' ? null : text;

const baseName = (target: string | null): string | null => target?.slice(target.lastIndexOf('/') + 1) ?? null;

const parseHex = (text: string | null, digits: number): string | null => {
  if (text === null || !/^(?:0x)?[0-9a-f]{1,8}$/i.test(text)) return null;
  return text.replace(/^0x/i, '').toLowerCase().padStart(digits, '0').slice(-digits);
};

/** Non-negative; the kernel's -1 means unknown. */
const parseCount = (text: string | null): number | null =>
  text !== null && /^\d{1,9}$/.test(text) ? Number(text) : null;
