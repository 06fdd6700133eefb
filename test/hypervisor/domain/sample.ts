import {noGuests} from '../../../src/facts/guest-claims.ts';
import type {HostFacts} from '../../../src/facts/host-facts.ts';
import {noMediated} from '../../../src/facts/mediated.ts';
import type {NumaNode} from '../../../src/facts/memory.ts';
import type {KvmPlan} from '../../../src/hypervisor/kvm/kvm-plan.ts';
import type {KvmGuestPlan} from '../../../src/plan/plan.ts';
import type {KvmFacts} from '../../../src/facts/virtualisation.ts';

const even = Array.from({length: 12}, (_, index) => index * 2);

const node = (id: number, cpus: readonly number[]): NumaNode => ({
  id,
  cpus,
  memoryKiB: 24_737_184,
  freeKiB: null,
  distances: id === 0 ? [10, 20] : [20, 10],
  hugepages: [{sizeKiB: 2048, total: 0, free: 0}],
});

/** Two Xeon E5645: even CPUs are node 0, odd ones node 1, siblings are n and n+12. */
export const sampleFacts = (
  change: {
    readonly virtualisation?: Partial<KvmFacts>;
    readonly vendor?: string;
    readonly files?: HostFacts['files'];
    readonly isLive?: boolean;
  } = {},
): HostFacts => ({
  version: 1,
  root: '/',
  isLive: change.isLive ?? false,
  isPrivileged: true,
  isPortable: null,
  packageManager: 'apt',
  cpu: {
    vendor: change.vendor ?? 'GenuineIntel',
    model: 'Intel(R) Xeon(R) CPU E5645',
    architecture: 'x86_64',
    virtualisation: 'vmx',
    flags: null,
    physicalBits: null,
    online: '0-23',
    hybrid: false,
    cpus: [],
  },
  nodes: [
    node(0, even),
    node(
      1,
      even.map((cpu) => cpu + 1),
    ),
  ],
  memory: {
    totalKiB: null,
    availableKiB: null,
    hugepageSizesKiB: [2048],
    defaultHugepageKiB: 2048,
    transparentHugepages: null,
    hugetlbfsMounts: [],
  },
  pci: [],
  mediated: noMediated,
  usb: [],
  inputs: null,
  sharedMemory: null,
  confinement: {hasAppArmor: false, seLinux: null},
  iommu: {
    active: true,
    groups: [],
    interruptRemapping: null,
    units: [],
    addressBits: null,
    dmar: null,
    ivrs: null,
    acpiTable: 'DMAR',
  },
  boot: {
    firmware: 'bios',
    secureBoot: null,
    lockdown: null,
    loader: 'grub',
    loaderEvidence: [],
    loaderCandidates: ['grub'],
    initramfs: null,
    initramfsEvidence: [],
    commandLine: null,
    kernels: [],
    images: [],
    watchdog: null,
    own: null,
    next: null,
    hypervisorNext: null,
    support: {isWritten: false, isProven: false, claim: null, isDeclarative: false, lineEdit: null},
  },
  kernel: {
    release: null,
    version: null,
    config: null,
    builtin: null,
    modules: null,
    loaded: null,
    hasKvmDevice: true,
    parameters: {},
    hypervisor: null,
    xenImages: [],
    installed: [],
    log: null,
  },
  signing: {
    isEnforced: null,
    shim: {enrolled: null, isUsed: null, isValidationOff: false, isWaiting: false},
    certificates: [],
    modules: [],
  },
  virtualisation: {
    kind: 'kvm',
    version: '9.0.0',
    qemuVersion: '7.2.0',
    emulator: '/usr/bin/qemu-system-x86_64',
    daemon: 'libvirtd',
    domainDirectory: '/etc/libvirt/qemu',
    domains: [],
    firmware: [],
    hasSwtpm: true,
    hasSpice: null,
    audioBackends: null,
    pipeWireDirectories: null,
    hasVirtiofsd: true,
    hypervFeatures: null,
    machines: null,
    networks: ['default'],
    networkFunctions: {},
    networkPools: {},
    interfaceFunctions: {},
    pools: [{name: 'default', path: '/var/lib/libvirt/images'}],
    autostartNetworks: ['default'],
    ...change.virtualisation,
  },
  isolation: {cgroupControllers: null, systemdVersion: null, hasIrqbalance: false, isolatedCpus: null},
  guests: noGuests,
  needs: [],
  hostDisks: [],
  roms: {},
  namedFiles: {},
  files: change.files ?? {},
  notes: [],
});

const pins = [0, 12, 2, 14, 4, 16, 6, 18];

const guest: KvmGuestPlan = {
  kind: 'kvm',
  name: 'win10',
  path: '/etc/libvirt/qemu/win10.xml',
  isNew: false,
  os: 'windows-10',
  firmware: 'uefi',
  hasTpm: false,
  disk: '/var/lib/libvirt/images/win10.qcow2',
  diskFormat: 'qcow2',
  diskBus: 'virtio',
  newDisk: null,
  cdrom: null,
  drivers: null,
  phase: null,
  osinfoId: null,
  network: 'default',
  evdev: [],
  evdevToggle: null,
  lookingGlass: null,
  kvmfr: null,
  shares: [],
  sound: null,
  screen: 'vnc',
  emulator: '/usr/bin/qemu-system-x86_64',
  isKvmHidden: true,
  hypervVendorId: 'vfio-pilot',
  hyperv: ['relaxed', 'vapic', 'spinlocks', 'vpindex', 'runtime', 'synic', 'stimer', 'frequencies', 'tlbflush', 'ipi'],
  hasTopoext: false,
  maxPhysAddr: true,
  maxPhysAddrLimit: null,
  hasNumaCell: true,
  hasClock: true,
};

const device = {
  kind: 'function',
  iommuGroup: 17,
  numaNode: 0,
  bindBy: 'address',
  driver: 'vfio-pci',
} as const;

/** The guest that the R710's owner describes: 8 vCPUs on four cores of node 0, 12 GiB in 2 MiB pages, a GTX 1050. */
export const samplePlan: KvmPlan = {
  version: 1,
  profile: 'dell-r710-gtx1050',
  devices: [
    {
      ...device,
      assigned: {type: 'pci', address: '0000:06:00.0', rom: null},
      address: '0000:06:00.0',
      id: '10de:1c81',
      name: 'GP107 [GeForce GTX 1050]',
      class: '030000',
    },
    {
      ...device,
      assigned: {type: 'pci', address: '0000:06:00.1', rom: null},
      address: '0000:06:00.1',
      id: '10de:0fb9',
      name: 'GP107GL High Definition Audio Controller',
      class: '040300',
    },
  ],
  binding: {
    kind: 'vfio',
    by: 'address',
    softdeps: [],
    builtInOptions: [],
    moduleOptions: [],
    initramfsModules: [],
    byAddress: [],
  },
  kernelArguments: {add: [], remove: [], ownedKeys: []},
  hypervisorArguments: null,
  isolation: {method: 'none', cpus: [], hostCpus: []},
  pinning: {
    vcpus: pins.map((cpu, vcpu) => ({vcpu, cpus: [cpu]})),
    emulator: [10, 22],
    iothreads: [
      {iothread: 1, cpus: [8]},
      {iothread: 2, cpus: [20]},
    ],
    hostNodes: [0],
    topology: {sockets: 1, dies: 1, cores: 4, threads: 2},
  },
  memory: {
    sizeKiB: 12_582_912,
    hugepages: {sizeKiB: 2048, perNode: {'0': 6144}, method: 'argument', mount: null, reserved: null},
    nodes: [0],
    hostReserveKiB: 2_097_152,
    othersKiB: null,
    cells: null,
  },
  guest,
  initramfs: null,
  handover: null,
  decisions: [],
};

export const withGuest = (change: Partial<KvmGuestPlan>): KvmPlan => ({...samplePlan, guest: {...guest, ...change}});

export const windows11: KvmPlan = withGuest({
  name: 'win11',
  path: '/etc/libvirt/qemu/win11.xml',
  isNew: true,
  os: 'windows-11',
  firmware: 'uefi-secure',
  hasTpm: true,
  disk: '/var/lib/libvirt/images/win11.qcow2',
  cdrom: '/var/lib/libvirt/images/Win11.iso',
});

/** A guest that neither node of the R710 can hold: half of it on each. */
export const twoNodes: KvmPlan = {
  ...withGuest({isNew: true, name: 'wide', firmware: 'bios'}),
  pinning: {
    vcpus: [0, 12, 2, 14, 1, 13, 3, 15].map((cpu, vcpu) => ({vcpu, cpus: [cpu]})),
    emulator: [10, 22, 11, 23],
    iothreads: [{iothread: 1, cpus: [8, 20]}],
    hostNodes: [0, 1],
    topology: {sockets: 2, dies: 1, cores: 2, threads: 2},
  },
  memory: {
    sizeKiB: 33_558_528,
    hugepages: {sizeKiB: 2048, perNode: {'0': 8193, '1': 8193}, method: 'argument', mount: null, reserved: null},
    nodes: [0, 1],
    hostReserveKiB: 2_097_152,
    othersKiB: null,
    cells: [
      {cell: 0, hostNode: 0, vcpus: [0, 1, 2, 3], memoryKiB: 16_779_264, distances: [10, 20]},
      {cell: 1, hostNode: 1, vcpus: [4, 5, 6, 7], memoryKiB: 16_779_264, distances: [20, 10]},
    ],
  },
};

/** A domain around what a test is about. */
export const domain = (inside: string, devices = ''): string =>
  `<domain type='kvm'>\n  <name>win10</name>\n${inside}  <devices>\n${devices}  </devices>\n</domain>\n`;
