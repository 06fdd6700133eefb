import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {modernAliases} from './aliases.ts';
import {capturedCpuEntries, cpuinfoEntry, kvmDevice, nodeEntries} from './cpu.ts';
import {type Distribution, distributionEntries} from './distribution.ts';
import {assemble, binary, type Entries, file, value} from './entries.ts';
import {debianBookworm} from './kernels.ts';
import {audioBars, dmarUnit, messageRegion, nvidiaBars, pathOf, pciEntries, type PciSpec} from './pci.ts';
import * as wiring from './wiring.ts';

const acs = [0x001f, 0x001d] as const;
export const part = (
  at: string,
  classCode: string,
  id: string,
  group: number,
  node: number,
  rest: Partial<PciSpec> = {},
): PciSpec => ({
  at,
  class: classCode,
  id,
  group,
  node,
  subsystem: '15d9:0000',
  revision: 4,
  ...rest,
});
const port = (at: string, bus: number, group: number, node: number): PciSpec =>
  part(at, '060400', '8086:2030', group, node, {driver: 'pcieport', port: {bus, isExpress: true, acs}});

const quadro: readonly PciSpec[] = [
  part('81:00.0', '030000', '10de:1e30', 2, 1, {
    below: '80:02.0',
    subsystem: '10de:12ba',
    revision: 0xa1,
    driver: 'nouveau',
    bars: nvidiaBars(0xd0000000, 0x3f8000000000, 0x10000000),
    resets: '',
  }),
  part('81:00.1', '040300', '10de:10f7', 2, 1, {
    below: '80:02.0',
    subsystem: '10de:12ba',
    revision: 0xa1,
    driver: 'snd_hda_intel',
    bars: audioBars(0xd1080000),
  }),
  part('81:00.2', '0c0330', '10de:1ad6', 2, 1, {
    below: '80:02.0',
    subsystem: '10de:12ba',
    revision: 0xa1,
    driver: 'xhci_hcd',
    resets: 'pm',
  }),
  part('81:00.3', '0c8000', '10de:1ad7', 2, 1, {
    below: '80:02.0',
    subsystem: '10de:12ba',
    revision: 0xa1,
    resets: 'pm',
  }),
];

/** Root buses 00 and 40 belong to node 0, 80 with the card to node 1, c0 to node 2; sockets hold two nodes each. */
const functionsWith = (card: readonly PciSpec[]): readonly PciSpec[] => [
  part('40:05.0', '088000', '8086:2024', 0, 0),
  port('80:02.0', 0x81, 1, 1),
  ...card,
  part('c0:05.0', '088000', '8086:2024', 3, 2),
  part('00:00.0', '060000', '8086:2020', 4, 0),
  port('00:02.0', 0x01, 5, 0),
  port('00:03.0', 0x02, 6, 0),
  part('00:14.0', '0c0330', '8086:a1af', 7, 0, {
    driver: 'xhci_hcd',
    resets: 'pm',
    regions: ['0x00000000bf458000 0x00000000bf46ffff direct-relaxable'],
  }),
  port('00:1c.0', 0x03, 8, 0),
  part('00:1f.0', '060100', '8086:a1c1', 9, 0),
  part('00:1f.4', '0c0500', '8086:a1a3', 9, 0, {driver: 'i801_smbus'}),
  part('01:00.0', '010802', '8086:0a54', 10, 0, {below: '00:02.0', driver: 'nvme', resets: 'flr bus'}),
  part('02:00.0', '020000', '8086:1521', 11, 0, {below: '00:03.0', driver: 'igb', resets: 'flr pm'}),
  part('02:00.1', '020000', '8086:1521', 12, 0, {below: '00:03.0', driver: 'igb', resets: 'flr pm'}),
  part('03:00.0', '060400', '1a03:1150', 13, 0, {below: '00:1c.0', port: {bus: 4, isExpress: false}}),
  part('04:00.0', '030000', '1a03:2000', 13, 0, {below: '03:00.0', driver: 'ast', revision: 0x41, bootVga: true}),
];

const root = 'roots/nri-plugins/2-socket-4-node-40-core';
const nodeNumbers = [0, 1, 2, 3];

const rootUuid = 'c4a86f02-7d35-4e19-b6f0-000000001030';

const defaultGrub = `# Managed by hand since 2023-11; the serial console is for the BMC.
GRUB_DEFAULT=0
GRUB_TIMEOUT=5
GRUB_DISTRIBUTOR=\`lsb_release -i -s 2> /dev/null || echo Debian\`
GRUB_CMDLINE_LINUX_DEFAULT=""
GRUB_CMDLINE_LINUX="console=tty0 console=ttyS0,115200n8 crashkernel=256M"
GRUB_TERMINAL="console serial"
`;

type Server = {
  readonly machines: string;
  /** In the slot on node 1, below 80:02.0. */
  readonly card: readonly PciSpec[];
  readonly cardDisplay: Parameters<typeof wiring.displayEntries>[1];
  readonly software: Pick<
    Distribution,
    'id' | 'version' | 'codename' | 'release' | 'gcc' | 'config' | 'builtin' | 'modules' | 'ovmf' | 'packages'
  >;
  /** Modules of the card's drivers. */
  readonly loaded: readonly string[];
  /** Lines of pci.ids for the card. */
  readonly names: string;
};

/** Two sockets, four nodes; what differs is the card on node 1, and the software. */
export const dualSocketServer = ({machines, card, cardDisplay, software, loaded, names}: Server): Entries => {
  const functions = functionsWith(card);
  const captured = join(machines, root);
  const text = (path: string): string => readFileSync(join(captured, path), 'utf8').trim();
  const memory = (node: number, name: string): number =>
    Number(new RegExp(`${name}:\\s+(\\d+)`).exec(text(`sys/devices/system/node/node${node}/meminfo`))?.[1]);
  const nvme = `${pathOf('01:00.0', functions)}/nvme/nvme0`;
  return assemble([
    capturedCpuEntries(captured, 80),
    cpuinfoEntry(
      Array.from({length: 80}, (_, id) => ({
        id,
        package: Number(text(`sys/devices/system/cpu/cpu${id}/topology/physical_package_id`)),
        core: Number(text(`sys/devices/system/cpu/cpu${id}/topology/core_id`)),
      })),
      {
        vendor: 'GenuineIntel',
        family: 6,
        model: 85,
        name: 'Intel(R) Xeon(R) Gold 6148 CPU @ 2.40GHz',
        stepping: 4,
        flags:
          'fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 ht syscall nx pdpe1gb rdtscp lm constant_tsc pni pclmulqdq vmx ssse3 fma cx16 pcid sse4_1 sse4_2 x2apic movbe popcnt aes xsave avx f16c rdrand lahf_lm ept vpid fsgsbase bmi1 avx2 smep bmi2 erms avx512f arat',
        addressSizes: '46 bits physical, 48 bits virtual',
      },
    ),
    nodeEntries(
      nodeNumbers.map((id) => ({
        id,
        cpus: expand(text(`sys/devices/system/node/node${id}/cpulist`)),
        totalKiB: memory(id, 'MemTotal'),
        freeKiB: memory(id, 'MemFree'),
        distances: text(`sys/devices/system/node/node${id}/distance`).split(/\s+/).map(Number),
      })),
      [2048, 1_048_576],
    ),
    kvmDevice,
    pciEntries(functions, {
      nodes: nodeNumbers.map((id) => ({id, cpulist: text(`sys/devices/system/node/node${id}/cpulist`)})),
      hasResetMethod: true,
      groupType: 'DMA-FQ',
      regions: [messageRegion],
      iommu: [
        dmarUnit(0, 'cf000000', '8d2078c106f0466'),
        dmarUnit(1, 'c8000000', 'f020df'),
        dmarUnit(2, 'c4000000', 'f020df'),
        dmarUnit(3, 'df100000', 'f020df'),
      ],
    }),
    [
      binary(
        '/sys/firmware/acpi/tables/DMAR',
        readFileSync(join(machines, 'roots/linuxhw/E5985CCBA349/sys/firmware/acpi/tables/DMAR')),
      ),
      value('/sys/class/dmi/id/chassis_type', 23),
    ],
    wiring.diskEntries(nvme, {name: 'nvme0n1', device: '259:0', number: 0}, [
      {name: 'nvme0n1p1', device: '259:1', number: 1},
      {name: 'nvme0n1p2', device: '259:2', number: 2},
      {name: 'nvme0n1p3', device: '259:3', number: 3},
    ]),
    wiring.mountEntries(
      wiring.pseudoMounts([
        {device: '259:2', path: '/', type: 'ext4', source: '/dev/nvme0n1p2'},
        {device: '259:1', path: '/boot/efi', type: 'vfat', source: '/dev/nvme0n1p1'},
      ]),
      ['/dev/nvme0n1p3'],
    ),
    wiring.networkEntries(functions, [
      {at: '02:00.0', name: 'eno1', isUp: true},
      {at: '02:00.1', name: 'eno2', isUp: false},
    ]),
    wiring.routeEntry('eno1'),
    wiring.displayEntries(functions, [
      {at: '04:00.0', card: 'card0', connectors: [{name: 'VGA-1', isConnected: true}]},
      ...cardDisplay,
    ]),
    wiring.consoleEntries('astdrmfb', pathOf('04:00.0', functions)),
    wiring.keyboardEntry(
      'American Megatrends Inc. Virtual Keyboard and Mouse',
      `${pathOf('00:14.0', functions).slice('/sys'.length)}/usb1/1-11/1-11:1.0/0003:046B:FF10.0001/input/input3`,
    ),
    wiring.interruptEntries(80, true),
    distributionEntries({
      ...software,
      firmware: 'uefi',
      commandLine: `BOOT_IMAGE=/boot/vmlinuz-${software.release} root=UUID=${rootUuid} ro console=tty0 console=ttyS0,115200n8 crashkernel=256M`,
      defaultGrub,
      aliases: modernAliases,
      loaded: [...loaded, 'xhci_pci', 'ast', 'kvm_intel', 'kvm', 'nvme', 'igb'],
      parameters: {'kvm_intel.nested': 'Y', 'kvm_intel.ept': 'Y', 'kvm.ignore_msrs': 'N'},
      hasSwtpm: true,
      rootUuid,
    }),
    [
      file(
        '/etc/fstab',
        `UUID=${rootUuid} / ext4 errors=remount-ro 0 1\nUUID=1030-0001 /boot/efi vfat umask=0077 0 1\n/dev/nvme0n1p3 none swap sw 0 0\n`,
      ),
      file(
        '/usr/share/misc/pci.ids',
        `10de  NVIDIA Corporation\n${names}1a03  ASPEED Technology, Inc.\n\t2000  ASPEED Graphics Family\n`,
      ),
    ],
  ]);
};

export const dualSocket = (machines: string): Entries =>
  dualSocketServer({
    machines,
    card: quadro,
    cardDisplay: [{at: '81:00.0', card: 'card1', connectors: [{name: 'DP-1', isConnected: false}]}],
    software: {
      ...debianBookworm,
      packages: {...debianBookworm.packages, 'grub-efi-amd64': '2.06-13+deb12u1', swtpm: '0.7.1-1.3'},
    },
    loaded: ['nouveau', 'snd_hda_intel'],
    names:
      '\t10f7  TU102 High Definition Audio Controller\n\t1ad6  TU102 USB 3.1 Host Controller\n\t1ad7  TU102 USB Type-C UCSI Controller\n\t1e30  TU102GL [Quadro RTX 6000/8000]\n',
  });

const expand = (list: string): readonly number[] =>
  list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({length: last - first + 1}, (_, index) => first + index);
  });
