import {readHex64, readU16, readU8} from '../../facts/bytes.ts';
import type {DmarTable, FirmwareRegion} from '../../facts/iommu.ts';
import {formatPciAddress, type PciAddress} from '../../facts/pci-address.ts';
import {type AcpiBlock, type ParsedTable, refuseTable, splitBlocks, tableEnd} from './acpi-table.ts';

/** Secondary bus number of a bridge; `null` when the address is no bridge or it is not known. */
export type SecondaryBusOf = (address: PciAddress) => number | null;

const drhd = 0;
const rmrr = 1;
const endpointScope = 1;
const bridgeScope = 2;

/** The table that tells of VT-d (kernel: include/acpi/actbl1.h). Never throws; problems are whole clauses. */
export const parseDmar = (bytes: Uint8Array, secondaryBusOf: SecondaryBusOf): ParsedTable<DmarTable> => {
  // As Xen leaves it for dom0; the checksum does not change with the order of the letters.
  const refused = refuseTable(bytes, 'RMAD') === null ? null : refuseTable(bytes, 'DMAR');
  if (refused !== null) return {table: null, problems: [refused]};
  const problems: string[] = [];
  const blocks = splitBlocks(bytes, tableEnd(bytes, problems), 2, problems);
  const flags = readU8(bytes, 37) ?? 0;
  const table: DmarTable = {
    kind: 'dmar',
    hostAddressWidth: (readU8(bytes, 36) ?? 0) + 1,
    interruptRemapping: (flags & 1) !== 0,
    x2apicOptOut: (flags & 2) !== 0,
    dmaOptIn: (flags & 4) !== 0,
    units: blocks.filter((block) => block.type === drhd).flatMap((block) => parseUnit(bytes, block, problems)),
    regions: blocks
      .filter((block) => block.type === rmrr)
      .flatMap((block) => parseRegion(bytes, block, secondaryBusOf, problems)),
  };
  return {table, problems};
};

const parseUnit = (bytes: Uint8Array, block: AcpiBlock, problems: string[]): DmarTable['units'] => {
  const base = readHex64(bytes, block.offset + 8);
  if (block.end - block.offset < 16 || base === null) {
    problems.push(`the hardware unit at byte ${block.offset} is too short`);
    return [];
  }
  const includesAll = ((readU8(bytes, block.offset + 4) ?? 0) & 1) !== 0;
  return [{segment: readU16(bytes, block.offset + 6) ?? 0, base, includesAll}];
};

const parseRegion = (
  bytes: Uint8Array,
  block: AcpiBlock,
  secondaryBusOf: SecondaryBusOf,
  problems: string[],
): readonly FirmwareRegion[] => {
  const start = readHex64(bytes, block.offset + 8);
  const end = readHex64(bytes, block.offset + 16);
  if (block.end - block.offset < 24 || start === null || end === null) {
    problems.push(`the reserved memory region at byte ${block.offset} is too short`);
    return [];
  }
  const segment = readU16(bytes, block.offset + 6) ?? 0;
  return [
    {start, end, devices: parseScopes(bytes, {...block, offset: block.offset + 24}, segment, secondaryBusOf, problems)},
  ];
};

const parseScopes = (
  bytes: Uint8Array,
  {offset: first, end}: {offset: number; end: number},
  segment: number,
  secondaryBusOf: SecondaryBusOf,
  problems: string[],
): readonly PciAddress[] => {
  const devices = new Set<PciAddress>();
  for (let offset = first; offset < end;) {
    const length = readU8(bytes, offset + 1) ?? 0;
    if (length < 6 || offset + length > end) {
      problems.push(`the device scope at byte ${offset} is cut off or has an impossible length`);
      break;
    }
    const type = readU8(bytes, offset);
    const device =
      type === endpointScope || type === bridgeScope ? resolveScope(bytes, offset, segment, secondaryBusOf) : null;
    if (device !== null) devices.add(device);
    offset += length;
  }
  return [...devices];
};

/** Pairs of slot and function from the start bus down; each but the last is a bridge. */
const resolveScope = (
  bytes: Uint8Array,
  offset: number,
  segment: number,
  secondaryBusOf: SecondaryBusOf,
): PciAddress | null => {
  const hops = Math.floor(((readU8(bytes, offset + 1) ?? 0) - 6) / 2);
  let bus = readU8(bytes, offset + 5);
  let address: PciAddress | null = null;
  for (let hop = 0; hop < hops; hop += 1) {
    const slot = readU8(bytes, offset + 6 + hop * 2) ?? 0xff;
    const number = readU8(bytes, offset + 7 + hop * 2) ?? 0xff;
    if (address !== null) bus = secondaryBusOf(address);
    if (bus === null || slot > 0x1f || number > 7) return null;
    address = formatPciAddress({segment, bus, slot, number});
  }
  return address;
};
