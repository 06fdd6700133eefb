import type {Source} from '../system/source.ts';
import type {IommuGroup, PciAddress, PciFunction, ReservedRegion} from './facts.ts';
import {comparePciAddresses, parsePciAddress} from './pci-address.ts';

const directory = '/sys/kernel/iommu_groups';

/**
 * Groups in numeric order. Both ends are read, because captures often hold one alone: the group's own list, and each
 * function's link, whose name tells the number even where it leads nowhere.
 */
export const readIommuGroups = (source: Source, pci: readonly PciFunction[]): readonly IommuGroup[] => {
  const members = new Map<number, Set<PciAddress>>();
  const listed = new Set(source.list(directory).filter((name) => /^\d{1,9}$/.test(name)).map(Number));
  for (const id of listed) members.set(id, new Set(readMembers(source, id)));
  for (const {address, iommuGroup} of pci) {
    if (iommuGroup === null) continue;
    const group = members.get(iommuGroup) ?? new Set();
    members.set(iommuGroup, group.add(address));
  }
  const isReal = groupFilter(source);
  return [...members]
    .filter(([id]) => isReal(id))
    .sort(([left], [right]) => left - right)
    .map(([id, devices]) => ({
      id,
      devices: [...devices].sort(comparePciAddresses),
      type: listed.has(id) ? readType(source, id) : null,
      reservedRegions: listed.has(id) ? parseReservedRegions(source.text(`${directory}/${id}/reserved_regions`) ?? '') : [],
    }));
};

/** Groups may hold platform devices beside PCI functions; those have no PCI address. */
const readMembers = (source: Source, id: number): readonly PciAddress[] =>
  source.list(`${directory}/${id}/devices`).map(parsePciAddress).filter((address) => address !== null);

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
