import type {PciAddress} from '../facts/pci-address.ts';
import type {GrabToggle} from './grab-toggle.ts';

/** `auto` values are resolved in the plan from the host's facts, so that a profile carries to another machine. */
export type Auto = 'auto';

/**
 * What the user decided, for one host. Everything but `devices`, `guest.name`,
 * `cpu.vcpus` and `memory.sizeMiB` has a default. Positions for messages come from `positionOf`.
 */
export type Profile = {
  /** 2 where a device is something else than a PCI function with its address, or a size is a share; 1 can say all the rest. */
  readonly version: 1 | 2;
  readonly name: string;
  readonly description: string | null;
  readonly devices: readonly ProfileDevice[];
  /** `handover`: the host has the card until the guest starts, and again after it. */
  readonly binding: Auto | 'address' | 'ids' | 'libvirt' | 'handover';
  readonly cpu: ProfileCpu;
  readonly memory: ProfileMemory;
  readonly guest: ProfileGuest;
  readonly host: ProfileHost;
};

/** What the guest does not get of its node: whole cores that stay with the host. */
export type CoreShare = {readonly coresLeft: number};

/** Memory of the guest's node that the guest does not get. */
export type MemoryShare = {readonly leftMiB: number};

/**
 * A profile as the file has it: a device may be named by what is true on every host, and a size may be what is left of
 * a node. On a host it becomes a `Profile`.
 */
export type WrittenProfile = Omit<Profile, 'cpu' | 'memory'> & {
  readonly cpu: WrittenCpu;
  readonly memory: WrittenMemory;
};
export type WrittenCpu = Omit<ProfileCpu, 'vcpus'> & {readonly vcpus: number | CoreShare};
export type WrittenMemory = Omit<ProfileMemory, 'sizeMiB'> & {readonly sizeMiB: number | MemoryShare};

/** A device for the guest, as its kind describes it (`devices/`); nothing else reads the other members. */
export type ProfileDevice = {readonly kind: string; readonly [member: string]: unknown};

export type ProfileCpu = {
  /** Guest CPUs; a multiple of the host's threads per core, or the odd one is a thread left idle. */
  readonly vcpus: number;
  /** Host NUMA node of the vCPUs; `auto`: the device's. */
  readonly node: Auto | number;
  /** `auto`, or for vCPU 0, 1, … the host CPU. */
  readonly pins: Auto | readonly number[];
  readonly emulator: Auto | readonly number[];
  /** Host CPU of I/O thread 1, 2, …; `auto` chooses, `[]` means none. */
  readonly iothreads: Auto | readonly number[];
  /** How the host is kept off the vCPUs' cores: not at all, by cgroup while the guest runs, or from boot on. */
  readonly isolation: Auto | IsolationMethod;
  /** Xen with xl: a pool of CPUs for this guest alone; `own`: with Xen's own scheduler. */
  readonly pool: 'none' | 'own' | 'credit' | 'credit2';
};

export type IsolationMethod = 'none' | 'cgroup' | 'boot';

export type ProfileMemory = {
  readonly sizeMiB: number;
  readonly hugepages: Auto | '2MiB' | '1GiB' | 'none';
  /** When the pages are set aside: at boot, or by a hook when the guest starts. */
  readonly allocation: Auto | 'boot' | 'start';
  readonly node: Auto | number;
  /** Memory that stays with the host on the guest's node. */
  readonly hostReserveMiB: Auto | number;
};

export type GuestSystem = 'windows-11' | 'windows-10' | 'linux' | 'other';

/** `install`: emulated screen and media, no card. `prepare`: both. `run`: the card alone. */
export type GuestPhase = 'install' | 'prepare' | 'run';

export type ProfileLookingGlass = {
  /** Of the host, who runs the client. */
  readonly user: string;
  /** The largest of the guest, `2560x1440`; the size follows from it. */
  readonly resolution: string | null;
  readonly sizeMiB: number | null;
  /** Where the picture is: a file in /dev/shm, or a device of the kernel module kvmfr. */
  readonly memory: 'shm' | 'kvmfr';
  /** Of what runs in the guest: the driver with a display of its own, or B7 and before; `auto`: room for both. */
  readonly release: Auto | 'idd' | 'b7';
  readonly hdr: boolean;
};

/** A folder of the host, which the guest mounts by the tag. */
export type SharedFolder = {readonly dir: string; readonly tag: string};

export type ProfileGuest = {
  readonly name: string;
  /** `new`: define it; `existing`: edit it; `auto`: edit it where it exists. */
  readonly domain: Auto | 'new' | 'existing';
  readonly os: GuestSystem;
  readonly firmware: Auto | 'uefi' | 'uefi-secure' | 'bios';
  /** Disk image of a new domain; `auto`: `/var/lib/libvirt/images/NAME.qcow2`. */
  readonly disk: string;
  /** Size of the image that `apply` makes for a new domain where there is none; `null`: none is made. */
  readonly diskSizeMiB: number | null;
  /** Of that image; `auto`: by the end of its name, else qcow2. */
  readonly diskFormat: Auto | 'qcow2' | 'raw';
  /** Of the disk of a new domain; `sata` needs no driver, and neither does the network card that comes with it. */
  readonly diskBus: Auto | 'virtio' | 'sata';
  /** Storage pool of libvirt that it is in, where `disk` is `auto`. */
  readonly diskPool: string | null;
  /** Installation medium of a new domain. */
  readonly cdrom: string | null;
  /** Medium with drivers (virtio-win), next to the installer. */
  readonly drivers: string | null;
  /** What of screen, card and media the guest has now; `null`: all of it when it is new, and after that what it has. */
  readonly phase: GuestPhase | null;
  readonly network: string;
  /** Keyboards and mice of the host that QEMU reads, by their names in `/dev/input/by-id`. */
  readonly evdev: readonly string[];
  /** Keys that hand them to the guest and back. */
  readonly evdevToggle: GrabToggle;
  /** The guest's picture in a window of the host; `null`: none. */
  readonly lookingGlass: ProfileLookingGlass | null;
  readonly share: readonly SharedFolder[];
  /** Of an emulated sound card; `auto`: the window of Looking Glass plays it, and without one the guest has the card's own. */
  readonly sound: Auto | 'none' | 'spice' | 'pipewire';
  /** Of the user whose PipeWire plays it, `/run/user/1000`. */
  readonly soundRuntimeDir: string | null;
  readonly tpm: Auto | boolean;
  /** KVM signature and Hyper-V vendor id hidden from the guest: `auto` is decided from card and driver age. */
  readonly hideHypervisor: Auto | boolean;
  /** Up to 12 characters; `auto`: a neutral one where `hideHypervisor` is on. */
  readonly hypervVendorId: string;
  /** Driver before R465 in the guest, or a mobile GPU: then Error 43 hiding is needed. */
  readonly nvidiaDriver: Auto | 'before-r465' | 'r465-or-newer';
  readonly hyperv: Auto | 'none' | readonly string[];
  readonly numaCell: Auto | boolean;
  /** Proxmox VE: the card by a resource mapping of the cluster, instead of its address. */
  readonly mapping: boolean;
  /** Proxmox VE: a hookscript pins each vCPU to a CPU of its own; otherwise all share the cores. */
  readonly hookscript: boolean;
};

export type ProfileHost = {
  /** `vfio_iommu_type1.allow_unsafe_interrupts`: never set unless the user says so here. */
  readonly allowUnsafeInterrupts: boolean;
  /** Devices in the group that the host may lose although the user did not choose them. */
  readonly acceptGroupMates: readonly PciAddress[];
  /** Needs of the host that the user accepts to lose, by name, e.g. `0000:01:00.0`. */
  readonly acceptLossOf: readonly PciAddress[];
  /** `iommu=pt`: host devices bypass translation. */
  readonly iommuPassthrough: boolean;
  readonly ignoreMsrs: boolean;
  readonly disableIdleD3: boolean;
};
