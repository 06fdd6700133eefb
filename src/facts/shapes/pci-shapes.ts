import {
  either,
  flag,
  integer,
  listOf,
  literal,
  nullable,
  number,
  recordOf,
  shape,
  text,
  wordOf,
} from '../../decode/decode.ts';
import type {DmarTable, FirmwareRegion, IommuFacts, IommuGroup, IvrsTable, ReservedRegion} from '../iommu.ts';
import type {MediatedAutostart, MediatedDevice, MediatedFacts, MediatedParent, MediatedType} from '../mediated.ts';
import {pciAddressText, pciIdText} from '../pci-address.ts';
import type {
  BridgeAcs,
  BridgePort,
  GpuShare,
  GpuShares,
  PciBar,
  PciFunction,
  RomFile,
  SchedPriority,
  SriovFacts,
  VendorVgpu,
} from '../pci.ts';

const texts = listOf(text);
const addresses = listOf(pciAddressText);

const gpuShare = shape<GpuShare>({
  execQuantumMs: nullable(integer),
  preemptTimeoutUs: nullable(integer),
  schedPriority: nullable(wordOf<SchedPriority>({low: true, normal: true, high: true})),
  vramQuotaBytes: nullable(number),
});

export const pciFunctionShape = shape<PciFunction>({
  address: pciAddressText,
  class: text,
  vendor: text,
  device: text,
  subsystem: nullable(pciIdText),
  revision: nullable(text),
  driver: nullable(text),
  driverOverride: nullable(text),
  modalias: nullable(text),
  modules: nullable(texts),
  vfioVariant: nullable(text),
  iommuGroup: nullable(integer),
  numaNode: nullable(integer),
  bootVga: flag,
  resetMethods: nullable(texts),
  name: nullable(text),
  bars: listOf(
    shape<PciBar>({
      index: integer,
      start: text,
      sizeBytes: number,
      isMemory: flag,
      is64Bit: flag,
      isPrefetchable: flag,
      isUnset: flag,
    }),
  ),
  bootFramebuffers: nullable(texts),
  resizableBars: listOf(shape<PciFunction['resizableBars'][number]>({bar: integer, sizesMiB: listOf(number)})),
  upstream: addresses,
  isBridge: flag,
  acs: nullable(
    shape<BridgeAcs>({
      isPresent: flag,
      isIsolating: flag,
      port: wordOf<BridgePort>({
        'root port': true,
        'upstream port': true,
        'downstream port': true,
        'PCI bridge': true,
      }),
    }),
  ),
  powerState: nullable(text),
  physicalFunction: nullable(pciAddressText),
  sriov: nullable(
    shape<SriovFacts>({
      total: integer,
      enabled: nullable(integer),
      probesDrivers: nullable(flag),
      offset: nullable(integer),
      stride: nullable(integer),
      device: nullable(text),
      functions: addresses,
      interface: nullable(text),
      isInterfaceUp: nullable(flag),
      shares: nullable(shape<GpuShares>({physical: gpuShare, virtual: listOf(gpuShare)})),
    }),
  ),
  hasMdevTypes: flag,
  vgpu: nullable(
    shape<VendorVgpu>({
      current: nullable(integer),
      creatable: listOf(shape<VendorVgpu['creatable'][number]>({id: integer, name: text})),
    }),
  ),
});

/** Of `IommuGroup`, for documents that add to it. */
export const iommuGroupMembers = {
  id: integer,
  devices: addresses,
  type: nullable(text),
  reservedRegions: listOf(shape<ReservedRegion>({start: text, end: text, type: text})),
} as const;

const regions = listOf(
  shape<FirmwareRegion>({start: text, end: text, devices: listOf(either(pciAddressText, literal('*')))}),
);

export const iommuShape = shape<IommuFacts>({
  active: flag,
  groups: listOf(shape<IommuGroup>(iommuGroupMembers)),
  interruptRemapping: nullable(flag),
  units: texts,
  addressBits: nullable(integer),
  dmar: nullable(
    shape<DmarTable>({
      kind: literal('dmar'),
      hostAddressWidth: integer,
      interruptRemapping: flag,
      x2apicOptOut: flag,
      dmaOptIn: flag,
      units: listOf(shape<DmarTable['units'][number]>({segment: integer, base: text, includesAll: flag})),
      regions,
    }),
  ),
  ivrs: nullable(
    shape<IvrsTable>({
      kind: literal('ivrs'),
      units: listOf(shape<IvrsTable['units'][number]>({address: pciAddressText, base: text})),
      regions,
    }),
  ),
  acpiTable: nullable(wordOf<NonNullable<IommuFacts['acpiTable']>>({DMAR: true, IVRS: true, none: true})),
});

export const mediatedShape = shape<MediatedFacts>({
  parents: listOf(
    shape<MediatedParent>({
      name: text,
      address: nullable(pciAddressText),
      driver: nullable(text),
      numaNode: nullable(integer),
      types: listOf(
        shape<MediatedType>({
          id: text,
          name: nullable(text),
          description: nullable(text),
          vramMiB: nullable(integer),
          available: nullable(integer),
          api: nullable(text),
        }),
      ),
    }),
  ),
  devices: listOf(shape<MediatedDevice>({uuid: text, parent: text, type: nullable(text)})),
  autostart: nullable(shape<MediatedAutostart>({rule: text, program: text, isThere: flag})),
});

export const romsShape = recordOf(
  shape<RomFile>({
    images: listOf(
      shape<RomFile['images'][number]>({
        id: pciIdText,
        kind: wordOf<'bios' | 'efi' | 'other'>({bios: true, efi: true, other: true}),
      }),
    ),
    problem: nullable(text),
  }),
);
