import {type PciAddress, type PciId, splitPciAddress} from './pci-address.ts';

/** A file that a guest may get as the ROM of a card. */
export type RomFile = {
  readonly images: readonly {readonly id: PciId; readonly kind: 'bios' | 'efi' | 'other'}[];
  /** Why QEMU or the guest's firmware would not take it. */
  readonly problem: string | null;
};

export type PciBar = {
  /** 0 to 5, or 6 for the expansion ROM. */
  readonly index: number;
  readonly start: string;
  readonly sizeBytes: number;
  readonly isMemory: boolean;
  readonly is64Bit: boolean;
  readonly isPrefetchable: boolean;
  /** The kernel found no place for it (IORESOURCE_UNSET). */
  readonly isUnset: boolean;
};

export type BridgePort = 'root port' | 'upstream port' | 'downstream port' | 'PCI bridge';

export type BridgeAcs = {
  readonly isPresent: boolean;
  readonly isIsolating: boolean;
  /** What its PCI Express capability calls it; `PCI bridge` when a conventional bus is on one side. */
  readonly port: BridgePort;
};

/** SR-IOV of a physical function, as the kernel tells it (Documentation/ABI/testing/sysfs-bus-pci, `sriov_*`, `virtfnN`). */
export type SriovFacts = {
  /** Virtual functions that it can make at most. */
  readonly total: number;
  /** Those that it has now. */
  readonly enabled: number | null;
  /** Whether the host's drivers take new ones. */
  readonly probesDrivers: boolean | null;
  /** Of the first one and between two of them, in functions (routing ids). Some devices tell 0 before there is one. */
  readonly offset: number | null;
  readonly stride: number | null;
  /** Device id of the virtual functions, four hexadecimal digits; their vendor is that of the physical one. */
  readonly device: string | null;
  /** Address of virtual function 0, 1, …, of those that there are. */
  readonly functions: readonly PciAddress[];
  /** Network interface that its driver makes of it, `enp4s0f0`; `null` where there is none or several. */
  readonly interface: string | null;
  /** Whether that interface is up, as `ip link set dev enp4s0f0 up` makes it, with a cable or without. */
  readonly isInterfaceUp: boolean | null;
  /** What xe gives to each function of its GPU; `null` with another driver, or a kernel before 6.19. */
  readonly shares: GpuShares | null;
};

/** Documentation/ABI/testing/sysfs-driver-intel-xe-sriov, `sriov_admin`. */
export type GpuShares = {
  readonly physical: GpuShare;
  /** Of virtual function 0, 1, …, also of those that are not made yet; the kernel's files count from 1. */
  readonly virtual: readonly GpuShare[];
};

/** Each `null` where there is no such file, or the parts of the GPU differ in it (the kernel answers EUCLEAN). */
export type GpuShare = {
  /** How long it may use the GPU at a stretch; 0: without a limit. */
  readonly execQuantumMs: number | null;
  /** How long its work may take to leave the GPU after that; 0: without a limit. */
  readonly preemptTimeoutUs: number | null;
  readonly schedPriority: SchedPriority | null;
  /** Its video memory; 0: none yet. Of virtual functions of a card with memory of its own only, kernel 7.0 and newer. */
  readonly vramQuotaBytes: number | null;
};

export type SchedPriority = 'low' | 'normal' | 'high';

export type VendorVgpu = {
  /** Number of its type; 0: it has none. */
  readonly current: number | null;
  /** What it could be now; the numbers differ between drivers. */
  readonly creatable: readonly {readonly id: number; readonly name: string}[];
};

export type PciFunction = {
  readonly address: PciAddress;
  /** Six hexadecimal digits: base class, subclass, programming interface. */
  readonly class: string;
  readonly vendor: string;
  readonly device: string;
  readonly subsystem: PciId | null;
  readonly revision: string | null;
  readonly driver: string | null;
  readonly driverOverride: string | null;
  readonly modalias: string | null;
  /** Modules that `modules.alias` names for this function, variants of vfio-pci left out; `null` when unknown. */
  readonly modules: readonly string[] | null;
  /** Variant of vfio-pci that `modules.alias` names for it (`vfio_pci:` aliases), e.g. `mlx5_vfio_pci`. */
  readonly vfioVariant: string | null;
  readonly iommuGroup: number | null;
  readonly numaNode: number | null;
  readonly bootVga: boolean;
  /** As the kernel lists them, in its order; `null` when the file does not exist (kernel before 5.15). */
  readonly resetMethods: readonly string[] | null;
  readonly name: string | null;
  readonly bars: readonly PciBar[];
  /** Boot framebuffers of the running kernel that lie in one of its BARs, as /proc/iomem names them; `null` when it does not tell. */
  readonly bootFramebuffers: readonly string[] | null;
  /** Resizable BAR: sizes in MiB that `resourceN_resize` offers, by BAR. */
  readonly resizableBars: readonly {readonly bar: number; readonly sizesMiB: readonly number[]}[];
  /** Bridges above it, from the root port down, nearest last; empty on the root bus. */
  readonly upstream: readonly PciAddress[];
  readonly isBridge: boolean;
  /** ACS of a bridge or port, decoded from config space; `null` when not readable or not a bridge. */
  readonly acs: BridgeAcs | null;
  readonly powerState: string | null;
  readonly physicalFunction: PciAddress | null;
  /** Where it can make virtual functions. */
  readonly sriov: SriovFacts | null;
  readonly hasMdevTypes: boolean;
  /** Of a virtual function on which NVIDIA's driver sets a vGPU type (vGPU 17 and newer). */
  readonly vgpu: VendorVgpu | null;
};

/** What IOMMU groups and the needs of the host are judged by: of thousands of functions, few files tell it. */
export type PciOutline = Pick<
  PciFunction,
  | 'address'
  | 'class'
  | 'vendor'
  | 'device'
  | 'driver'
  | 'modules'
  | 'name'
  | 'iommuGroup'
  | 'bootVga'
  | 'upstream'
  | 'isBridge'
  | 'acs'
  | 'physicalFunction'
>;

/** VGA, 3D and other display controllers. */
export const isDisplay = ({class: pciClass}: Pick<PciFunction, 'class'>): boolean => pciClass.startsWith('03');

/** Not a virtual function of one: those have no outputs (Intel's are of class 0300 too), and a GPU makes dozens of them. */
export const isGraphicsCard = (device: Pick<PciFunction, 'class' | 'physicalFunction'>): boolean =>
  isDisplay(device) && device.physicalFunction === null;

/** A 3D controller (of a laptop, or of a server) has none. */
export const hasOutputs = (device: Pick<PciFunction, 'class' | 'physicalFunction'>): boolean =>
  isGraphicsCard(device) && !device.class.startsWith('0302');

/** Intel's graphics in the processor is always 00:02.0; a card of Intel's never is. */
export const isIntelIntegrated = ({vendor, address}: Pick<PciFunction, 'vendor' | 'address'>): boolean => {
  const {bus, slot, number} = splitPciAddress(address);
  return vendor === '8086' && bus === 0 && slot === 2 && number === 0;
};
