import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {modernAliases} from './aliases.ts';
import {cpuEntries, cpuinfoEntry, kvmDevice, nodeEntries, simpleCpus} from './cpu.ts';
import {distributionEntries} from './distribution.ts';
import {assemble, binary, type Entries, file, value} from './entries.ts';
import {ubuntuNoble} from './kernels.ts';
import {dmarUnit, messageRegion, nvidiaBars, pathOf, pciEntries, type PciSpec} from './pci.ts';
import * as wiring from './wiring.ts';

const part = (at: string, classCode: string, id: string, group: number, rest: Partial<PciSpec> = {}): PciSpec => ({
  at,
  class: classCode,
  id,
  group,
  subsystem: '1028:087c',
  revision: 0x10,
  ...rest,
});
const port = (at: string, id: string, bus: number, group: number, acs?: readonly [number, number]): PciSpec =>
  part(at, '060400', id, group, {
    driver: 'pcieport',
    port: {bus, isExpress: true, ...(acs === undefined ? {} : {acs})},
  });

/** The processor's graphics port has no ACS, so the card shares its group with it; the card has no outputs and no VGA class. */
const functions: readonly PciSpec[] = [
  part('00:00.0', '060000', '8086:3ec4', 1, {driver: 'skl_uncore', revision: 7}),
  port('00:01.0', '8086:1901', 0x01, 2),
  part('00:02.0', '030000', '8086:3e9b', 0, {
    driver: 'i915',
    revision: 0,
    bootVga: true,
    regions: ['0x000000007b000000 0x000000007f7fffff direct-relaxable'],
    resets: 'flr pm',
  }),
  part('00:04.0', '118000', '8086:1903', 3, {driver: 'proc_thermal', revision: 7}),
  part('00:14.0', '0c0330', '8086:a36d', 4, {
    driver: 'xhci_hcd',
    regions: ['0x000000006f7d8000 0x000000006fa21fff direct-relaxable'],
    resets: 'pm',
  }),
  part('00:14.2', '050000', '8086:a36f', 4),
  part('00:16.0', '078000', '8086:a360', 5, {driver: 'mei_me'}),
  port('00:1c.0', '8086:a338', 0x02, 6, [0x000f, 0x000f]),
  port('00:1d.0', '8086:a330', 0x03, 7, [0x000f, 0x000f]),
  part('00:1f.0', '060100', '8086:a30e', 8),
  part('00:1f.3', '040380', '8086:a348', 8, {driver: 'snd_hda_intel'}),
  part('00:1f.4', '0c0500', '8086:a323', 8, {driver: 'i801_smbus'}),
  part('01:00.0', '030200', '10de:1c8c', 2, {
    below: '00:01.0',
    driver: 'nouveau',
    revision: 0xa1,
    bars: nvidiaBars(0xec000000, 0xc0000000, 0x10000000),
    resets: 'pm bus',
  }),
  part('02:00.0', '028000', '168c:003e', 9, {
    below: '00:1c.0',
    driver: 'ath10k_pci',
    subsystem: '1a56:1535',
    revision: 0x32,
    resets: 'pm bus',
  }),
  part('03:00.0', '010802', '144d:a804', 10, {
    below: '00:1d.0',
    driver: 'nvme',
    subsystem: '144d:a801',
    revision: 0,
    resets: 'flr bus',
  }),
];

const rootUuid = 'f05b7c8a-2e64-4d90-9b17-000000001050';
const luksUuid = '4b1f3f1e-6a4d-4b6e-9f0c-000000001050';

const defaultGrub = `GRUB_DEFAULT=0
GRUB_TIMEOUT_STYLE=hidden
GRUB_TIMEOUT=0
GRUB_DISTRIBUTOR=\`( . /etc/os-release; echo \${NAME:-Ubuntu} ) 2>/dev/null || echo Ubuntu\`
GRUB_CMDLINE_LINUX_DEFAULT="quiet splash mem_sleep_default=deep"
GRUB_CMDLINE_LINUX=""
`;

export const laptopOptimus = (machines: string): Entries => {
  const cpus = simpleCpus(6, 6, 9216);
  const nvme = `${pathOf('03:00.0', functions)}/nvme/nvme0`;
  const virtual = '/sys/devices/virtual/block';
  return assemble([
    cpuEntries(cpus),
    cpuinfoEntry(cpus, {
      vendor: 'GenuineIntel',
      family: 6,
      model: 158,
      name: 'Intel(R) Core(TM) i7-8750H CPU @ 2.20GHz',
      stepping: 10,
      flags:
        'fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 ht syscall nx pdpe1gb rdtscp lm constant_tsc pni pclmulqdq vmx ssse3 fma cx16 pcid sse4_1 sse4_2 x2apic movbe popcnt aes xsave avx f16c rdrand lahf_lm ept vpid fsgsbase bmi1 avx2 smep bmi2 erms arat',
      addressSizes: '39 bits physical, 48 bits virtual',
    }),
    nodeEntries(
      [{id: 0, cpus: cpus.map(({id}) => id), totalKiB: 16_180_996, freeKiB: 9_204_112, distances: [10]}],
      [2048, 1_048_576],
    ),
    kvmDevice,
    pciEntries(functions, {
      nodes: [{id: 0, cpulist: '0-11'}],
      hasResetMethod: true,
      groupType: 'DMA-FQ',
      regions: [messageRegion],
      iommu: [dmarUnit(0, 'fed90000', '19e2ff0505e'), dmarUnit(1, 'fed91000', 'f050da')],
    }),
    [
      binary(
        '/sys/firmware/acpi/tables/DMAR',
        readFileSync(join(machines, 'roots/linuxhw/7298D35A1731/sys/firmware/acpi/tables/DMAR')),
      ),
      value('/sys/class/dmi/id/sys_vendor', 'Dell Inc.'),
      value('/sys/class/dmi/id/product_name', 'XPS 15 9570'),
      value('/sys/class/dmi/id/chassis_type', 10),
    ],
    wiring.diskEntries(nvme, {name: 'nvme0n1', device: '259:0', number: 0}, [
      {name: 'nvme0n1p1', device: '259:1', number: 1},
      {name: 'nvme0n1p2', device: '259:2', number: 2},
      {name: 'nvme0n1p3', device: '259:3', number: 3},
    ]),
    wiring.mapperEntries(
      {name: 'dm-0', device: '252:0', number: 0},
      {name: 'dm_crypt-0', uuid: `CRYPT-LUKS2-${luksUuid.replaceAll('-', '')}-dm_crypt-0`},
      [['nvme0n1p3', `${nvme}/block/nvme0n1/nvme0n1p3`]],
    ),
    wiring.mapperEntries(
      {name: 'dm-1', device: '252:1', number: 0},
      {name: 'ubuntu--vg-ubuntu--lv', uuid: 'LVM-0000000000000000000000000000000000000000000000000000000000001050'},
      [['dm-0', `${virtual}/dm-0`]],
    ),
    wiring.mountEntries(
      wiring.pseudoMounts([
        {device: '252:1', path: '/', type: 'ext4', source: '/dev/mapper/ubuntu--vg-ubuntu--lv'},
        {device: '259:2', path: '/boot', type: 'ext4', source: '/dev/nvme0n1p2'},
        {device: '259:1', path: '/boot/efi', type: 'vfat', source: '/dev/nvme0n1p1'},
      ]),
      ['/swap.img'],
    ),
    wiring.networkEntries(functions, [{at: '02:00.0', name: 'wlp2s0', isUp: true}]),
    wiring.routeEntry('wlp2s0'),
    wiring.displayEntries(functions, [
      {
        at: '00:02.0',
        card: 'card1',
        connectors: [
          {name: 'eDP-1', isConnected: true},
          {name: 'DP-1', isConnected: false},
        ],
      },
      {at: '01:00.0', card: 'card0', connectors: []},
    ]),
    wiring.consoleEntries('i915drmfb', pathOf('00:02.0', functions)),
    wiring.keyboardEntry('AT Translated Set 2 keyboard', '/devices/platform/i8042/serio0/input/input3'),
    wiring.interruptEntries(12, true),
    distributionEntries({
      ...ubuntuNoble,
      firmware: 'uefi',
      commandLine: `BOOT_IMAGE=/vmlinuz-${ubuntuNoble.release} root=/dev/mapper/ubuntu--vg-ubuntu--lv ro quiet splash mem_sleep_default=deep`,
      defaultGrub,
      aliases: modernAliases,
      loaded: ['nouveau', 'i915', 'snd_hda_intel', 'ath10k_pci', 'kvm_intel', 'kvm', 'nvme', 'xhci_pci'],
      packages: {
        ...ubuntuNoble.packages,
        'grub-efi-amd64': '2.12-1ubuntu7.3',
        'shim-signed': '1.58+15.8-0ubuntu1',
        swtpm: '0.7.3-0ubuntu5.24.04.1',
      },
      parameters: {'kvm_intel.nested': 'Y', 'kvm_intel.ept': 'Y', 'kvm.ignore_msrs': 'N'},
      hasSwtpm: true,
      rootUuid,
    }),
    [
      file('/etc/crypttab', `dm_crypt-0 UUID=${luksUuid} none luks\n`),
      file(
        '/etc/fstab',
        `/dev/mapper/ubuntu--vg-ubuntu--lv / ext4 defaults 0 1\nUUID=${rootUuid} /boot ext4 defaults 0 1\nUUID=1050-0001 /boot/efi vfat umask=0077 0 1\n/swap.img none swap sw 0 0\n`,
      ),
      file(
        '/usr/share/misc/pci.ids',
        '10de  NVIDIA Corporation\n\t1c8c  GP107M [GeForce GTX 1050 Ti Mobile]\n168c  Qualcomm Atheros\n\t003e  QCA6174 802.11ac Wireless Network Adapter\n8086  Intel Corporation\n\t3e9b  CoffeeLake-H GT2 [UHD Graphics 630]\n',
      ),
    ],
  ]);
};
