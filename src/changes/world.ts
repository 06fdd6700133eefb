import type {FileFacts, FileStamp, HostFacts, PciFunction} from '../host/facts.ts';
import type {Plan} from '../plan/plan.ts';

/**
 * What a plan was made from, as far as it must still be so when it is written. What changes by itself (free memory,
 * power states, drivers of a running guest) is not in it.
 */
export type World = {
  readonly toolVersion: string;
  /** By what a person calls it, `the boot loader`. */
  readonly settings: Readonly<Record<string, string>>;
  /** Things that come and go, by kind and name. */
  readonly things: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly files: Readonly<Record<string, FilePrint>>;
};

export type FilePrint = {
  readonly state: FileFacts['state'];
  readonly sha256: string | null;
  readonly target: string | null;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly stamp: FileStamp | null;
};

export const worldOf = (facts: HostFacts, plan: Plan, toolVersion: string): World => ({
  toolVersion,
  settings: {
    'the reader': facts.isPrivileged ? 'root' : 'an ordinary user, who cannot read everything',
    'the boot loader': told(facts.boot.loader),
    'the program that makes the initramfs': told(facts.boot.initramfs),
    'the firmware': told(facts.boot.firmware),
    'Secure Boot': told(facts.boot.secureBoot),
    'the kernel command line': told(facts.boot.commandLine),
    'the running kernel': told(facts.kernel.release),
    'the IOMMU': facts.iommu.active ? 'active' : 'not active',
    libvirt: told(facts.libvirt.version),
    QEMU: told(facts.libvirt.qemuVersion),
  },
  things: {
    kernel: namesOf(facts.boot.kernels),
    'boot image': namesOf((facts.boot.images ?? []).map(({path}) => path)),
    'PCI function': Object.fromEntries(facts.pci.map((device) => [device.address, describeFunction(device)])),
    CPU: Object.fromEntries(facts.cpu.cpus.map(({id, node, siblings, online}) => [String(id), online ? `on node ${told(node)} with the threads ${siblings.join()}` : 'offline'])),
    'libvirt network': namesOf(facts.libvirt.networks),
  },
  files: Object.fromEntries(Object.values(facts.files).filter(({path}) => isDeciding(path, plan)).map((file) => [file.path, printOf(file)])),
});

/** The other guests may be edited as they like. */
const isDeciding = (path: string, {guest}: Plan): boolean => !path.startsWith('/etc/libvirt/qemu/') || path === guest.path;

const printOf = ({state, sha256, target, mode, uid, gid, stamp}: FileFacts): FilePrint => ({state, sha256, target, mode, uid, gid, stamp: stamp ?? null});

const describeFunction = ({vendor, device, subsystem, class: kind, iommuGroup, numaNode, bootVga, upstream}: PciFunction): string =>
  `${vendor}:${device} (board ${told(subsystem)}, class ${kind}${bootVga ? ', boot display' : ''}) in IOMMU group ${told(iommuGroup)} on node ${told(numaNode)} below ${upstream.join(' ') || 'the root bus'}`;

const told = (value: string | number | boolean | null): string => (value === null ? 'unknown' : String(value));
const namesOf = (names: readonly string[]): Readonly<Record<string, string>> => Object.fromEntries(names.map((name) => [name, 'there']));
