import type {InitramfsSystem} from '../facts/boot.ts';
import type {PciAddress, PciId} from '../facts/pci-address.ts';
import type {GrabToggle} from '../profile/grab-toggle.ts';
import type {GuestPhase, GuestSystem, IsolationMethod, SharedFolder} from '../profile/profile.ts';

/** What is decided, and from which fact. Plain data; the renderers read nothing else but the files' present text. */
export type Plan<Guest extends GuestPlan = GuestPlan> = {
  readonly version: 1;
  readonly profile: string;
  readonly devices: readonly PlannedDevice[];
  readonly binding: BindingPlan;
  /** On the command line of the kernel of the host; under Xen that of dom0. */
  readonly kernelArguments: KernelArgumentPlan;
  /** On the command line of the hypervisor, where that is a program of its own that the boot loader starts (Xen). */
  readonly hypervisorArguments: KernelArgumentPlan | null;
  readonly pinning: PinningPlan;
  readonly memory: MemoryPlan;
  readonly isolation: IsolationPlan;
  readonly guest: Guest;
  readonly initramfs: InitramfsSystem | null;
  /** Where the host gives up its own screen while the guest runs. */
  readonly handover: HandoverPlan | null;
  /** Every proposal with the fact that it comes from, in the order of the wizard. */
  readonly decisions: readonly Decision[];
};

export type Decision = {
  /** Profile path, `cpu.pins`. */
  readonly subject: string;
  readonly choice: string;
  /** The fact, for a person to read. */
  readonly because: string;
};

/** `address` and `ids`: at boot; `libvirt`: when the guest starts, and not before. */
export type BindBy = 'address' | 'ids' | 'libvirt';

/** A device for the guest, of any kind (`devices/`). */
export type PlannedDevice = {
  readonly kind: string;
  /** PCI function of the host that the guest gets whole; `null` for a part of one, and for what is no PCI function. */
  readonly address: PciAddress | null;
  readonly id: PciId | null;
  readonly name: string | null;
  readonly class: string | null;
  readonly iommuGroup: number | null;
  readonly numaNode: number | null;
  /** Of the host, while the guest may have it: `vfio-pci`, or the module of a variant of it (`mlx5_vfio_pci`). */
  readonly driver: string | null;
  /** When the binding takes it from the host's drivers; `null` where the host keeps its driver. */
  readonly bindBy: BindBy | null;
  readonly assigned: AssignedDevice;
};

/** What a guest's definition needs to know of a device, one member of the union for each way of giving it. */
export type AssignedDevice =
  AssignedFunction | AssignedVirtualFunction | AssignedPooledFunction | AssignedMediatedDevice | AssignedUsbDevice;

export type AssignedFunction = {
  readonly type: 'pci';
  readonly address: PciAddress;
  /** Absolute path of a ROM image that the guest sees; `null`: the card's own. */
  readonly rom: string | null;
};

/** The hypervisor takes it from the host's drivers when the guest starts; the physical function stays with the host. */
export type AssignedVirtualFunction = {
  readonly type: 'virtual-function';
  /** Its own; `null` as long as the device does not tell. */
  readonly address: PciAddress | null;
  /** Where the guest had it by an earlier run; `null` where that is the same or there was none. */
  readonly formerly: PciAddress | null;
  /** The physical function. */
  readonly of: PciAddress;
  readonly index: number;
  /** Virtual functions that `of` has at least before a guest starts. */
  readonly count: number;
  /** false: guests get all of them, so that no driver of the host needs to take any. */
  readonly probesDrivers: boolean;
  /** `null`: no Ethernet interface. */
  readonly network: {readonly mac: string | null; readonly vlan: number | null} | null;
  /** NVIDIA: it stays with NVIDIA's driver, which gives it to the guest; the hypervisor must not bind it. */
  readonly vgpu: {readonly name: string; readonly mixedSizes: boolean} | null;
};

/** A virtual function that is free when the guest starts, whichever that is. The guest knows its network card by the MAC address. */
export type AssignedPooledFunction = {
  readonly type: 'pooled-function';
  /** The physical function. */
  readonly of: PciAddress;
  /** Its network interface on the host. */
  readonly interface: string;
  /** Virtual functions that `of` has at least before a guest starts. */
  readonly count: number;
  readonly mac: string | null;
  readonly vlan: number | null;
};

/** A slice of a device that stays with the host. The guest knows it by its UUID, and not by an address. */
export type AssignedMediatedDevice = {
  readonly type: 'mediated-device';
  readonly uuid: string;
  /** Its name in sysfs. */
  readonly parent: string;
  /** Where the parent is a PCI function. */
  readonly of: PciAddress | null;
  /** `nvidia-256` */
  readonly mdevType: string;
  readonly vramMiB: number | null;
  readonly attributes: readonly {readonly name: string; readonly value: string}[];
  /** Its picture is in the guest's window. */
  readonly display: boolean;
  /** `unit`: there from boot on; `hypervisor`: made when the guest starts, and gone when it ends. */
  readonly madeBy: 'unit' | 'hypervisor';
};

/** It comes and goes, and the guest starts without it. */
export type AssignedUsbDevice = {
  readonly type: 'usb';
  /** Vendor and product, `046d:c21f`. */
  readonly id: string;
  /** `1-4.2`; `null`: wherever it is plugged in. */
  readonly port: string | null;
  /** The hypervisor plugs it in by itself, and its definition can name the port. */
  readonly isNative: boolean;
};

export type ModuleOption = {
  readonly module: string;
  readonly parameter: string;
  readonly value: string;
  readonly because: string;
  /** Not of this guest: another one that is set up here has asked for it. */
  readonly isKept?: true;
};

/** How the host keeps its own drivers off the functions, one member of the union for each binding (`binding/`). */
export type BindingPlan = VfioBindingPlan | PcibackBindingPlan;

export type VfioBindingPlan = BoundEarly & {readonly kind: 'vfio'};

/** Under Xen: when xen-pciback loads, it takes the functions in `xen-pciback.hide=`. */
export type PcibackBindingPlan = BoundEarly & {readonly kind: 'pciback'};

/** What image systems and boot chains have to know, whichever driver it is. */
type BoundEarly = {
  readonly by: BindBy;
  /** Modules whose load must come after that driver (softdep), as modprobe names them. */
  readonly softdeps: readonly string[];
  /** Lines `options MODULE PARAMETER=VALUE`. */
  readonly moduleOptions: readonly ModuleOption[];
  /** Of modules that are built into the kernel: modprobe.d does not reach them, so they become kernel arguments. */
  readonly builtInOptions: readonly ModuleOption[];
  /** Modules for the initramfs, in load order. */
  readonly initramfsModules: readonly string[];
  /** Addresses that the early script gives to the driver. */
  readonly byAddress: readonly PciAddress[];
};

/** Functions that a hook of libvirt takes from the host's drivers before the guest starts, and gives back after it. */
export type HandoverPlan = {readonly functions: readonly PciAddress[]};

export type KernelArgument = {readonly text: string; readonly because: string};

export type KernelArgumentPlan = {
  readonly add: readonly KernelArgument[];
  /** Tokens to take out: our own of an earlier run, or stale ones of our own in meaning (`vfio-pci.ids=`). */
  readonly remove: readonly KernelArgument[];
  /**
   * Keys that belong to us: a token with such a key that is not in `add` is stale and goes.
   * `hugepages` and `hugepagesz` form ordered pairs.
   */
  readonly ownedKeys: readonly string[];
};

export type PinningPlan = {
  readonly vcpus: readonly {readonly vcpu: number; readonly cpus: readonly number[]}[];
  readonly emulator: readonly number[];
  readonly iothreads: readonly {readonly iothread: number; readonly cpus: readonly number[]}[];
  readonly hostNodes: readonly number[];
  readonly topology: {
    readonly sockets: number;
    readonly dies: number;
    readonly cores: number;
    readonly threads: number;
  };
};

/** How the host is kept off the cores that the vCPUs run on. */
export type IsolationPlan = {
  readonly method: IsolationMethod;
  /** All threads of the cores with vCPUs, ascending; empty when the method is `none`. */
  readonly cpus: readonly number[];
  /** The other online CPUs, ascending. */
  readonly hostCpus: readonly number[];
};

export type MemoryPlan = {
  readonly sizeKiB: number;
  readonly hugepages: HugepagePlan | null;
  readonly nodes: readonly number[];
  /** On each of `nodes`. */
  readonly hostReserveKiB: number;
  /** What other guests that may run at the same time have to themselves, by node. */
  readonly othersKiB: Readonly<Record<string, number>> | null;
  /** Only for a guest that is spread over several host nodes: at least two, by cell number. */
  readonly cells: readonly GuestCell[] | null;
};

/** Pages of one size, by node id. */
type PagesByNode = Readonly<Record<string, number>>;

type BackingPages = {
  readonly sizeKiB: number;
  readonly perNode: PagesByNode;
  /** Mount of a size that is not the default, made by our unit; `null` where the guest's pages are found without it. */
  readonly mount: '/dev/hugepages2M' | '/dev/hugepages1G' | null;
};

/** `reserved`: pages of the same size that other guests need from boot on; not counted in `perNode`. */
export type HugepagePlan =
  /** The kernel places them at boot. */
  | (BackingPages & {readonly method: 'argument'; readonly reserved: PagesByNode | null})
  /**
   * The kernel allocates `bootTotal` pages on all nodes alike; early in the boot a unit leaves `release` of them on each
   * node, and gives the rest back.
   */
  | (BackingPages & {
      readonly method: 'release-unit';
      readonly reserved: PagesByNode | null;
      readonly bootTotal: number;
      readonly release: PagesByNode;
    })
  /** Taken when the guest starts, and given back when it ends. */
  | (BackingPages & {readonly method: 'hook'});

/** A NUMA node of the guest, which stands for one of the host. */
export type GuestCell = {
  readonly cell: number;
  readonly hostNode: number;
  readonly vcpus: readonly number[];
  readonly memoryKiB: number;
  /** The host's, to cell 0, 1, …; `null` where the host tells none that a guest may have. */
  readonly distances: readonly number[] | null;
};

/** The guest as its hypervisor defines it, one member of the union for each (`hypervisor/`). */
export type GuestPlan = KvmGuestPlan | ProxmoxGuestPlan | XenGuestPlan | XapiGuestPlan;

/** What every hypervisor's guest has. */
type NamedGuest = {
  readonly name: string;
  /** Path of the definition to edit, or where a new one goes. */
  readonly path: string;
  readonly isNew: boolean;
};

export type EvdevInput = {readonly path: string; readonly isKeyboard: boolean};

/** Memory that the guest shares, and the user of the host who looks at the picture in it. */
export type LookingGlassPlan = {
  /** Below /dev/shm. */
  readonly name: string;
  /** Number of the device of kvmfr that takes the place of the file in /dev/shm, 0 of /dev/kvmfr0; `null`: none does. */
  readonly kvmfrDevice: number | null;
  readonly sizeMiB: number;
  readonly user: string;
  readonly release: 'auto' | 'idd' | 'b7';
};

/** What plays an emulated sound card; `none`: there is no such card. */
export type SoundPlan = {
  readonly backend: 'none' | 'spice' | 'pipewire';
  /** Of the user whose PipeWire plays it, `/run/user/1000`. */
  readonly runtimeDir: string | null;
};

/** Devices that the module kvmfr makes, for all guests: one parameter of it has their sizes. */
export type KvmfrPlan = {
  /** Of /dev/kvmfr0, /dev/kvmfr1 …; empty: no guest needs one any more. */
  readonly sizesMiB: readonly number[];
  /** A file of somebody else that sets them already; `null`: one of ours does. */
  readonly sizedBy: string | null;
};

/** A libvirt domain of QEMU and KVM. */
export type KvmGuestPlan = NamedGuest & {
  readonly kind: 'kvm';
  readonly os: GuestSystem;
  readonly firmware: 'uefi' | 'uefi-secure' | 'bios';
  readonly hasTpm: boolean;
  readonly disk: string;
  readonly diskFormat: 'qcow2' | 'raw';
  /** Of a new guest: what its installer sees. */
  readonly diskBus: 'virtio' | 'sata';
  /** The image that is made; `null` where there is one, or nobody asked for one. `isNoCow`: it is on btrfs. */
  readonly newDisk: {readonly sizeMiB: number; readonly isNoCow: boolean} | null;
  readonly cdrom: string | null;
  readonly drivers: string | null;
  /** `null`: a new guest gets screen, card and media, and one that exists keeps what it has of them. */
  readonly phase: GuestPhase | null;
  /** What osinfo-db calls the system on the installation medium; `null` where it knows none, or several. */
  readonly osinfoId: string | null;
  readonly network: string;
  /** Of the host, which QEMU reads and hands to the guest. */
  readonly evdev: readonly EvdevInput[];
  /** Keys that hand them over and back; `null`: libvirt is not told, and QEMU's own are both Ctrl keys. */
  readonly evdevToggle: GrabToggle | null;
  readonly lookingGlass: LookingGlassPlan | null;
  /** `null`: this guest needs no device of kvmfr and never had one, so that all of it is left alone. */
  readonly kvmfr: KvmfrPlan | null;
  readonly shares: readonly SharedFolder[];
  /** `null`: what the guest has stays, and one with Looking Glass gets a card that its window plays. */
  readonly sound: SoundPlan | null;
  /** Of an emulated screen that it gets: SPICE only where something needs it, and QEMU has it. */
  readonly screen: 'vnc' | 'spice';
  readonly emulator: string;
  readonly isKvmHidden: boolean;
  readonly hypervVendorId: string | null;
  readonly hyperv: readonly string[];
  /** `<topoext>` must be asked for on AMD with SMT. */
  readonly hasTopoext: boolean;
  readonly maxPhysAddr: boolean;
  /** Bits that the guest's addresses must not exceed, where the IOMMU translates fewer than the CPU has. */
  readonly maxPhysAddrLimit: number | null;
  readonly hasNumaCell: boolean;
  readonly hasClock: boolean;
};

/** A guest of Proxmox VE, `/etc/pve/qemu-server/VMID.conf`. */
export type ProxmoxGuestPlan = NamedGuest & {
  readonly kind: 'proxmox';
  readonly vmid: number;
  readonly vcpus: number;
  readonly os: GuestSystem;
  readonly firmware: 'uefi' | 'uefi-secure' | 'bios';
  /** Of a new guest, like all that follows up to `bridge`. */
  readonly hasTpm: boolean;
  readonly cdrom: string | null;
  /** Where the EFI variables and the TPM's state are kept. */
  readonly storage: string | null;
  readonly bridge: string | null;
  /** Machine type q35: a card is a PCI Express device there, and a plain PCI device on i440fx. */
  readonly isPcie: boolean;
  /** `null`: what the guest has stays. */
  readonly isKvmHidden: boolean | null;
  readonly hypervVendorId: string | null;
  /** All threads of the cores that the vCPUs may run on; empty where the host chooses. */
  readonly affinity: readonly number[];
  /** Lines for cards name a mapping of the cluster. */
  readonly usesMapping: boolean;
  /** That pins each vCPU after the start: `local:snippets/NAME`, and where that file is. `null`: none of our own. */
  readonly hookscript: {readonly volume: string; readonly path: string} | null;
};

/** A VM of XCP-ng or XenServer, which keep it in their own database (XAPI). */
export type XapiGuestPlan = NamedGuest & {
  readonly kind: 'xapi';
  readonly os: GuestSystem;
  /** `null`: there is no such VM. */
  readonly uuid: string | null;
  readonly vcpus: number;
  /** USB devices that it gets, each where it is plugged in now: elsewhere it is another device to XAPI. */
  readonly usb: readonly {readonly id: string; readonly port: string}[];
};

/** An HVM guest of xl, `/etc/xen/NAME.cfg`. */
export type XenGuestPlan = NamedGuest & {
  readonly kind: 'xen';
  readonly vcpus: number;
  readonly os: GuestSystem;
  readonly firmware: 'uefi' | 'bios';
  /** Of a new guest, like the two that follow. */
  readonly disk: string;
  readonly cdrom: string | null;
  /** `null`: without a network. */
  readonly bridge: string | null;
  /** Devices that share a reserved memory region with others: Xen gives them only when the guest's file says `relaxed`. */
  readonly relaxed: readonly PciAddress[];
  /** Addresses below 4 GiB that are kept for devices; `null`: xl decides. */
  readonly mmioHoleMiB: number | null;
  /** A pool of CPUs for it alone; `null`: it runs in the pool that it has. `scheduler`: `null` for Xen's own. */
  readonly pool: {readonly name: string; readonly cpus: readonly number[]; readonly scheduler: string | null} | null;
};
