import type {PciMapping} from '../formats/qemu-server/pci-mapping.ts';
import type {PciAddress} from './pci-address.ts';

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

/** What runs guests here, one member of the union for each hypervisor (`hypervisor/`). */
export type VirtualisationFacts = KvmFacts | ProxmoxFacts | XenFacts;

/** What libvirt has here, whichever hypervisor serves this host. */
export const libvirtOf = ({virtualisation}: {readonly virtualisation: VirtualisationFacts}): KvmFacts =>
  virtualisation.kind === 'kvm' ? virtualisation : virtualisation.libvirt;

/** QEMU and KVM under libvirt; versions are `null` where the programs were not found. */
export type KvmFacts = {
  readonly kind: 'kvm';
  /** Of libvirt, `9.0.0`. */
  readonly version: string | null;
  readonly qemuVersion: string | null;
  readonly emulator: string | null;
  readonly daemon: 'libvirtd' | 'virtqemud' | null;
  /** Where libvirt keeps the definitions of its guests. */
  readonly domainDirectory: string;
  readonly domains: readonly DomainFacts[];
  readonly firmware: readonly FirmwareImage[];
  readonly hasSwtpm: boolean;
  /** `null` where it is unknown. */
  readonly hasSpice: boolean | null;
  /** Where this QEMU can send a guest's sound, in libvirt's words: `spice`, `pipewire`; `null` where it is unknown. */
  readonly audioBackends: readonly string[] | null;
  /** Runtime directories of users whose session has PipeWire now, `/run/user/1000`; `null` where it is unknown. */
  readonly pipeWireDirectories: readonly string[] | null;
  readonly hasVirtiofsd: boolean;
  /** Hyper-V features of `virsh domcapabilities`; `null` when it was not asked. */
  readonly hypervFeatures: readonly string[] | null;
  /** CPU mode host-passthrough, machine types …; `null` when capabilities were not asked. */
  readonly machines: readonly string[] | null;
  readonly networks: readonly string[];
  /** Those of libvirt's networks that give a guest a whole function, or a whole interface, by name. */
  readonly networkFunctions: Readonly<Record<string, readonly PciAddress[]>>;
  /** Those that give a guest any free virtual function of one card, by name: the card's network interface. */
  readonly networkPools: Readonly<Record<string, string>>;
  /** The function behind each of the host's interfaces that a guest takes whole (macvtap in mode `passthrough`). */
  readonly interfaceFunctions: Readonly<Record<string, PciAddress>>;
  /** libvirt's storage pools that are a folder. */
  readonly pools: readonly {readonly name: string; readonly path: string}[];
  /** Those that libvirt starts at boot; the others have to be started before a guest that uses them. */
  readonly autostartNetworks: readonly string[];
};

/** Proxmox VE, where qm keeps the guests in `/etc/pve`, a file system that all nodes of a cluster share. */
export type ProxmoxFacts = {
  readonly kind: 'proxmox';
  /** Of pve-manager and qemu-server, `8.3.0`; `null` where the packages cannot be read. */
  readonly version: string | null;
  readonly qemuServerVersion: string | null;
  /** This node's name, which `/etc/pve/nodes` and the mappings use. */
  readonly node: string | null;
  /** Of all nodes of the cluster, this one included. */
  readonly nodes: readonly string[];
  /** Whether the cluster lets this node write to `/etc/pve`; a node without a cluster always may. `null`: unknown. */
  readonly isQuorate: boolean | null;
  /** Of this node, by VMID. */
  readonly guests: readonly ProxmoxGuest[];
  /** Guests of other nodes, and containers of all nodes, by VMID: what has a VMID that is none of `guests`. */
  readonly others: readonly ProxmoxOther[];
  readonly storages: readonly ProxmoxStorage[];
  /** Of this node, in the order of `/etc/pve/mapping/pci.cfg`. */
  readonly mappings: readonly PciMapping[];
  /** Bridges of the host that a guest's network card can be in, `vmbr0`. */
  readonly bridges: readonly string[];
  /** libvirt, where somebody has installed it too. */
  readonly libvirt: KvmFacts;
};

/** A guest of `/etc/pve/qemu-server/VMID.conf`, as its next start will see it. */
export type ProxmoxGuest = {
  readonly vmid: number;
  readonly name: string | null;
  /** `/etc/pve/qemu-server/VMID.conf` */
  readonly path: string;
  /** Functions (`0000:01:00.0`), or whole slots (`0000:01:00`); those of mappings are resolved. */
  readonly hosts: readonly string[];
  /** Likewise, those that it gets a slice of (`mdev`). */
  readonly mediatedHosts: readonly string[];
  readonly memoryMiB: number;
  /** Size of its huge pages; `null` for ordinary memory. */
  readonly pageKiB: number | null;
  /** Memory that it wants on one node of the host, by node. */
  readonly perNodeMiB: Readonly<Record<string, number>>;
  /** `null` where it runs anywhere. */
  readonly affinity: readonly number[] | null;
  /** Block devices of the host that it writes to. */
  readonly disks: readonly string[];
  readonly startsAtBoot: boolean;
  /** The cluster keeps it running (HA): it starts it at boot and moves it to another node when this one fails. */
  readonly isHighlyAvailable: boolean;
  /** Names of its snapshots, each with settings of its own. */
  readonly snapshots: readonly string[];
  readonly isTemplate: boolean;
  /** `backup`, `migrate`: Proxmox refuses to change it until that has ended. */
  readonly lock: string | null;
  readonly isActive: boolean | null;
  /** Of the running process's first thread; `null` where it does not run, or cannot be looked at. */
  readonly allowedCpus: readonly number[] | null;
  /** Of the running thread of each vCPU, by its number; empty where they cannot be looked at. */
  readonly vcpuCpus: Readonly<Record<number, readonly number[]>>;
};

/** What has a VMID of the cluster and is no guest of this node. */
export type ProxmoxOther = {
  readonly vmid: number;
  readonly node: string;
  readonly kind: 'guest' | 'container';
  readonly name: string | null;
};

/** Of `/etc/pve/storage.cfg`. */
export type ProxmoxStorage = {
  readonly name: string;
  readonly type: string;
  /** Disks of guests may be in it, on this node. */
  readonly holdsDisks: boolean;
  /** `iso`, `images`: what may be in it. */
  readonly content: readonly string[];
  /** Where scripts for guests of this node are in it; `null` where it takes none, or is no directory of this node alone. */
  readonly snippets: string | null;
};

/** Linux under Xen: the domain that starts guests with xl (dom0), or one that is a guest itself. */
export type XenFacts = {
  readonly kind: 'xen';
  /** `null`: xenfs is not mounted on /proc/xen, so that it is unknown. */
  readonly role: 'dom0' | 'guest' | null;
  /** `PV`, `PVH`, `HVM`, as /sys/hypervisor/guest_type has it. */
  readonly guestType: string | null;
  /** `4.17.7` */
  readonly version: string | null;
  /** XCP-ng or XenServer, which keep guests and arguments in their own way; `null` elsewhere. */
  readonly xapi: XapiFacts | null;
  /** What `xl info -n` says; `null` where xl does not answer. */
  readonly info: XenInfo | null;
  /** Of running domains (`xl vcpu-list`); `null` where xl does not answer. */
  readonly vcpus: readonly XenVcpu[] | null;
  /** Free for a guest now (`xl pci-assignable-list`): a card that a guest has is not among them. `null`: unknown. */
  readonly assignable: readonly PciAddress[] | null;
  /** Pools of CPUs (`xl cpupool-list -c`), that of guests without one first; `null`: unknown. They are gone after a reboot. */
  readonly pools: readonly XenPool[] | null;
  /** Of /etc/xen/NAME.cfg, by path. */
  readonly guests: readonly XenGuest[];
  /** Bridges of dom0 that a guest's network card can be in. */
  readonly bridges: readonly string[];
  /** Firmware of guests with UEFI, where Debian and Xen itself put it. */
  readonly hasOvmf: boolean;
  /** libvirt, where somebody has installed it too. */
  readonly libvirt: KvmFacts;
};

/** XCP-ng or XenServer, as its own programs describe it (`xe`, `xen-cmdline`). */
export type XapiFacts = {
  /** `XCP-ng` */
  readonly product: string;
  /** `8.3.0` */
  readonly version: string | null;
  /** `xen-pciback.hide=…` as the next boot of dom0 has it, empty where it has none; `null`: unknown. */
  readonly hide: string | null;
  /** Likewise `extra_guest_irqs=…` of Xen. */
  readonly extraInterrupts: string | null;
  /** Of the pool; `null`: unknown. */
  readonly hosts: number | null;
  /** UUID of this host; `null`: unknown. */
  readonly host: string | null;
  /** Of the pool, without templates, snapshots and control domains; `null`: xe does not answer. */
  readonly vms: readonly XapiVm[] | null;
  /** Devices of this host that XAPI may give out by USB; `null`: xe does not answer. */
  readonly pusbs: readonly XapiPusb[] | null;
  /** Of all VMs; likewise. */
  readonly vusbs: readonly XapiVusb[] | null;
};

/** A USB device as XAPI knows it (PUSB): where it is plugged in, and what it is. Plugged in elsewhere, it is another one. */
export type XapiPusb = {
  readonly uuid: string;
  /** Where it is plugged in, `1-4.2`. */
  readonly path: string;
  /** `046d:c21f` */
  readonly id: string;
  /** The group of this device alone, through which a VM has it. */
  readonly group: string;
  /** `passthrough-enabled`: dom0 leaves it alone. */
  readonly isEnabled: boolean;
};

/** The place of a VM for a device of a group (VUSB). */
export type XapiVusb = {readonly uuid: string; readonly vm: string; readonly group: string};

export type XapiVm = {
  readonly uuid: string;
  readonly name: string;
  /** `halted`, `running`, `suspended`, `paused` */
  readonly powerState: string | null;
  /** `hvm`, `pv`, `pvh` … */
  readonly domainType: string | null;
  readonly vcpus: number | null;
  readonly memoryMiB: number | null;
  /** The text of `other-config:pci`; `null` where there is none. */
  readonly pci: string | null;
  /** `VCPUs-params:mask` likewise. */
  readonly mask: string | null;
  readonly startsAtBoot: boolean;
  /** The pool starts it on another host when this one fails. */
  readonly isHighlyAvailable: boolean;
};

/** The machine as Xen knows it. What dom0's own sysfs says of CPUs and nodes is about its virtual CPUs. */
export type XenInfo = {
  /** `hvm_directio`: Xen gives devices to HVM guests through the IOMMU. */
  readonly virtCaps: readonly string[];
  readonly totalMemoryMiB: number | null;
  readonly freeMemoryMiB: number | null;
  /** Arguments that Xen was started with. */
  readonly commandLine: string | null;
  /** Online ones. */
  readonly cpus: readonly XenCpu[];
  readonly nodes: readonly XenNode[];
  /** `null`: "No device topology data available". */
  readonly deviceNodes: Readonly<Record<string, number>> | null;
};

/** `core` repeats in each socket. */
export type XenCpu = {readonly id: number; readonly core: number; readonly socket: number; readonly node: number};

export type XenNode = {
  readonly id: number;
  /** From its first to its last byte, holes included: more than it has. */
  readonly spanMiB: number;
  readonly freeMiB: number;
  /** To each node, in the order of the list; `null` where there are none. */
  readonly distances: readonly number[] | null;
};

export type XenVcpu = {
  readonly domain: string;
  readonly domainId: number;
  readonly vcpu: number;
  /** Where it runs now; `null`: it is offline. */
  readonly cpu: number | null;
  /** CPUs that it may run on, as a kernel list; `all`. */
  readonly hard: string;
  readonly soft: string;
};

export type XenPool = {readonly name: string; readonly cpus: readonly number[]};

export type XenGuest = {
  readonly name: string;
  /** `/etc/xen/NAME.cfg` */
  readonly path: string;
  /** Why xl would not read the file; `null` where it does. */
  readonly problem: string | null;
  /** `hvm`, `pvh`, `pv`; `null` where nothing says it. */
  readonly type: string | null;
  readonly hosts: readonly PciAddress[];
  readonly memoryMiB: number;
  /** CPUs that single vCPUs are pinned to. */
  readonly pinnedCpus: readonly number[];
  /** The pool of CPUs that its file names. */
  readonly pool: string | null;
  /** Block devices of the host that it writes to. */
  readonly disks: readonly string[];
  /** A link in /etc/xen/auto starts it with the host. */
  readonly startsAtBoot: boolean;
  /** `null`: unknown. */
  readonly isActive: boolean | null;
};
