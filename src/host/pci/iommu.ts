import type {IommuFacts, IommuGroup, ReservedRegion} from '../../facts/iommu.ts';
import {comparePciAddresses, parsePciAddress, type PciAddress} from '../../facts/pci-address.ts';
import type {PciFunction} from '../../facts/pci.ts';
import type {Source} from '../../system/source.ts';
import type {Note} from '../reader.ts';
import {readAcpiTables} from './acpi-tables.ts';

/** x86 names only: on ARM the interrupt controllers isolate devices without a word such as this. */
const x86Chip = /^(?:IR-)?(?:IO-APIC|XT-PIC|PCI-MSI|HPET)/;

/**
 * Whether interrupts go through remapping, by the chips that serve them: `IR-IO-APIC`, `IR-PCI-MSI…` say so without
 * the kernel log. `null` when no chip can be read, or none is of x86.
 */
const readInterruptRemapping = (source: Source): boolean | null => {
  const chips = chipsOf(source);
  let isX86 = false;
  for (const chip of chips) {
    if (chip.startsWith('IR-')) return true;
    isX86 ||= x86Chip.test(chip);
  }
  return isX86 ? false : null;
};

/** One at a time: the first few interrupts of a machine with remapping already tell. */
const chipsOf = function* (source: Source): Generator<string> {
  for (const number of source.list('/sys/kernel/irq'))
    yield source.text(`/sys/kernel/irq/${number}/chip_name`)?.trim() ?? '';
  for (const line of (source.text('/proc/interrupts') ?? '').split('\n')) yield chipOfLine(line);
};

/** ` 16:   0   49   IR-IO-APIC   16-fasteoi   i801_smbus`: counters for each CPU, then the chip. */
const chipOfLine = (line: string): string => {
  const [number = '', ...words] = line.trim().split(/\s+/);
  return /^\d+:$/.test(number) ? (words.find((word) => !/^\d+$/.test(word)) ?? '') : '';
};

const directory = '/sys/kernel/iommu_groups';

type GroupMembers = Pick<IommuGroup, 'id' | 'devices'>;

/** A function as far as its group goes. */
type GroupedFunction = Pick<PciFunction, 'address' | 'class' | 'iommuGroup'>;

/** Groups in numeric order, with the functions that either end names. */
export const joinIommuGroups = (
  source: Source,
  listed: ReadonlyMap<number, readonly PciAddress[]>,
  pci: readonly GroupedFunction[],
): readonly GroupMembers[] => {
  const isReal = groupFilter(source);
  const members = new Map<number, PciAddress[]>();
  for (const [id, devices] of listed) if (isReal(id)) members.set(id, [...devices]);
  for (const {address, iommuGroup: id} of pci) {
    if (id === null) continue;
    const group = members.get(id);
    if (group !== undefined) group.push(address);
    else if (isReal(id)) members.set(id, [address]);
  }
  return [...members]
    .sort(([left], [right]) => left - right)
    .map(([id, devices]) => ({id, devices: devices.length > 1 ? eachOnce(devices) : devices}));
};

const eachOnce = (devices: readonly PciAddress[]): readonly PciAddress[] =>
  [...new Set(devices)].sort(comparePciAddresses);

/**
 * PCI functions by group, as the groups list them. The kernel makes a function's link and its name in the group's list
 * together (drivers/iommu/iommu.c), and the link's own name gives the number even where it leads nowhere. So a list is
 * read only where links may be missing, as captures often hold one end alone: of 4,000 groups each folder costs. An
 * IOMMU of AMD is a function without a group.
 */
export const listIommuGroups = (
  source: Source,
  pci: readonly GroupedFunction[],
): ReadonlyMap<number, readonly PciAddress[]> => {
  const areAllLinked = pci.every((one) => one.iommuGroup !== null || one.class.startsWith('0806'));
  const linked = new Set(areAllLinked ? pci.map(({iommuGroup}) => iommuGroup) : []);
  return new Map(
    source
      .list(directory)
      .filter((name) => /^\d{1,9}$/.test(name))
      .map((name) => [Number(name), linked.has(Number(name)) ? [] : readMembers(source, Number(name))]),
  );
};

const readIommuGroups = (source: Source, pci: readonly PciFunction[]): readonly IommuGroup[] => {
  const listed = listIommuGroups(source, pci);
  // Most of thousands have the same.
  const known = new Map<string, readonly ReservedRegion[]>();
  const readRegions = (id: number): readonly ReservedRegion[] => {
    const text = source.text(`${directory}/${id}/reserved_regions`) ?? '';
    const regions = known.get(text) ?? parseReservedRegions(text);
    known.set(text, regions);
    return regions;
  };
  return joinIommuGroups(source, listed, pci).map((group) => ({
    ...group,
    type: listed.has(group.id) ? readType(source, group.id) : null,
    reservedRegions: listed.has(group.id) ? readRegions(group.id) : [],
  }));
};

/** Groups may hold platform devices next to PCI functions; those have no PCI address. */
const readMembers = (source: Source, id: number): readonly PciAddress[] =>
  source
    .list(`${directory}/${id}/devices`)
    .map(parsePciAddress)
    .filter((address) => address !== null);

const readType = (source: Source, id: number): string | null => {
  const type = source.text(`${directory}/${id}/type`)?.trim() ?? '';
  return type === '' ? null : type;
};

/** vfio's mode without any IOMMU makes groups that isolate nothing (kernel: drivers/vfio/group.c, `vfio-noiommu`). */
const groupFilter = (source: Source): ((id: number) => boolean) => {
  const mode = source.text('/sys/module/vfio/parameters/enable_unsafe_noiommu_mode')?.trim();
  if (mode !== 'Y') return () => true;
  return (id) => source.text(`${directory}/${id}/name`)?.trim() !== 'vfio-noiommu';
};

/** Lines `0x00000000fee00000 0x00000000feefffff msi`, end inclusive. */
const parseReservedRegions = (text: string): readonly ReservedRegion[] =>
  text.split('\n').flatMap((line) => {
    const [start, end, type] = line.trim().split(/\s+/);
    const isRegion = [start, end].every((one) => one !== undefined && /^0x[0-9a-f]{1,16}$/i.test(one));
    return isRegion && start !== undefined && end !== undefined && type !== undefined ? [{start, end, type}] : [];
  });

/** Groups, units and firmware tables. Under Xen dom0 there are no groups, whatever the hardware can do. */
export const readIommu = (source: Source, note: Note, pci: readonly PciFunction[]): IommuFacts => {
  const groups = readIommuGroups(source, pci);
  const tables = readAcpiTables(source, note, pci);
  const remapping = readInterruptRemapping(source);
  const units = naturalOrder(source.list('/sys/class/iommu'));
  return {
    active: groups.length > 0,
    groups,
    interruptRemapping: remapping ?? (tables.dmar?.interruptRemapping === false ? false : null),
    units,
    addressBits: readAddressBits(source, units),
    ...tables,
  };
};

/** Bits 21:16 of the capability register, plus one (kernel: drivers/iommu/intel/iommu.h cap_mgaw). The narrowest unit counts. */
const readAddressBits = (source: Source, units: readonly string[]): number | null => {
  const bits = units.flatMap((unit) => {
    const text = source.text(`/sys/class/iommu/${unit}/intel-iommu/cap`)?.trim() ?? '';
    return /^(?:0x)?[0-9a-f]{1,16}$/i.test(text)
      ? [Number((BigInt(`0x${text.replace(/^0x/i, '')}`) >> 16n) & 0x3fn) + 1]
      : [];
  });
  return bits.length === 0 ? null : Math.min(...bits);
};

/** `dmar10` after `dmar2`. */
const naturalOrder = (names: readonly string[]): readonly string[] =>
  [...names].sort((left, right) => left.localeCompare(right, 'en', {numeric: true}));
