import type {InitramfsSystem, PciAddress, PciId} from '../host/facts.ts';
import type {GuestSystem, IsolationMethod} from '../profile/profile.ts';

/** What is decided, and from which fact. Plain data; the renderers read nothing else but the files' present text. */
export type Plan = {
  readonly version: 1;
  readonly profile: string;
  readonly devices: readonly PlannedDevice[];
  readonly binding: BindingPlan;
  readonly kernelArguments: KernelArgumentPlan;
  readonly pinning: PinningPlan;
  readonly memory: MemoryPlan;
  readonly isolation: IsolationPlan;
  readonly guest: GuestPlan;
  readonly initramfs: InitramfsSystem | null;
  /** Only where the host gives up its own screen while the guest runs. */
  readonly handover?: HandoverPlan;
  /** Every proposal with the fact that it comes from, in the order of the wizard. */
  readonly decisions: readonly Decision[];
};

export type Decision = {
  /** Profile path, `cpu.pins`. */
  readonly subject: string;
  readonly choice: string;
  /** The fact, in words. */
  readonly because: string;
};

export type PlannedDevice = {
  readonly address: PciAddress;
  readonly id: PciId;
  readonly name: string | null;
  readonly class: string;
  readonly iommuGroup: number | null;
  readonly numaNode: number | null;
  readonly bindBy: 'address' | 'ids' | 'libvirt';
  /** `vfio-pci`, or the module of a variant of it (`mlx5_vfio_pci`). */
  readonly driver: string;
  readonly rom: string | null;
};

export type ModuleOption = {readonly module: string; readonly parameter: string; readonly value: string; readonly because: string};

export type BindingPlan = {
  /** Modules whose load must come after vfio-pci (softdep), as modprobe names them. */
  readonly softdeps: readonly string[];
  /** Lines `options MODULE PARAMETER=VALUE`. */
  readonly moduleOptions: readonly ModuleOption[];
  /** Of modules that are built into the kernel: modprobe.d does not reach them, so they become kernel arguments. */
  readonly builtInOptions: readonly ModuleOption[];
  /** Modules for the initramfs, in load order. */
  readonly initramfsModules: readonly string[];
  /** Addresses that the early script sets `driver_override` on. */
  readonly byAddress: readonly PciAddress[];
};

/** Functions that a hook of libvirt takes from the host's drivers before the guest starts, and gives back after it. */
export type HandoverPlan = {readonly functions: readonly PciAddress[]};

export type KernelArgument = {readonly text: string; readonly because: string};

export type KernelArgumentPlan = {
  readonly add: readonly KernelArgument[];
  /** Tokens to take out: our own of an earlier run, or stale ones of ours in meaning (`vfio-pci.ids=`). */
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
  readonly topology: {readonly sockets: number; readonly dies: number; readonly cores: number; readonly threads: number};
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
  readonly hugepages: {
    readonly sizeKiB: number;
    /** Pages by node id. */
    readonly perNode: Readonly<Record<string, number>>;
    /**
     * `argument`: the kernel places them at boot; `release-unit`: allocated on all nodes, the rest given back early by a
     * unit; `hook`: taken when the guest starts, and given back when it ends.
     */
    readonly method: 'argument' | 'release-unit' | 'hook';
    /** Pages on the kernel command line in total, when the method is `release-unit`. */
    readonly bootTotal: number;
    /** Node ids that the unit sets, with the pages that stay there. */
    readonly release: Readonly<Record<string, number>>;
    /** Pages of the same size that other guests need from boot on, by node; not counted in `perNode`. */
    readonly reserved?: Readonly<Record<string, number>>;
    /** Mount of a size that is not the default, made by a unit of ours; absent where libvirt finds one without it. */
    readonly mount?: '/dev/hugepages2M' | '/dev/hugepages1G';
  } | null;
  readonly nodes: readonly number[];
  /** On each of `nodes`. */
  readonly hostReserveKiB: number;
  /** What other guests that may run at the same time have to themselves, by node; absent where there is none. */
  readonly othersKiB?: Readonly<Record<string, number>>;
  /** Only for a guest that is spread over several host nodes: at least two, by cell number. */
  readonly cells?: readonly GuestCell[];
};

/** A NUMA node of the guest, which stands for one of the host. */
export type GuestCell = {
  readonly cell: number;
  readonly hostNode: number;
  readonly vcpus: readonly number[];
  readonly memoryKiB: number;
  /** The host's, to cell 0, 1, …; `null` where the host tells none that a guest may have. */
  readonly distances: readonly number[] | null;
};

export type GuestPlan = {
  readonly name: string;
  /** Path of the domain to edit, or where a new one goes. */
  readonly path: string;
  readonly isNew: boolean;
  readonly os: GuestSystem;
  readonly firmware: 'uefi' | 'uefi-secure' | 'bios';
  readonly hasTpm: boolean;
  readonly disk: string;
  readonly cdrom: string | null;
  readonly network: string;
  readonly emulator: string;
  readonly machine: string;
  readonly isKvmHidden: boolean;
  readonly hypervVendorId: string | null;
  readonly hyperv: readonly string[];
  /** `<topoext>` must be asked for on AMD with SMT. */
  readonly hasTopoext: boolean;
  readonly hasCachePassthrough: boolean;
  readonly maxPhysAddr: boolean;
  readonly hasNumaCell: boolean;
  readonly hasClock: boolean;
  readonly managed: boolean;
};
