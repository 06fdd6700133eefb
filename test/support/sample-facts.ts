import type {PciAddress} from '../../src/facts/pci-address.ts';
import {askChain} from '../../src/boot/chains.ts';
import type {BootFacts} from '../../src/facts/boot.ts';
import type {Cpu, CpuKind} from '../../src/facts/cpu.ts';
import {noGuests} from '../../src/facts/guest-claims.ts';
import {noMediated} from '../../src/facts/mediated.ts';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import type {NumaNode} from '../../src/facts/memory.ts';
import type {PciFunction, SriovFacts} from '../../src/facts/pci.ts';

/** An invented machine, as regular as none is: nodes of equal cores, siblings a stride apart. */
export type MachineShape = {
  readonly nodes: number;
  readonly coresPerNode: number;
  readonly threads: number;
  readonly coresPerL3: number;
  /** `interleaved`: CPU n is on node n mod nodes (Westmere servers); `blocks`: node by node. */
  readonly numbering: 'interleaved' | 'blocks';
  readonly memoryKiBPerNode: number;
  /** Cores of each node from here on are efficiency cores with one thread. */
  readonly efficiencyFrom?: number;
};

export const defaultShape: MachineShape = {
  nodes: 2,
  coresPerNode: 6,
  threads: 2,
  coresPerL3: 6,
  numbering: 'interleaved',
  memoryKiBPerNode: 24 * 1048576,
};

const cpusOf = (shape: MachineShape): Cpu[] => {
  const {nodes, coresPerNode, threads, coresPerL3, numbering, efficiencyFrom} = shape;
  const cores = nodes * coresPerNode;
  const list: {id: number; node: number; local: number; siblings: number[]}[] = [];
  for (let core = 0; core < cores; core += 1) {
    const node = numbering === 'interleaved' ? core % nodes : Math.floor(core / coresPerNode);
    const local = numbering === 'interleaved' ? Math.floor(core / nodes) : core % coresPerNode;
    const count = efficiencyFrom !== undefined && local >= efficiencyFrom ? 1 : threads;
    const siblings = Array.from({length: count}, (_, thread) => core + thread * cores);
    for (const id of siblings) list.push({id, node, local, siblings});
  }
  const domain = (one: {node: number; local: number}): string => `${one.node}/${Math.floor(one.local / coresPerL3)}`;
  const kind = (local: number): CpuKind =>
    efficiencyFrom === undefined ? 'core' : local >= efficiencyFrom ? 'efficiency' : 'performance';
  return list
    .map((one) => ({
      id: one.id,
      node: one.node,
      package: one.node,
      die: 0,
      core: one.local,
      siblings: one.siblings,
      l3: list
        .filter((other) => domain(other) === domain(one))
        .map((other) => other.id)
        .sort((a, b) => a - b),
      l3KiB: 12288,
      kind: kind(one.local),
      online: true,
    }))
    .sort((a, b) => a.id - b.id);
};

export const samplePci = (address: PciAddress, values: Partial<PciFunction> = {}): PciFunction => ({
  address,
  class: '030000',
  vendor: '10de',
  device: '1c81',
  subsystem: null,
  revision: null,
  driver: null,
  driverOverride: null,
  modalias: null,
  modules: null,
  vfioVariant: null,
  iommuGroup: null,
  numaNode: null,
  bootVga: false,
  resetMethods: ['bus'],
  name: null,
  bars: [],
  bootFramebuffers: null,
  resizableBars: [],
  upstream: [],
  isBridge: false,
  acs: null,
  powerState: null,
  physicalFunction: null,
  sriov: null,
  hasMdevTypes: false,
  vgpu: null,
  ...values,
});

/** As an Intel I350 tells it before there is one: the first is 128 functions further, and they are 4 apart. */
export const sampleSriov = (values: Partial<SriovFacts> = {}): SriovFacts => ({
  total: 7,
  enabled: 0,
  probesDrivers: true,
  offset: 128,
  stride: 4,
  device: '1520',
  functions: [],
  interface: 'enp4s0f0',
  isInterfaceUp: true,
  shares: null,
  ...values,
});

/** A two-socket host with a Matrox for itself and a GTX 1050 in group 17 on node 0. */
export const samplePciFunctions: readonly PciFunction[] = [
  samplePci('0000:00:07.0', {
    class: '060400',
    vendor: '8086',
    device: '340e',
    driver: 'pcieport',
    iommuGroup: 5,
    isBridge: true,
  }),
  samplePci('0000:06:00.0', {
    driver: 'nouveau',
    iommuGroup: 17,
    numaNode: 0,
    upstream: ['0000:00:07.0'],
    name: 'GP107 [GeForce GTX 1050]',
  }),
  samplePci('0000:06:00.1', {
    class: '040300',
    device: '0fb9',
    driver: 'snd_hda_intel',
    iommuGroup: 17,
    numaNode: 0,
    upstream: ['0000:00:07.0'],
  }),
  samplePci('0000:0a:03.0', {
    vendor: '102b',
    device: '0532',
    driver: 'mgag200',
    iommuGroup: 20,
    numaNode: 0,
    bootVga: true,
    upstream: ['0000:00:1e.0'],
  }),
];

export const sampleFacts = (shape: MachineShape = defaultShape, overrides: Partial<HostFacts> = {}): HostFacts => {
  const cpus = cpusOf(shape);
  const pci = overrides.pci ?? samplePciFunctions;
  const nodes: NumaNode[] = Array.from({length: shape.nodes}, (_, id) => ({
    id,
    cpus: cpus.filter((cpu) => cpu.node === id).map((cpu) => cpu.id),
    memoryKiB: shape.memoryKiBPerNode,
    freeKiB: null,
    distances: Array.from({length: shape.nodes}, (_unused, other) => (other === id ? 10 : 20 + Math.abs(other - id))),
    hugepages: [{sizeKiB: 2048, total: 0, free: 0}],
  }));
  const groups = [...new Set(pci.map((device) => device.iommuGroup).filter((group) => group !== null))].sort(
    (a, b) => a - b,
  );
  const facts: HostFacts = {
    version: 1,
    root: '/invented',
    isLive: false,
    isPrivileged: true,
    isPortable: null,
    packageManager: 'apt',
    cpu: {
      vendor: 'GenuineIntel',
      model: 'Invented',
      architecture: 'x86_64',
      virtualisation: 'vmx',
      flags: ['vmx', 'pdpe1gb'],
      physicalBits: null,
      online: `0-${cpus.length - 1}`,
      hybrid: shape.efficiencyFrom !== undefined,
      cpus,
    },
    nodes,
    memory: {
      totalKiB: shape.nodes * shape.memoryKiBPerNode,
      availableKiB: null,
      hugepageSizesKiB: [2048, 1048576],
      defaultHugepageKiB: 2048,
      transparentHugepages: 'madvise',
      hugetlbfsMounts: [],
    },
    pci,
    mediated: noMediated,
    usb: [],
    inputs: null,
    sharedMemory: null,
    confinement: {hasAppArmor: false, seLinux: null},
    iommu: {
      active: true,
      groups: groups.map((id) => ({
        id,
        devices: pci.filter((device) => device.iommuGroup === id).map((device) => device.address),
        type: 'DMA',
        reservedRegions: [],
      })),
      interruptRemapping: true,
      units: ['dmar0'],
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
      initramfs: 'initramfs-tools',
      initramfsEvidence: [],
      commandLine: 'BOOT_IMAGE=/vmlinuz root=/dev/sda1 ro quiet',
      kernels: ['6.1.0-1-amd64'],
      images: [],
      watchdog: null,
      own: {kind: 'grub', name: 'grub', isUnderXen: false, menu: null},
      next: null,
      hypervisorNext: null,
      support: {isWritten: true, isProven: true, claim: 'script', isDeclarative: false, lineEdit: null},
    },
    kernel: {
      release: '6.1.0-1-amd64',
      version: {major: 6, minor: 1},
      config: {INTEL_IOMMU_DEFAULT_ON_INTGPU_OFF: 'y'},
      builtin: [],
      modules: ['vfio_pci', 'vfio', 'vfio_iommu_type1', 'vfio_virqfd'],
      loaded: [],
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
      firmware: [{code: '/usr/share/OVMF/OVMF_CODE_4M.ms.fd', vars: null, hasSecureBoot: true, hasEnrolledKeys: true}],
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
    },
    isolation: {
      cgroupControllers: ['cpuset', 'cpu', 'memory'],
      systemdVersion: '252',
      hasIrqbalance: false,
      isolatedCpus: [],
    },
    guests: noGuests,
    needs: [],
    hostDisks: [],
    roms: {},
    namedFiles: {},
    files: {},
    notes: [],
    ...overrides,
  };
  return withBoot(facts, facts.boot);
};

/** Facts with another boot chain, and what that chain says of itself. */
export const withBoot = (facts: HostFacts, boot: BootFacts): HostFacts => ({
  ...facts,
  boot: {...boot, ...askChain(boot, facts.files)},
});
