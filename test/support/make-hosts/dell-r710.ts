import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {focalAliases, modernAliases} from './aliases.ts';
import {capturedCpuEntries, cpuinfoEntry, type CpuModel, kvmDevice, nodeEntries} from './cpu.ts';
import {type Distribution, distributionEntries} from './distribution.ts';
import {assemble, binary, directory, type Entries, file, program, value} from './entries.ts';
import {debianBookworm, ubuntuFocal} from './kernels.ts';
import {audioBars, dmarUnit, messageRegion, nvidiaBars, pathOf, pciEntries, type PciSpec} from './pci.ts';
import * as wiring from './wiring.ts';

const even = Array.from({length: 12}, (_, index) => index * 2);
const odd = even.map((id) => id + 1);

/** The author's CPU instead of the captured L5640; the flags that no decision asks for are left out. */
const e5645: CpuModel = {
  vendor: 'GenuineIntel',
  family: 6,
  model: 44,
  name: 'Intel(R) Xeon(R) CPU           E5645  @ 2.40GHz',
  stepping: 2,
  flags:
    'fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 ht syscall nx pdpe1gb rdtscp lm constant_tsc pni pclmulqdq vmx ssse3 cx16 pcid sse4_1 sse4_2 popcnt aes lahf_lm ept vpid arat',
  addressSizes: '40 bits physical, 48 bits virtual',
};

const acs = [0x001d, 0x001d] as const;
const port = (at: string, id: string, bus: number, group: number): PciSpec => ({
  at,
  id,
  class: '060400',
  subsystem: '1028:0236',
  revision: 0x13,
  driver: 'pcieport',
  group,
  port: {bus, isExpress: true, acs},
});
const usbRegion = '0x00000000df80e500 0x00000000dfe6ffff direct-relaxable';
const system = (at: string, classCode: string, id: string, group: number, rest: Partial<PciSpec> = {}): PciSpec => ({
  at,
  class: classCode,
  id,
  group,
  subsystem: '1028:0236',
  revision: 0x13,
  ...rest,
});

/** Addresses, ids and drivers of the captured machine; 00:05.0 and the graphics card are not in it. */
const functions: readonly PciSpec[] = [
  system('00:00.0', '060000', '8086:3403', 0),
  port('00:01.0', '8086:3408', 0x01, 1),
  port('00:03.0', '8086:340a', 0x02, 2),
  port('00:05.0', '8086:340c', 0x04, 3),
  port('00:07.0', '8086:340e', 0x06, 4),
  port('00:09.0', '8086:3410', 0x05, 5),
  system('00:14.0', '080000', '8086:342e', 6, {driver: 'i7core_edac'}),
  system('00:14.1', '080000', '8086:3422', 6),
  system('00:14.2', '080000', '8086:3423', 6),
  system('00:1a.0', '0c0300', '8086:2937', 7, {driver: 'uhci_hcd', regions: [usbRegion]}),
  system('00:1a.1', '0c0300', '8086:2938', 7, {driver: 'uhci_hcd'}),
  system('00:1a.7', '0c0320', '8086:293c', 7, {driver: 'ehci-pci'}),
  {...port('00:1c.0', '8086:2940', 0x03, 8), revision: 2},
  system('00:1d.0', '0c0300', '8086:2934', 9, {driver: 'uhci_hcd', regions: [usbRegion]}),
  system('00:1d.1', '0c0300', '8086:2935', 9, {driver: 'uhci_hcd'}),
  system('00:1d.7', '0c0320', '8086:293a', 9, {driver: 'ehci-pci'}),
  system('00:1e.0', '060401', '8086:244e', 10, {revision: 0x92, port: {bus: 0x07, isExpress: false}}),
  system('00:1f.0', '060100', '8086:2918', 11, {driver: 'lpc_ich'}),
  system('00:1f.2', '01018f', '8086:2921', 11, {driver: 'ata_piix'}),
  system('01:00.0', '020000', '14e4:1639', 12, {below: '00:01.0', driver: 'bnx2', revision: 0x20}),
  system('01:00.1', '020000', '14e4:1639', 12, {below: '00:01.0', driver: 'bnx2', revision: 0x20}),
  system('02:00.0', '020000', '14e4:1639', 13, {below: '00:03.0', driver: 'bnx2', revision: 0x20}),
  system('02:00.1', '020000', '14e4:1639', 13, {below: '00:03.0', driver: 'bnx2', revision: 0x20}),
  system('03:00.0', '010400', '1000:0060', 14, {
    below: '00:1c.0',
    driver: 'megaraid_sas',
    revision: 4,
    subsystem: '1028:1f0c',
  }),
  system('05:00.0', '020000', '8086:1521', 15, {below: '00:09.0', driver: 'igb', resets: 'flr pm'}),
  system('05:00.1', '020000', '8086:1521', 16, {below: '00:09.0', driver: 'igb', resets: 'flr pm'}),
  {
    at: '06:00.0',
    class: '030000',
    id: '10de:1c81',
    subsystem: '1462:8c97',
    revision: 0xa1,
    below: '00:07.0',
    driver: 'nouveau',
    group: 17,
    bars: nvidiaBars(0xdc000000, 0xc0000000, 0x10000000),
  },
  {
    at: '06:00.1',
    class: '040300',
    id: '10de:0fb9',
    subsystem: '1462:8c97',
    revision: 0xa1,
    below: '00:07.0',
    driver: 'snd_hda_intel',
    group: 17,
    bars: audioBars(0xdd000000),
  },
  system('07:03.0', '030000', '102b:0532', 10, {below: '00:1e.0', driver: 'mgag200', revision: 0x0a, bootVga: true}),
  system('fe:00.0', '060000', '8086:2c70', 18, {revision: 2}),
  system('fe:00.1', '060000', '8086:2d81', 18, {revision: 2}),
  system('ff:00.0', '060000', '8086:2c70', 19, {revision: 2}),
  system('ff:00.1', '060000', '8086:2d81', 19, {revision: 2}),
];

const defaultGrub = `# If you change this file, run 'update-grub' afterwards to update
# /boot/grub/grub.cfg.

GRUB_DEFAULT=0
GRUB_TIMEOUT_STYLE=hidden
GRUB_TIMEOUT=5
GRUB_DISTRIBUTOR=\`lsb_release -i -s 2> /dev/null || echo Debian\`
# The iDRAC shows the second serial port.
GRUB_CMDLINE_LINUX_DEFAULT="intel_iommu=on"
GRUB_CMDLINE_LINUX="console=tty0 console=ttyS1,115200n8"
GRUB_TERMINAL="console serial"
GRUB_SERIAL_COMMAND="serial --speed=115200 --unit=1 --word=8 --parity=no --stop=1"
`;

const rootUuid = '6d3f2a54-0a3c-4b0e-8f53-000000000710';

const distribution = (
  kernel: typeof ubuntuFocal,
  aliases: readonly string[],
  parameters: Readonly<Record<string, string>>,
): Distribution => ({
  ...kernel,
  firmware: 'bios',
  commandLine: `BOOT_IMAGE=/boot/vmlinuz-${kernel.release} root=UUID=${rootUuid} ro console=tty0 console=ttyS1,115200n8 intel_iommu=on`,
  defaultGrub,
  aliases,
  loaded: ['nouveau', 'snd_hda_intel', 'mgag200', 'kvm_intel', 'kvm', 'bnx2', 'igb', 'megaraid_sas'],
  packages: {...kernel.packages, 'grub-pc': kernel.packages['grub-common'] ?? ''},
  parameters: {'kvm_intel.nested': 'Y', 'kvm_intel.ept': 'Y', 'kvm.ignore_msrs': 'N', ...parameters},
  hasSwtpm: false,
  rootUuid,
});

const megaraid = pathOf('03:00.0', functions);
const sda = `${megaraid}/host0/target0:2:0/0:2:0:0`;

const machine = (machines: string, software: Distribution, isModern: boolean): Entries => {
  const captured = join(machines, 'roots/ghw/linux-amd64-intel-xeon-L5640');
  const table = readFileSync(join(machines, 'roots/linuxhw/2148E87727EE/sys/firmware/acpi/tables/DMAR'));
  return assemble([
    capturedCpuEntries(captured, 24),
    cpuinfoEntry(
      Array.from({length: 24}, (_, id) => ({
        id,
        package: id % 2 === 0 ? 1 : 0,
        core: [0, 1, 2, 8, 9, 10][Math.floor((id % 12) / 2)] ?? 0,
      })),
      e5645,
    ),
    nodeEntries(
      [
        {id: 0, cpus: even, totalKiB: 24_737_184, freeKiB: 22_918_320, distances: [10, 20]},
        {id: 1, cpus: odd, totalKiB: 24_767_080, freeKiB: 23_871_412, distances: [20, 10]},
      ],
      [2048, 1_048_576],
    ),
    kvmDevice,
    pciEntries(functions, {
      nodes: [
        {id: 0, cpulist: even.join(',')},
        {id: 1, cpulist: odd.join(',')},
      ],
      hasResetMethod: isModern,
      groupType: isModern ? 'DMA-FQ' : null,
      regions: [messageRegion],
      // Bit 3 of ecap is clear: the 5520 chipset's remapping is not used, as on the author's machine.
      iommu: [dmarUnit(0, 'dcfe0000', 'f020d6')],
    }),
    [
      binary('/sys/firmware/acpi/tables/DMAR', table),
      value('/sys/class/dmi/id/sys_vendor', 'Dell Inc.'),
      value('/sys/class/dmi/id/product_name', 'PowerEdge R710'),
      value('/sys/class/dmi/id/chassis_type', 23),
    ],
    wiring.diskEntries(sda, {name: 'sda', device: '8:0', number: 0}, [
      {name: 'sda1', device: '8:1', number: 1},
      {name: 'sda2', device: '8:2', number: 2},
    ]),
    wiring.mountEntries(wiring.pseudoMounts([{device: '8:2', path: '/', type: 'ext4', source: '/dev/sda2'}]), [
      '/dev/sda1',
    ]),
    wiring.networkEntries(functions, [
      {at: '01:00.0', name: 'eno1', isUp: true},
      {at: '01:00.1', name: 'eno2', isUp: false},
      {at: '02:00.0', name: 'eno3', isUp: false},
      {at: '02:00.1', name: 'eno4', isUp: false},
      {at: '05:00.0', name: 'enp5s0f0', isUp: false},
      {at: '05:00.1', name: 'enp5s0f1', isUp: false},
    ]),
    wiring.routeEntry('eno1'),
    wiring.displayEntries(functions, [
      {at: '07:03.0', card: 'card0', connectors: [{name: 'VGA-1', isConnected: true}]},
      {
        at: '06:00.0',
        card: 'card1',
        connectors: [
          {name: 'HDMI-A-1', isConnected: false},
          {name: 'DVI-D-1', isConnected: false},
        ],
      },
    ]),
    wiring.consoleEntries('mgadrmfb', pathOf('07:03.0', functions)),
    wiring.keyboardEntry(
      'Avocent Keyboard/Mouse Function',
      '/devices/pci0000:00/0000:00:1d.0/usb5/5-2/5-2:1.0/0003:0624:0248.0001/input/input3',
    ),
    wiring.interruptEntries(24, false),
    distributionEntries(software),
    [
      file('/etc/fstab', `UUID=${rootUuid} / ext4 errors=remount-ro 0 1\n/dev/sda1 none swap sw 0 0\n`),
      file('/etc/modprobe.d/blacklist.conf', '# Drivers that trouble this machine.\nblacklist i7core_edac\n'),
      file('/etc/libvirt/qemu/backup.xml', backupDomain, 0o600),
      file('/usr/share/misc/pci.ids', pciNames),
      directory('/usr/share/vgabios'),
      program('/usr/sbin/lspci'),
    ],
  ]);
};

const backupDomain = `<!--
WARNING: THIS IS AN AUTO-GENERATED FILE. CHANGES TO IT ARE LIKELY TO BE
OVERWRITTEN AND LOST. Changes to this xml configuration should be made using:
  virsh edit backup
or other application using the libvirt API.
-->

<domain type='kvm'>
  <name>backup</name>
  <uuid>0f9a2b62-6f13-4f52-9f7e-000000000710</uuid>
  <memory unit='KiB'>2097152</memory>
  <currentMemory unit='KiB'>2097152</currentMemory>
  <vcpu placement='static'>2</vcpu>
  <os>
    <type arch='x86_64' machine='pc-q35-4.2'>hvm</type>
    <boot dev='hd'/>
  </os>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
  </devices>
</domain>
`;

const pciNames = `1000  Broadcom / LSI
\t0060  MegaRAID SAS 1078
102b  Matrox Electronics Systems Ltd.
\t0532  MGA G200eW WPCM450
10de  NVIDIA Corporation
\t0fb9  GP107GL High Definition Audio Controller
\t1c81  GP107 [GeForce GTX 1050]
14e4  Broadcom Inc. and subsidiaries
\t1639  NetXtreme II BCM5709 Gigabit Ethernet
8086  Intel Corporation
\t1521  I350 Gigabit Network Connection
\t340e  5520/5500/X58 I/O Hub PCI Express Root Port 7
`;

export const dellR710 = (machines: string): Entries =>
  machine(
    machines,
    distribution(ubuntuFocal, focalAliases, {
      'vfio_iommu_type1.allow_unsafe_interrupts': 'N',
      'vfio_pci.disable_idle_d3': 'N',
    }),
    false,
  );

export const dellR710Debian12 = (machines: string): Entries =>
  machine(machines, distribution(debianBookworm, modernAliases, {}), true);
