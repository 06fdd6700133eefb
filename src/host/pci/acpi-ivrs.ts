import {readHex64, readU16, readU8} from '../../facts/bytes.ts';
import type {FirmwareRegion, IvrsTable} from '../../facts/iommu.ts';
import {comparePciAddresses, formatPciAddress, type PciAddress} from '../../facts/pci-address.ts';
import {type AcpiBlock, type ParsedTable, refuseTable, splitBlocks, tableEnd} from './acpi-table.ts';

/** IVHD: the same IOMMU once for old kernels, once with features, once with ACPI names (kernel: include/acpi/actbl2.h). */
const hardwareTypes: readonly number[] = [0x10, 0x11, 0x40];
const allDevices = 0x20;
const oneDevice = 0x21;
const deviceRange = 0x22;
const unityFlag = 1;
const exclusionFlag = 8;

/**
 * The table that tells of AMD-Vi. `known` are the machine's functions: a range of devices in the table becomes those
 * of them that lie in it. Never throws; problems are whole clauses.
 */
export const parseIvrs = (bytes: Uint8Array, known: readonly PciAddress[]): ParsedTable<IvrsTable> => {
  const refused = refuseTable(bytes, 'IVRS');
  if (refused !== null) return {table: null, problems: [refused]};
  const problems: string[] = [];
  const blocks = splitBlocks(bytes, tableEnd(bytes, problems), 1, problems);
  const units = new Map<PciAddress, {address: PciAddress; base: string}>();
  for (const block of blocks.filter(({type}) => hardwareTypes.includes(type))) {
    const unit = parseUnit(bytes, block, problems);
    if (unit !== null) units.set(unit.address, unit);
  }
  const regions = blocks.flatMap((block) => parseRegion(bytes, block, known, problems));
  return {table: {kind: 'ivrs', units: [...units.values()], regions}, problems};
};

const parseUnit = (
  bytes: Uint8Array,
  {type, offset, end}: AcpiBlock,
  problems: string[],
): {address: PciAddress; base: string} | null => {
  const device = readU16(bytes, offset + 4);
  const base = readHex64(bytes, offset + 8);
  const segment = readU16(bytes, offset + 16);
  if (end - offset < (type === 0x10 ? 24 : 40) || device === null || base === null || segment === null) {
    problems.push(`the hardware block at byte ${offset} is too short`);
    return null;
  }
  return {address: addressOf(device, segment), base};
};

const parseRegion = (
  bytes: Uint8Array,
  {type, offset, end}: AcpiBlock,
  known: readonly PciAddress[],
  problems: string[],
): readonly FirmwareRegion[] => {
  if (type !== allDevices && type !== oneDevice && type !== deviceRange) return [];
  const start = readHex64(bytes, offset + 16);
  const length = readHex64(bytes, offset + 24);
  if (end - offset < 32 || start === null || length === null) {
    problems.push(`the memory block at byte ${offset} is too short`);
    return [];
  }
  // The kernel maps exclusion ranges 1:1 too (drivers/iommu/amd/init.c).
  if (((readU8(bytes, offset + 1) ?? 0) & (unityFlag | exclusionFlag)) === 0) return [];
  const first = readU16(bytes, offset + 4) ?? 0;
  const last = readU16(bytes, offset + 6) ?? first;
  return [{start, end: lastByte(start, length), devices: devicesOf(type, first, last, known)}];
};

const devicesOf = (
  type: number,
  first: number,
  last: number,
  known: readonly PciAddress[],
): FirmwareRegion['devices'] => {
  if (type === allDevices) return ['*'];
  const from = addressOf(first, 0);
  if (type === oneDevice) return [from];
  const to = addressOf(last, 0);
  const between = known.filter((one) => comparePciAddresses(from, one) <= 0 && comparePciAddresses(one, to) <= 0);
  return between.length > 0 ? between : [from, to];
};

const lastByte = (start: string, length: string): string => {
  const end = BigInt(start) + BigInt(length) - (BigInt(length) === 0n ? 0n : 1n);
  return `0x${BigInt.asUintN(64, end).toString(16).padStart(16, '0')}`;
};

/** Bus in the upper byte, slot in five bits, function in three. */
const addressOf = (id: number, segment: number): PciAddress =>
  formatPciAddress({segment, bus: id >> 8, slot: (id >> 3) & 0x1f, number: id & 7});
