import {readFileSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {outputFile} from '../../../src/system/source.ts';
import {modernAliases} from './aliases.ts';
import {cpuinfoEntry} from './cpu.ts';
import {distributionEntries} from './distribution.ts';
import {assemble, binary, directory, type Entries, file, link, program, value} from './entries.ts';
import {debianBookworm} from './kernels.ts';
import {pathOf, pciEntries, type PciSpec} from './pci.ts';
import * as wiring from './wiring.ts';

const outputs = resolve(import.meta.dirname, '../../host/xen/outputs');
const output = (name: string): string => readFileSync(join(outputs, name), 'utf8');

const release = '6.1.0-56-amd64';
const rootUuid = '2b7d5c1e-93a4-4c7e-8d55-000000004170';

const card = (at: string, below: string | null, bootVga = false): PciSpec => ({
  at,
  class: '030000',
  id: '1234:1111',
  subsystem: '1af4:1100',
  revision: 2,
  driver: 'bochs-drm',
  ...(below === null ? {} : {below}),
  bootVga,
  resets: 'bus',
});

const functions: readonly PciSpec[] = [
  {at: '00:00.0', class: '060000', id: '8086:29c0'},
  card('00:01.0', null, true),
  {at: '00:03.0', class: '020000', id: '1af4:1000', driver: 'virtio-pci'},
  {at: '00:04.0', class: '010000', id: '1af4:1001', driver: 'virtio-pci'},
  // `disable-acs=on` of QEMU; both ports are functions of one slot.
  {at: '00:0b.0', class: '060400', id: '1b36:000c', driver: 'pcieport', port: {bus: 2, isExpress: true}},
  {at: '00:0b.1', class: '060400', id: '1b36:000c', driver: 'pcieport', port: {bus: 3, isExpress: true}},
  {at: '00:1f.0', class: '060100', id: '8086:2918'},
  card('02:00.0', '00:0b.0'),
  {at: '03:00.0', class: '020000', id: '8086:10d3', below: '00:0b.1'},
  // ACSCap and ACSCtl as lspci showed them.
  {
    at: '40:00.0',
    class: '060400',
    id: '1b36:000c',
    driver: 'pcieport',
    port: {bus: 0x41, isExpress: true, acs: [0x5f, 0x1d]},
  },
  card('41:00.0', '40:00.0'),
];

const defaultGrub = `GRUB_DEFAULT=0
GRUB_TIMEOUT=5
GRUB_DISTRIBUTOR=\`lsb_release -i -s 2> /dev/null || echo Debian\`
GRUB_CMDLINE_LINUX_DEFAULT="quiet"
GRUB_CMDLINE_LINUX="console=hvc0"
`;

/** In the manner of xen-hypervisor-common, whose file has nothing but comments until somebody sets something. */
const xenDefaults = `# Arguments of Xen itself:
#GRUB_CMDLINE_XEN=""
GRUB_CMDLINE_XEN_DEFAULT="loglvl=all"
# Arguments of the kernel of dom0, in place of GRUB_CMDLINE_LINUX:
#GRUB_CMDLINE_LINUX_XEN_REPLACE_DEFAULT="$GRUB_CMDLINE_LINUX_DEFAULT"
`;

const guest = `# A guest that somebody wrote by hand.
name = 'mail'
type = "pvh"
kernel = "/boot/vmlinuz-${release}"
memory = 256
vcpus = 1
disk = [ "phy:/dev/vg0/mail,xvda,w" ]   # its only one
`;

/** What is not there under Xen, or is not installed. */
const gone = [
  '/etc/libvirt',
  '/var/lib/libvirt',
  '/usr/bin/virsh',
  '/usr/sbin/libvirtd',
  '/usr/bin/qemu-system-x86_64',
  '/usr/bin/swtpm',
  '/usr/share/qemu',
  '/usr/share/OVMF',
  '/sys/module/vfio',
  '/sys/module/kvm',
];

/**
 * **Put together**: what Xen says is from a real dom0 in QEMU (test/host/xen/outputs), as are the addresses, ids, drivers
 * and ACS registers of the devices, the CPUs that dom0 sees and its ACPI tables by name. The card is not hidden yet,
 * which it was in that run; files of Debian, disk, network and a guest are invented.
 */
export const xenDesktop = (): Entries => {
  const entries = assemble([
    cpuinfoEntry(
      [0, 1].map((id) => ({id, package: 0, core: id})),
      {
        vendor: 'AuthenticAMD',
        family: 23,
        model: 1,
        name: 'AMD EPYC Processor',
        stepping: 2,
        // Xen hides svm from dom0.
        flags:
          'fpu de tsc msr pae mce cx8 apic sep mca cmov pat clflush mmx fxsr sse sse2 ht syscall nx lm rep_good hypervisor',
        addressSizes: '40 bits physical, 48 bits virtual',
      },
    ),
    [0, 1].map((id) => directory(`/sys/devices/system/cpu/cpu${id}`)),
    [
      value('/sys/devices/system/cpu/online', '0-1'),
      value('/sys/devices/system/node/online', '0'),
      value('/sys/devices/system/node/node0/cpulist', '0-1'),
      file(
        '/sys/devices/system/node/node0/meminfo',
        'Node 0 MemTotal:        1200000 kB\nNode 0 MemFree:          900000 kB\n',
        0o444,
      ),
      value('/sys/devices/system/node/node0/distance', '10'),
      file(
        '/proc/meminfo',
        'MemTotal:        1200000 kB\nMemFree:          900000 kB\nMemAvailable:    1000000 kB\nHugepagesize:       2048 kB\n',
        0o444,
      ),
      value('/sys/hypervisor/type', 'xen'),
      value('/sys/hypervisor/uuid', '00000000-0000-0000-0000-000000000000'),
      value('/sys/hypervisor/guest_type', 'PV'),
      value('/sys/hypervisor/version/major', '4'),
      value('/sys/hypervisor/version/minor', '17'),
      value('/sys/hypervisor/version/extra', '.7'),
      value('/proc/xen/capabilities', 'control_d'),
      file(outputFile(['xl', 'info', '-n']), output('xl-info-n.txt')),
      file(outputFile(['xl', 'vcpu-list']), output('xl-vcpu-list.txt')),
      file(outputFile(['xenpm', 'get-cpu-topology']), output('xenpm-get-cpu-topology.txt')),
      // Nothing is hidden here yet.
      file(outputFile(['xl', 'pci-assignable-list']), ''),
      value('/sys/class/dmi/id/chassis_type', 1),
      binary('/sys/firmware/acpi/tables/RMAD', vtdTable()),
      binary('/sys/firmware/acpi/tables/SRAT', Buffer.from('SRAT')),
      binary('/sys/firmware/acpi/tables/SLIT', Buffer.from('SLIT')),
    ],
    pciEntries(functions, {nodes: [], hasResetMethod: true, groupType: null, regions: [], iommu: []}),
    wiring.diskEntries(pathOf('00:04.0', functions), {name: 'vda', device: '254:0', number: 0}, [
      {name: 'vda1', device: '254:1', number: 1},
    ]),
    wiring.mountEntries([{device: '254:1', path: '/', type: 'ext4', source: '/dev/vda1'}], []),
    wiring.networkEntries(functions, [{at: '00:03.0', name: 'enp0s3', isUp: true}]),
    wiring.bridgeEntries('xenbr0', 'enp0s3', pathOf('00:03.0', functions)),
    wiring.routeEntry('xenbr0'),
    wiring.displayEntries(functions, [
      {at: '00:01.0', card: 'card0', connectors: [{name: 'Virtual-1', isConnected: true}]},
      {at: '02:00.0', card: 'card1', connectors: [{name: 'Virtual-2', isConnected: false}]},
      {at: '41:00.0', card: 'card2', connectors: [{name: 'Virtual-3', isConnected: false}]},
    ]),
    wiring.consoleEntries('bochs-drmdrmfb', pathOf('00:01.0', functions)),
    distributionEntries({
      ...debianBookworm,
      release,
      firmware: 'bios',
      commandLine: `placeholder root=UUID=${rootUuid} ro console=hvc0 quiet`,
      defaultGrub,
      config: {...debianBookworm.config, XEN_PCIDEV_BACKEND: 'm'},
      modules: [...debianBookworm.modules, 'drivers/xen/xen-pciback/xen-pciback', 'drivers/gpu/drm/tiny/bochs'],
      aliases: [...modernAliases, 'alias pci:v00001234d00001111sv*sd*bc*sc*i* bochs'],
      loaded: ['bochs', 'virtio_net', 'virtio_blk', 'xen_gntdev', 'xen_evtchn'],
      packages: {
        'grub-common': '2.06-13+deb12u1',
        'initramfs-tools': '0.142+deb12u3',
        ovmf: '2022.11-6+deb12u2',
        systemd: '252.38-1~deb12u1',
        'xen-utils-4.17': '4.17.7+13-g2445b30a44-0+deb12u1',
      },
      parameters: {},
      hasSwtpm: false,
      rootUuid,
    }),
    [
      file('/etc/default/grub.d/xen.cfg', xenDefaults),
      file('/etc/grub.d/20_linux_xen', '#!/bin/sh\n', 0o755),
      file('/boot/xen-4.17-amd64.gz', ''),
      file('/etc/fstab', `UUID=${rootUuid} / ext4 errors=remount-ro 0 1\n`),
      file('/etc/xen/xl.conf', '#autoballoon="auto"\n'),
      file('/etc/xen/mail.cfg', guest),
      link('/etc/xen/auto/mail.cfg', '../mail.cfg'),
      file('/usr/share/ovmf/OVMF.fd', ''),
      program('/usr/sbin/xl'),
      program('/usr/sbin/xenpm'),
    ],
  ]);
  return entries.filter(
    ({path}) => !gone.some((one) => path === one || path.startsWith(`${one}/`) || path.startsWith(`${one}_`)),
  );
};

/** A table of VT-d with one unit for all devices, as Xen leaves it: the signature turned around, the checksum right. */
const vtdTable = (): Buffer => {
  const bytes = Buffer.alloc(64);
  bytes.write('RMAD', 0, 'latin1');
  bytes.writeUInt32LE(bytes.length, 4);
  bytes[8] = 1;
  // Address width 39 bits, interrupt remapping.
  bytes[36] = 38;
  bytes[37] = 1;
  // One DRHD, INCLUDE_PCI_ALL, registers at fed90000.
  bytes.writeUInt16LE(0, 48);
  bytes.writeUInt16LE(16, 50);
  bytes[52] = 1;
  bytes.writeUInt32LE(0xfed90000, 56);
  bytes[9] = (256 - (bytes.reduce((sum, byte) => sum + byte, 0) % 256)) % 256;
  return bytes;
};
