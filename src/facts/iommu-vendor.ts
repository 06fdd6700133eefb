import {type CpuFacts, isAmdCpu} from './cpu.ts';
import type {IommuFacts} from './iommu.ts';

/** VT-d or AMD-Vi: which arguments the kernel obeys, and what the firmware calls it. */
export type IommuVendor = 'intel' | 'amd';

/**
 * By the table of the firmware and by the units that the kernel drives; by the CPU only where neither is known, as a
 * virtual machine may have the CPU of one vendor and the IOMMU of the other. `null`: nothing says it.
 */
export const iommuVendorOf = (
  {acpiTable, units}: Pick<IommuFacts, 'acpiTable' | 'units'>,
  cpu: Pick<CpuFacts, 'vendor'> | null,
): IommuVendor | null => {
  if (acpiTable === 'DMAR' || units.some((unit) => unit.startsWith('dmar'))) return 'intel';
  if (acpiTable === 'IVRS' || units.some((unit) => unit.startsWith('ivhd'))) return 'amd';
  if (cpu?.vendor === 'GenuineIntel') return 'intel';
  return cpu !== null && isAmdCpu(cpu) ? 'amd' : null;
};
