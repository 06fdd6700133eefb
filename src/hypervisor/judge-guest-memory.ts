import {isAmdCpu} from '../facts/cpu.ts';
import {libvirtOf} from '../facts/virtualisation.ts';
import type {ReservedRegion} from '../facts/iommu.ts';
import {isAtLeast} from '../facts/versions.ts';
import type {PlanContext} from '../plan/context.ts';
import type {MemoryPlan} from '../plan/plan.ts';

type Range = {readonly start: bigint; readonly end: bigint};

const gib = 1n << 30n;
/** HyperTransport keeps the last 12 GiB below 1 TiB on AMD (QEMU: hw/i386/pc.c, AMD_HT_START). */
const holeStart = 0xfd_0000_0000n;
const tebibyte = 1n << 40n;

/** Where q35 puts the guest's memory, ends exclusive (QEMU: hw/i386/pc_q35.c): up to 2 or 2.75 GiB, and from 4 GiB on. */
export const guestRanges = (sizeKiB: number, avoidsHole: boolean): readonly Range[] => {
  const size = BigInt(sizeKiB) << 10n;
  const low = size >= 0xb000_0000n ? 2n * gib : size;
  const start = avoidsHole && 4n * gib + size - low > holeStart ? tebibyte : 4n * gib;
  return size === low
    ? [{start: 0n, end: low}]
    : [
        {start: 0n, end: low},
        {start, end: start + size - low},
      ];
};

/** vfio maps all of the guest's memory for the card, and refuses where a range of the IOMMU is kept from it (kernel: vfio_iommu_type1.c). */
export const judgeGuestMemory = (context: PlanContext, memory: MemoryPlan): void => {
  const {iommu, cpu} = context.facts;
  const isAmd = isAmdCpu(cpu);
  const ranges = guestRanges(memory.sizeKiB, isAmd && isAtLeast(libvirtOf(context.facts).qemuVersion, '7.1'));
  const groups = new Set(context.named.map(({iommuGroup}) => iommuGroup));
  const regions = iommu.groups.filter(({id}) => groups.has(id)).flatMap(({reservedRegions}) => reservedRegions);
  const hit = regions.find((region) => ranges.some((range) => meets(range, region)));
  if (hit !== undefined) reportRegion(context, hit, isAmd);
  const end = ranges.at(-1)?.end ?? 0n;
  if (iommu.addressBits !== null && end > 1n << BigInt(iommu.addressBits))
    context.report('blocker', 'memory-too-large', {
      subject: 'memory.sizeMiB',
      path: 'memory.size',
      message: `The guest's memory ends above what the IOMMU translates (${iommu.addressBits} bits).`,
      remedy: `Set memory.size below ${(1n << BigInt(iommu.addressBits)) / gib - 4n} GiB.`,
    });
};

/** The kernel leaves `direct-relaxable` ranges to guests; a `direct` one has its own finding, wherever it is. */
const meets = ({start, end}: Range, region: ReservedRegion): boolean =>
  !region.type.startsWith('direct') && BigInt(region.start) < end && BigInt(region.end) >= start;

const reportRegion = (context: PlanContext, {start, end, type}: ReservedRegion, isAmd: boolean): void => {
  const isHole = isAmd && BigInt(end) >= holeStart && BigInt(start) < tebibyte;
  const version = libvirtOf(context.facts).qemuVersion;
  context.report('blocker', 'device-reserved-region', {
    subject: 'memory.sizeMiB',
    path: 'memory.size',
    message: `The guest's memory would be where the IOMMU keeps ${start}–${end} (type ${type}), so the guest would not start.`,
    remedy: isHole
      ? `Use QEMU 7.1 or newer${version === null ? '' : ` (this is ${version})`}, or set memory.size below 1000 GiB.`
      : 'Set memory.size lower, so that the memory ends below that range.',
  });
};
