import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {modernAliases} from './aliases.ts';
import {cpuEntries, cpuinfoEntry, kvmDevice, nodeEntries, simpleCpus} from './cpu.ts';
import {distributionEntries} from './distribution.ts';
import {assemble, binary, type Entries, file, value} from './entries.ts';
import {debianBookworm} from './kernels.ts';
import {audioBars, dmarUnit, messageRegion, nvidiaBars, pathOf, pciEntries, type PciSpec} from './pci.ts';
import * as wiring from './wiring.ts';

const board = (at: string, classCode: string, id: string, group: number, rest: Partial<PciSpec> = {}): PciSpec => ({
  at,
  class: classCode,
  id,
  group,
  subsystem: '1043:844d',
  revision: 5,
  ...rest,
});
/** Root ports of the Cougar Point PCH have no ACS capability; the kernel isolates them by a quirk. */
const port = (at: string, id: string, bus: number, group: number): PciSpec =>
  board(at, '060400', id, group, {driver: 'pcieport', port: {bus, isExpress: true}});
const usbRegion = '0x00000000ddae7000 0x00000000ddaf4fff direct-relaxable';

/** The author's listing: tree and all 15 groups. */
const functions: readonly PciSpec[] = [
  board('00:00.0', '060000', '8086:0158', 0, {driver: 'ivb_uncore', revision: 9}),
  port('00:01.0', '8086:0151', 1, 1),
  board('00:02.0', '030000', '8086:016a', 2, {driver: 'i915', revision: 9, bootVga: true, groupType: 'identity'}),
  board('00:16.0', '078000', '8086:1c3a', 3, {driver: 'mei_me'}),
  board('00:1a.0', '0c0320', '8086:1c2d', 4, {driver: 'ehci-pci', regions: [usbRegion]}),
  board('00:1b.0', '040300', '8086:1c20', 5, {driver: 'snd_hda_intel', resets: 'flr pm'}),
  port('00:1c.0', '8086:1c10', 2, 6),
  port('00:1c.5', '8086:1c1a', 3, 7),
  port('00:1c.6', '8086:1c1c', 4, 8),
  port('00:1c.7', '8086:1c1e', 5, 9),
  board('00:1d.0', '0c0320', '8086:1c26', 10, {driver: 'ehci-pci', regions: [usbRegion]}),
  board('00:1f.0', '060100', '8086:1c4a', 11, {driver: 'lpc_ich'}),
  board('00:1f.2', '010601', '8086:1c02', 11, {driver: 'ahci'}),
  board('00:1f.3', '0c0500', '8086:1c22', 11, {driver: 'i801_smbus'}),
  {
    at: '01:00.0',
    class: '030000',
    id: '10de:1381',
    subsystem: '3842:2753',
    revision: 0xa2,
    below: '00:01.0',
    driver: 'nouveau',
    group: 1,
    bars: nvidiaBars(0xf6000000, 0xe0000000, 0x10000000),
  },
  {
    at: '01:00.1',
    class: '040300',
    id: '10de:0fbc',
    subsystem: '3842:2753',
    revision: 0xa1,
    below: '00:01.0',
    driver: 'snd_hda_intel',
    group: 1,
    bars: audioBars(0xf7080000),
  },
  {
    at: '02:00.0',
    class: '030000',
    id: '1002:6611',
    subsystem: '1028:210b',
    revision: 0,
    below: '00:1c.0',
    driver: 'radeon',
    group: 12,
  },
  {
    at: '02:00.1',
    class: '040300',
    id: '1002:aab0',
    subsystem: '1028:aab0',
    revision: 0,
    below: '00:1c.0',
    driver: 'snd_hda_intel',
    group: 12,
  },
  {
    at: '03:00.0',
    class: '0c0330',
    id: '1b21:1042',
    subsystem: '1043:8488',
    revision: 0,
    below: '00:1c.5',
    driver: 'xhci_hcd',
    group: 13,
    resets: 'pm bus',
  },
  {
    at: '04:00.0',
    class: '020000',
    id: '10ec:8168',
    subsystem: '1043:8432',
    revision: 6,
    below: '00:1c.6',
    driver: 'r8169',
    group: 14,
    resets: 'pm bus',
  },
  {
    at: '05:00.0',
    class: '060401',
    id: '1b21:1080',
    revision: 1,
    below: '00:1c.7',
    group: 9,
    port: {bus: 6, isExpress: false},
  },
];

const rootUuid = '7c2f1f0a-41de-4a8f-b3c1-000000000067';

const defaultGrub = `# If you change this file, run 'update-grub' afterwards to update
# /boot/grub/grub.cfg.
# For full documentation of the options in this file, see:
#   info -f grub -n 'Simple configuration'

GRUB_DEFAULT=0
GRUB_TIMEOUT=5
GRUB_DISTRIBUTOR=\`lsb_release -i -s 2> /dev/null || echo Debian\`
GRUB_CMDLINE_LINUX_DEFAULT="quiet"
GRUB_CMDLINE_LINUX="acpi_osi=\\"!Windows 2012\\""
`;

const sata = `${pathOf('00:1f.2', functions)}/ata1/host0/target0:0:0/0:0:0:0`;

export const asusP8h67m = (machines: string): Entries => {
  const cpus = simpleCpus(4, 4, 8192);
  return assemble([
    cpuEntries(cpus),
    cpuinfoEntry(cpus, {
      vendor: 'GenuineIntel',
      family: 6,
      model: 58,
      name: 'Intel(R) Xeon(R) CPU E3-1245 V2 @ 3.40GHz',
      stepping: 9,
      flags:
        'fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 ht syscall nx rdtscp lm constant_tsc pni pclmulqdq vmx ssse3 cx16 pcid sse4_1 sse4_2 x2apic popcnt aes xsave avx f16c rdrand lahf_lm ept vpid fsgsbase smep erms arat',
      addressSizes: '36 bits physical, 48 bits virtual',
    }),
    nodeEntries(
      [{id: 0, cpus: cpus.map(({id}) => id), totalKiB: 16_298_312, freeKiB: 14_120_944, distances: [10]}],
      [2048],
    ),
    kvmDevice,
    pciEntries(functions, {
      nodes: [{id: 0, cpulist: '0-7'}],
      hasResetMethod: true,
      groupType: 'DMA-FQ',
      regions: [messageRegion],
      iommu: [dmarUnit(0, 'fed90000', 'f010da')],
    }),
    [
      binary(
        '/sys/firmware/acpi/tables/DMAR',
        readFileSync(join(machines, 'roots/linuxhw/14FAD414B696/sys/firmware/acpi/tables/DMAR')),
      ),
      value('/sys/class/dmi/id/board_name', 'P8H67-M PRO'),
      value('/sys/class/dmi/id/chassis_type', 3),
    ],
    wiring.diskEntries(sata, {name: 'sda', device: '8:0', number: 0}, [
      {name: 'sda1', device: '8:1', number: 1},
      {name: 'sda5', device: '8:5', number: 5},
    ]),
    wiring.mountEntries(wiring.pseudoMounts([{device: '8:1', path: '/', type: 'ext4', source: '/dev/sda1'}]), [
      '/dev/sda5',
    ]),
    wiring.networkEntries(functions, [{at: '04:00.0', name: 'enp4s0', isUp: true}]),
    wiring.bridgeEntries('br0', 'enp4s0', pathOf('04:00.0', functions)),
    wiring.routeEntry('br0'),
    wiring.displayEntries(functions, [
      {
        at: '00:02.0',
        card: 'card0',
        connectors: [
          {name: 'HDMI-A-1', isConnected: true},
          {name: 'DP-1', isConnected: false},
        ],
      },
      {at: '01:00.0', card: 'card1', connectors: [{name: 'DVI-I-1', isConnected: false}]},
      {at: '02:00.0', card: 'card2', connectors: [{name: 'DP-2', isConnected: false}]},
    ]),
    wiring.consoleEntries('i915drmfb', pathOf('00:02.0', functions)),
    wiring.keyboardEntry(
      'Logitech USB Keyboard',
      '/devices/pci0000:00/0000:00:1d.0/usb2/2-1/2-1.2/2-1.2:1.0/0003:046D:C31C.0001/input/input4',
    ),
    wiring.interruptEntries(8, true),
    distributionEntries({
      ...debianBookworm,
      firmware: 'bios',
      commandLine: `BOOT_IMAGE=/boot/vmlinuz-${debianBookworm.release} root=UUID=${rootUuid} ro acpi_osi="!Windows 2012" quiet`,
      defaultGrub,
      aliases: modernAliases,
      loaded: ['nouveau', 'radeon', 'i915', 'snd_hda_intel', 'kvm_intel', 'kvm', 'r8169', 'ahci'],
      packages: {...debianBookworm.packages, 'grub-pc': '2.06-13+deb12u1'},
      parameters: {'kvm_intel.nested': 'Y', 'kvm_intel.ept': 'Y', 'kvm.ignore_msrs': 'N'},
      hasSwtpm: false,
      rootUuid,
    }),
    [
      file('/etc/fstab', `UUID=${rootUuid} / ext4 errors=remount-ro 0 1\n/dev/sda5 none swap sw 0 0\n`),
      file('/etc/modprobe.d/radeon.conf', 'options radeon dpm=1\n'),
      file('/etc/libvirt/qemu/win7.xml', win7Domain, 0o600),
      file('/var/lib/libvirt/images/win7.qcow2', '', 0o600),
      file('/usr/share/misc/pci.ids', pciNames),
    ],
  ]);
};

const win7Domain = `<!--
WARNING: THIS IS AN AUTO-GENERATED FILE. CHANGES TO IT ARE LIKELY TO BE
OVERWRITTEN AND LOST. Changes to this xml configuration should be made using:
  virsh edit win7
or other application using the libvirt API.
-->

<domain type='kvm'>
  <name>win7</name>
  <uuid>5a1d4a0e-91b1-4d0c-8a59-000000000067</uuid>
  <title>Steam, in the living room</title>
  <memory unit='KiB'>4194304</memory>
  <currentMemory unit='KiB'>4194304</currentMemory>
  <vcpu placement='static'>4</vcpu>
  <os>
    <type arch='x86_64' machine='pc-q35-7.2'>hvm</type>
    <boot dev='hd'/>
  </os>
  <features>
    <acpi/>
    <apic/>
  </features>
  <cpu mode='host-passthrough' check='none'/>
  <clock offset='localtime'/>
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>restart</on_reboot>
  <on_crash>destroy</on_crash>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2' cache='none'/>
      <source file='/var/lib/libvirt/images/win7.qcow2'/>
      <target dev='vda' bus='virtio'/>
      <address type='pci' domain='0x0000' bus='0x04' slot='0x00' function='0x0'/>
    </disk>
    <controller type='usb' index='0' model='qemu-xhci' ports='15'>
      <address type='pci' domain='0x0000' bus='0x02' slot='0x00' function='0x0'/>
    </controller>
    <controller type='pci' index='0' model='pcie-root'/>
    <controller type='pci' index='1' model='pcie-root-port'>
      <model name='pcie-root-port'/>
      <target chassis='1' port='0x10'/>
      <address type='pci' domain='0x0000' bus='0x00' slot='0x02' function='0x0' multifunction='on'/>
    </controller>
    <interface type='bridge'>
      <mac address='52:54:00:00:00:67'/>
      <source bridge='br0'/>
      <model type='virtio'/>
      <address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x0'/>
    </interface>
    <graphics type='spice' autoport='yes'>
      <listen type='address'/>
    </graphics>
    <video>
      <model type='qxl' ram='65536' vram='65536' vgamem='16384' heads='1' primary='yes'/>
      <address type='pci' domain='0x0000' bus='0x00' slot='0x01' function='0x0'/>
    </video>
    <memballoon model='virtio'>
      <address type='pci' domain='0x0000' bus='0x05' slot='0x00' function='0x0'/>
    </memballoon>
  </devices>
</domain>
`;

const pciNames = `1002  Advanced Micro Devices, Inc. [AMD/ATI]
\t6611  Oland [Radeon HD 8570 / R7 240 OEM]
\taab0  Cape Verde/Pitcairn HDMI Audio [Radeon HD 7700/7800 Series]
10de  NVIDIA Corporation
\t1381  GM107 [GeForce GTX 750]
10ec  Realtek Semiconductor Co., Ltd.
\t8168  RTL8111/8168/8411 PCI Express Gigabit Ethernet Controller
1b21  ASMedia Technology Inc.
\t1042  ASM1042 SuperSpeed USB Host Controller
8086  Intel Corporation
\t016a  Xeon E3-1200 v2/3rd Gen Core processor Graphics Controller
`;
