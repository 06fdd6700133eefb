import type {FileFacts} from '../../src/host/facts.ts';
import type {Plan} from '../../src/plan/plan.ts';

/** The GTX 1050 of `sampleFacts`, bound by address, with 2 MiB pages on node 0. */
export const samplePlan = (overrides: Partial<Plan> = {}): Plan => ({
  version: 1,
  profile: 'sample',
  devices: [
    {address: '0000:06:00.0', id: '10de:1c81', name: 'GP107', class: '030000', iommuGroup: 17, numaNode: 0, bindBy: 'address', driver: 'vfio-pci', rom: null},
    {address: '0000:06:00.1', id: '10de:0fb9', name: null, class: '040300', iommuGroup: 17, numaNode: 0, bindBy: 'address', driver: 'vfio-pci', rom: null},
  ],
  binding: {
    softdeps: ['nouveau', 'snd_hda_intel'],
    builtInOptions: [],
    moduleOptions: [{module: 'kvm', parameter: 'ignore_msrs', value: '1', because: 'you asked for it'}],
    initramfsModules: ['vfio_pci', 'vfio', 'vfio_iommu_type1'],
    byAddress: ['0000:06:00.0', '0000:06:00.1'],
  },
  kernelArguments: {
    add: [
      {text: 'intel_iommu=on', because: 'this kernel leaves VT-d off unless it is told'},
      {text: 'hugepagesz=2M', because: 'selects the page size'},
      {text: 'hugepages=0:6144,1:0', because: '6144 pages of 2M on node 0'},
    ],
    remove: [],
    ownedKeys: ['intel_iommu', 'vfio-pci.ids', 'default_hugepagesz', 'hugepagesz', 'hugepages'],
  },
  pinning: {
    vcpus: [0, 1, 2, 3].map((vcpu) => ({vcpu, cpus: [vcpu * 2]})),
    emulator: [8, 20],
    iothreads: [{iothread: 1, cpus: [10]}],
    hostNodes: [0],
    topology: {sockets: 1, dies: 1, cores: 4, threads: 1},
  },
  memory: {
    sizeKiB: 12582912,
    hugepages: {sizeKiB: 2048, perNode: {0: 6144, 1: 0}, method: 'argument', bootTotal: 6144, release: {}},
    nodes: [0],
    hostReserveKiB: 2097152,
  },
  isolation: {method: 'none', cpus: [], hostCpus: []},
  guest: {
    name: 'win11',
    path: '/etc/libvirt/qemu/win11.xml',
    isNew: true,
    os: 'windows-11',
    firmware: 'uefi',
    hasTpm: true,
    disk: '/var/lib/libvirt/images/win11.qcow2',
    cdrom: null,
    network: 'default',
    emulator: '/usr/bin/qemu-system-x86_64',
    machine: 'q35',
    isKvmHidden: false,
    hypervVendorId: null,
    hyperv: [],
    hasTopoext: false,
    hasCachePassthrough: false,
    maxPhysAddr: false,
    hasNumaCell: true,
    hasClock: true,
    managed: true,
  },
  initramfs: 'initramfs-tools',
  decisions: [],
  ...overrides,
});

export const sampleFile = (path: string, text: string, overrides: Partial<FileFacts> = {}): FileFacts => ({
  path,
  state: 'file',
  text,
  encoding: 'utf8',
  target: null,
  sha256: 'unused',
  mode: 0o644,
  uid: 0,
  gid: 0,
  ...overrides,
});

export const sampleFiles = (texts: Readonly<Record<string, string>>): Readonly<Record<string, FileFacts>> =>
  Object.fromEntries(Object.entries(texts).map(([path, text]) => [path, sampleFile(path, text)]));
