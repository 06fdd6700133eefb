import {posix} from 'node:path';
import type {Source} from '../system/source.ts';
import type {BridgeAcs, PciAddress, PciFunction} from './facts.ts';
import {parsePciAddress, splitPciAddress} from './pci-address.ts';
import {decodeBridgeAcs} from './pci-config.ts';
import {parseResizeBitmap, parseResources} from './pci-resources.ts';

/** What the function's own directory tells, without what other files say about its ids. */
export type BarePciFunction = Omit<PciFunction, 'name' | 'modules' | 'vfioVariant' | 'bootFramebuffers'>;

const bus = '/sys/bus/pci/devices';

/** `null` when the directory tells neither vendor nor device (some POWER captures hold the class alone). */
export const readPciFunction = (source: Source, name: string, address: PciAddress): BarePciFunction | null => {
  const target = source.link(`${bus}/${name}`);
  const directory = target === null ? `${bus}/${name}` : posix.resolve(bus, target);
  const names = new Set(source.list(directory));
  // A failed open costs more than the listing, so only what is there is asked for.
  const text = (file: string): string | null => (names.has(file) ? (source.text(`${directory}/${file}`)?.trim() ?? null) : null);
  const linked = (file: string): string | null => (names.has(file) ? baseName(source.link(`${directory}/${file}`)) : null);

  const vendor = parseHex(text('vendor'), 4);
  const device = parseHex(text('device'), 4);
  if (vendor === null || device === null) return null;
  const pciClass = parseHex(text('class'), 6) ?? '000000';
  const isBridge = pciClass.startsWith('0604');
  const resetMethods = text('reset_method');
  return {
    address,
    class: pciClass,
    vendor,
    device,
    subsystem: subsystemOf(parseHex(text('subsystem_vendor'), 4), parseHex(text('subsystem_device'), 4)),
    revision: parseHex(text('revision'), 2),
    driver: linked('driver'),
    driverOverride: overrideOf(text('driver_override')),
    modalias: text('modalias'),
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
    sriovTotalVfs: parseCount(text('sriov_totalvfs')),
    hasMdevTypes: names.has('mdev_supported_types'),
  };
};

const readResizableBars = (
  names: ReadonlySet<string>,
  text: (file: string) => string | null,
): PciFunction['resizableBars'] => {
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
 * controller: `pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0/…`.
 */
const upstreamOf = (target: string, address: PciAddress): readonly PciAddress[] =>
  target
    .split('/')
    .map(parsePciAddress)
    .filter((one): one is PciAddress => one !== null && one !== address);

/** Vendor 0 and ffff mean that the board's maker left it unset (as lspci reads it). */
const subsystemOf = (vendor: string | null, device: string | null): string | null =>
  vendor === null || device === null || vendor === '0000' || vendor === 'ffff' ? null : `${vendor}:${device}`;

/** The kernel writes `(null)` for a driver_override that is not set. */
const overrideOf = (text: string | null): string | null => (text === null || text === '' || text === '(null)' ? null : text);

const baseName = (target: string | null): string | null => target?.slice(target.lastIndexOf('/') + 1) ?? null;

const parseHex = (text: string | null, digits: number): string | null => {
  if (text === null || !/^(?:0x)?[0-9a-f]{1,8}$/i.test(text)) return null;
  return text.replace(/^0x/i, '').toLowerCase().padStart(digits, '0').slice(-digits);
};

/** Non-negative; the kernel's -1 means unknown. */
const parseCount = (text: string | null): number | null => (text !== null && /^\d{1,9}$/.test(text) ? Number(text) : null);
