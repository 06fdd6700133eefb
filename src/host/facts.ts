import type {Finding} from '../findings.ts';

/** `dddd:bb:ss.f`, lower case; the domain may have five and more digits (VMD: `10000:00:04.0`). */
export type PciAddress = string;
/** `vvvv:dddd`, lower-case hexadecimal. */
export type PciId = string;

/**
 * Everything that decisions need, read from `/` or from a captured tree, and nothing written.
 * Unknown is `null`, never 0 or -1. Numbers of CPUs and nodes are the kernel's own.
 */
export type HostFacts = {
  readonly version: 1;
  /** Directory that stands for `/`. */
  readonly root: string;
  readonly isLive: boolean;
  /** false: an ordinary user read this, so some facts are `null` and `notes` says which. */
  readonly isPrivileged: boolean;
  readonly cpu: CpuFacts;
  readonly nodes: readonly NumaNode[];
  readonly memory: MemoryFacts;
  readonly pci: readonly PciFunction[];
  readonly iommu: IommuFacts;
  readonly boot: BootFacts;
  readonly kernel: KernelFacts;
  readonly libvirt: LibvirtFacts;
  readonly isolation: IsolationFacts;
  readonly needs: readonly HostNeed[];
  /** Files that may be edited, by absolute path in the host; a path that is not here does not exist. */
  readonly files: Readonly<Record<string, FileFacts>>;
  readonly notes: readonly Finding[];
  /** Block devices in use by the host itself, with all that lies below them. */
  readonly hostDisks?: readonly HostDisk[];
  /** ROM files where QEMU may read them, by path. */
  readonly roms?: Readonly<Record<string, RomFile>>;
};

/** `paths`: all of its names, `/dev/nvme0n1p2`, `/dev/disk/by-id/…`; `use`: `/ is on it`. */
export type HostDisk = {readonly paths: readonly string[]; readonly use: string};

/** A file that a guest may get as the ROM of a card. */
export type RomFile = {
  readonly images: readonly {readonly id: PciId; readonly kind: 'bios' | 'efi' | 'other'}[];
  /** Why QEMU or the guest's firmware would not take it. */
  readonly problem: string | null;
};

export type CpuKind = 'core' | 'performance' | 'efficiency';

export type Cpu = {
  readonly id: number;
  readonly node: number | null;
  readonly package: number | null;
  readonly die: number | null;
  /** `core_id`: unique only within its package and die; compare cores by `siblings`. */
  readonly core: number | null;
  /** Online hardware threads of the same core, itself included, ascending; empty when offline or when no file tells. */
  readonly siblings: readonly number[];
  /** CPUs that share the level-3 cache, itself included; `null` when there is none or it is not told. */
  readonly l3: readonly number[] | null;
  readonly l3KiB: number | null;
  readonly kind: CpuKind;
  readonly online: boolean;
};

export type CpuFacts = {
  readonly vendor: string | null;
  readonly model: string | null;
  readonly architecture: string | null;
  /** vmx or svm as `/proc/cpuinfo` shows it; `null` when neither is there or the flags are unknown. */
  readonly virtualisation: 'vmx' | 'svm' | null;
  /** `/proc/cpuinfo` flags of the first CPU; `null` when not told. */
  readonly flags: readonly string[] | null;
  /** Kernel list format, `0-23`. */
  readonly online: string;
  readonly hybrid: boolean;
  readonly cpus: readonly Cpu[];
};

export type HugepagePool = {readonly sizeKiB: number; readonly total: number; readonly free: number};

export type NumaNode = {
  readonly id: number;
  /** Online CPUs of the node. */
  readonly cpus: readonly number[];
  readonly memoryKiB: number | null;
  readonly freeKiB: number | null;
  /** One column for each online node, in the order of `nodes`. */
  readonly distances: readonly number[] | null;
  readonly hugepages: readonly HugepagePool[];
};

export type MemoryFacts = {
  readonly totalKiB: number | null;
  readonly availableKiB: number | null;
  /** Sizes that the running kernel offers (`/sys/kernel/mm/hugepages`). */
  readonly hugepageSizesKiB: readonly number[];
  readonly defaultHugepageKiB: number | null;
  readonly transparentHugepages: string | null;
  readonly hugetlbfsMounts: readonly {readonly path: string; readonly sizeKiB: number | null}[];
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
  readonly port?: BridgePort;
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
  readonly bootFramebuffers?: readonly string[] | null;
  /** Resizable BAR: sizes in MiB that `resourceN_resize` offers, by BAR. */
  readonly resizableBars: readonly {readonly bar: number; readonly sizesMiB: readonly number[]}[];
  /** Bridges above it, from the root port down, nearest last; empty on the root bus. */
  readonly upstream: readonly PciAddress[];
  readonly isBridge: boolean;
  /** ACS of a bridge or port, decoded from config space; `null` when not readable or not a bridge. */
  readonly acs: BridgeAcs | null;
  readonly powerState: string | null;
  readonly physicalFunction: PciAddress | null;
  readonly sriovTotalVfs: number | null;
  readonly hasMdevTypes: boolean;
};

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
  readonly devices: readonly PciAddress[];
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
  readonly active: boolean;
  readonly groups: readonly IommuGroup[];
  readonly interruptRemapping: boolean | null;
  /** `dmar0`, `ivhd0` … of `/sys/class/iommu`. */
  readonly units: readonly string[];
  readonly dmar: DmarTable | null;
  readonly ivrs: IvrsTable | null;
  /** Which ACPI table exists, readable or not; `null` when `/sys/firmware/acpi` is not there at all. */
  readonly acpiTable: 'DMAR' | 'IVRS' | 'none' | null;
};

export type BootLoader =
  | 'grub'
  | 'grub-bls'
  | 'systemd-boot'
  | 'proxmox-boot-tool'
  | 'kernelstub'
  | 'rpm-ostree'
  | 'uki'
  | 'sdbootutil'
  | 'limine'
  | 'limine-entry-tool'
  | 'nixos';

export type InitramfsSystem = 'initramfs-tools' | 'dracut' | 'mkinitcpio' | 'booster';

export type BootFacts = {
  readonly firmware: 'uefi' | 'bios' | null;
  readonly secureBoot: boolean | null;
  /** `none`, `integrity` or `confidentiality`. */
  readonly lockdown: string | null;
  readonly loader: BootLoader | null;
  /** Sentences: what was found, and what it speaks for. */
  readonly loaderEvidence: readonly string[];
  readonly loaderCandidates: readonly BootLoader[];
  readonly initramfs: InitramfsSystem | null;
  readonly initramfsEvidence: readonly string[];
  readonly commandLine: string | null;
  /** Kernel releases with an image in /boot. */
  readonly kernels: readonly string[];
  /** What systemd-boot keeps in EFI variables; absent where it was not looked for. */
  readonly entryChoice?: EntryChoice;
  /** Unified kernel images on the EFI partition; absent where they were not looked for. */
  readonly unifiedImages?: readonly UnifiedImage[];
  /** Images that start one of `kernels`, in /boot or where kernel-install puts them. */
  readonly images?: readonly InitramfsImage[];
  /** Only where GRUB's menu is readable. */
  readonly grubMenu?: GrubMenu;
  /** What the first watchdog calls itself (`/sys/class/watchdog`); `null` when there is none. */
  readonly watchdog?: string | null;
  /** How its programs and its directory in /boot are called: openSUSE and Fedora have `grub2`. */
  readonly grubName?: 'grub' | 'grub2';
  /** Kernel arguments of the NixOS generation that starts next; `null` when not readable. */
  readonly generationArguments?: string | null;
  /** Of the OSTree deployment that starts next; `null` when it can't be read, absent without OSTree. */
  readonly deployment?: DeploymentFacts | null;
};

/** What a menu entry for one boot has to know of GRUB's configuration. */
export type GrubMenu = {
  /** `/boot/grub` or `/boot/grub2` */
  readonly directory: string;
  /** The entry that started the running system; `null` when none has its kernel and arguments. */
  readonly running: GrubEntry | null;
  /** Whether it reads custom.cfg beside it, and obeys `next_entry`. */
  readonly readsCustom: boolean;
  readonly obeysNextEntry: boolean;
  /** Why GRUB can't write grubenv and so would start the same entry for ever; `null` when it can. */
  readonly environmentObstacle: string | null;
};

export type GrubEntry = {
  /** As GRUB names it, `/boot/vmlinuz-6.1.0-18-amd64`. */
  readonly kernel: string;
  readonly arguments: string;
  /** As GRUB names them; more than one where microcode is apart. */
  readonly images: readonly string[];
  /** What comes before the kernel: modules, and the search for the file system. */
  readonly preparation: readonly string[];
};

/** Ids or globs of boot entries, `arch.conf` (systemd: systemd-boot(7)); `null` where the variable is not set. */
export type EntryChoice = {
  /** Name and version of the boot loader, where one was at work: `systemd-boot 257.5`. */
  readonly loader: string | null;
  /** Started this time. */
  readonly selected: string | null;
  readonly preferred: string | null;
  readonly default: string | null;
  readonly lastBooted: string | null;
  readonly hasBootctl: boolean;
};

export type DeploymentFacts = {
  readonly commandLine: string;
  /** Files of /etc that rpm-ostree lays over the initramfs. */
  readonly initramfsFiles: readonly string[];
  /** Made from a container image, as bootc does. */
  readonly isContainer: boolean;
};

/** `isSigned` is `null` where the file can't be read as an EFI program. */
export type UnifiedImage = {readonly path: string; readonly isSigned: boolean | null};

export type InitramfsImage = {readonly release: string; readonly path: string};

export type KernelFacts = {
  readonly release: string | null;
  readonly version: {readonly major: number; readonly minor: number} | null;
  /** The CONFIG_ options that decisions ask for, without the prefix; `null` when no config is readable. */
  readonly config: Readonly<Record<string, string>> | null;
  /** Module names built into the kernel, `-` written as `_`; `null` when modules.builtin is not readable. */
  readonly builtin: readonly string[] | null;
  /** Loadable module names from modules.dep, `-` written as `_`; `null` when not readable. */
  readonly modules: readonly string[] | null;
  /** Loaded now (`/proc/modules`). */
  readonly loaded: readonly string[] | null;
  readonly hasKvmDevice: boolean;
  /** Value of `/sys/module/…/parameters/…` by `module.parameter`. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly hypervisor: string | null;
  /** What each kernel that may be started next has of vfio and kvm; the running one first. */
  readonly installed?: readonly InstalledKernel[];
  /** What the running kernel said about its arguments; `null` when its log can't be read. */
  readonly log?: KernelLog | null;
};

/** Module names with `-` written as `_`, as far as decisions ask for them. */
export type InstalledKernel = {
  readonly release: string;
  /** From modules.builtin; `null` when it is not readable. */
  readonly builtin: readonly string[] | null;
  /** From modules.dep; `null` when it is not readable. */
  readonly modules: readonly string[] | null;
  /** Names of parameters by module, as `modinfo -p` lists them; a module that is not here is unknown. */
  readonly parameters: Readonly<Record<string, readonly string[]>>;
};

export type KernelLog = {
  /** Tokens of "Unknown kernel command line parameters": passed on to init. */
  readonly unknownArguments: readonly string[];
  /** Lines that say that an option is unknown or ignored. */
  readonly complaints: readonly string[];
};

export type DomainFacts = {
  readonly name: string;
  readonly uuid: string | null;
  /** `/etc/libvirt/qemu/NAME.xml` */
  readonly path: string;
  readonly xml: string | null;
  readonly isActive: boolean | null;
  readonly isAutostart: boolean;
};

export type FirmwareImage = {
  readonly code: string;
  readonly vars: string | null;
  readonly hasSecureBoot: boolean;
  readonly hasEnrolledKeys: boolean;
};

export type LibvirtFacts = {
  /** `9.0.0` */
  readonly version: string | null;
  readonly qemuVersion: string | null;
  readonly emulator: string | null;
  readonly daemon: 'libvirtd' | 'virtqemud' | null;
  /** Where libvirt keeps the definitions of its guests. */
  readonly domainDirectory?: string;
  readonly domains: readonly DomainFacts[];
  readonly firmware: readonly FirmwareImage[];
  readonly hasSwtpm: boolean;
  /** Hyper-V features of `virsh domcapabilities`; `null` when it was not asked. */
  readonly hypervFeatures: readonly string[] | null;
  /** CPU mode host-passthrough, machine types …; `null` when capabilities were not asked. */
  readonly machines: readonly string[] | null;
  readonly networks: readonly string[];
  /** Those that libvirt starts by itself; the others have to be started before a guest that uses them. */
  readonly autostartNetworks?: readonly string[];
};

/** What decides how CPUs can be kept for a guest. */
export type IsolationFacts = {
  /** Of the unified hierarchy (cgroup v2); empty under cgroup v1, `null` when not told. */
  readonly cgroupControllers: readonly string[] | null;
  /** `252` */
  readonly systemdVersion: string | null;
  readonly hasIrqbalance: boolean;
  /** CPUs without load balancing since boot (`isolcpus=`); `null` when not told. */
  readonly isolatedCpus: readonly number[] | null;
};

/** A PCI function that the host itself needs, with the chain in words; a `route` is one it uses and can do without. */
export type HostNeed = {
  readonly address: PciAddress;
  readonly kind: 'root' | 'boot' | 'esp' | 'swap' | 'network' | 'route' | 'display' | 'console' | 'keyboard';
  /** `/ is on dm-0 → LUKS on nvme0n1p3 → 0000:01:00.0` */
  readonly chain: string;
  /** Functions that would do as well: it is a need only when they go too. */
  readonly spares?: readonly PciAddress[];
};

/** A file as found: what comparison expects to find again before it writes. */
export type FileFacts = {
  readonly path: string;
  readonly state: 'file' | 'symlink' | 'directory' | 'other' | 'denied';
  /** Content when `state` is `file`; `latin1` keeps bytes that are not valid UTF-8. */
  readonly text: string | null;
  readonly encoding: 'utf8' | 'latin1';
  readonly target: string | null;
  readonly sha256: string | null;
  /** Permission bits, `0o644`. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly stamp?: FileStamp;
};

/** Changes whenever the file is saved again; `changedMs` alone, when only its attributes, ACL or label are set. */
export type FileStamp = {readonly inode: number; readonly modifiedMs: number; readonly changedMs: number};
