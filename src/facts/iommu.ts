import type {PciAddress} from './pci-address.ts';

export type ReservedRegion = {readonly start: string; readonly end: string; readonly type: string};

export type IommuGroup = {
  readonly id: number;
  readonly devices: readonly PciAddress[];
  readonly type: string | null;
  readonly reservedRegions: readonly ReservedRegion[];
};

/** A reserved memory range that firmware wants mapped 1:1 (RMRR of DMAR, IVMD of IVRS). */
export type FirmwareRegion = {
  readonly start: string;
  readonly end: string;
  /** Devices as far as the table's paths can be resolved; `['*']` for all. */
  readonly devices: readonly (PciAddress | '*')[];
};

export type DmarTable = {
  readonly kind: 'dmar';
  readonly hostAddressWidth: number;
  readonly interruptRemapping: boolean;
  readonly x2apicOptOut: boolean;
  readonly dmaOptIn: boolean;
  readonly units: readonly {readonly segment: number; readonly base: string; readonly includesAll: boolean}[];
  readonly regions: readonly FirmwareRegion[];
};

export type IvrsTable = {
  readonly kind: 'ivrs';
  /** IOMMUs counted once, although firmware describes each up to three times (types 0x10, 0x11, 0x40). */
  readonly units: readonly {readonly address: PciAddress; readonly base: string}[];
  readonly regions: readonly FirmwareRegion[];
};

export type IommuFacts = {
  /** The kernel has groups, or the hypervisor below it gives devices out. */
  readonly active: boolean;
  readonly groups: readonly IommuGroup[];
  readonly interruptRemapping: boolean | null;
  /** `dmar0`, `ivhd0` … of `/sys/class/iommu`. */
  readonly units: readonly string[];
  /** Guest addresses that every VT-d unit translates (MGAW of its `cap`), in bits; `null` when none says it. */
  readonly addressBits: number | null;
  readonly dmar: DmarTable | null;
  readonly ivrs: IvrsTable | null;
  /** Which ACPI table exists, readable or not; `null` when `/sys/firmware/acpi` is not there at all. */
  readonly acpiTable: 'DMAR' | 'IVRS' | 'none' | null;
};
