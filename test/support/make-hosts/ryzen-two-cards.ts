import {modernAliases} from './aliases.ts';
import {am4Host} from './am4.ts';
import {file, type Entries} from './entries.ts';
import {ubuntuNoble} from './kernels.ts';
import {audioBars, nvidiaBars, type PciSpec} from './pci.ts';

/** A GeForce RTX 2060 has four functions, its USB controller among them: all of them belong to the guest. */
const rtx2060 = (number: number, classCode: string, id: string, driver: string, rest: Partial<PciSpec> = {}): PciSpec => ({
  at: `0a:00.${number}`,
  class: classCode,
  id,
  subsystem: '1462:3756',
  revision: 0xa1,
  below: '00:03.1',
  driver,
  group: 21,
  ...rest,
});

const cards: readonly PciSpec[] = [
  rtx2060(0, '030000', '10de:1f08', 'nouveau', {bars: nvidiaBars(0xf6000000, 0xe0000000, 0x10000000), resets: ''}),
  rtx2060(1, '040300', '10de:10f9', 'snd_hda_intel', {bars: audioBars(0xf7080000)}),
  rtx2060(2, '0c0330', '10de:1ada', 'xhci_hcd', {resets: 'pm'}),
  rtx2060(3, '0c8000', '10de:1adb', 'nvidia-gpu', {resets: 'pm'}),
  {at: '0b:00.0', class: '030000', id: '1002:67df', subsystem: '1462:341b', revision: 0xe7, below: '00:03.2', driver: 'amdgpu', group: 22, bootVga: true, resizable: {0: '0000000000003f00'}},
  {at: '0b:00.1', class: '040300', id: '1002:aaf0', subsystem: '1462:aaf0', revision: 0, below: '00:03.2', driver: 'snd_hda_intel', group: 22},
];

const rootUuid = '2b7d5c1e-93a4-4c7e-8d55-000000002060';

const defaultGrub = `# If you change this file, run 'update-grub' afterwards to update
# /boot/grub/grub.cfg.

GRUB_DEFAULT=0
GRUB_TIMEOUT_STYLE=menu
GRUB_TIMEOUT=3
GRUB_DISTRIBUTOR=\`( . /etc/os-release; echo \${NAME:-Ubuntu} ) 2>/dev/null || echo Ubuntu\`
GRUB_CMDLINE_LINUX_DEFAULT='quiet splash amdgpu.ppfeaturemask=0xfffd7fff'
GRUB_CMDLINE_LINUX=""
`;

export const ryzenTwoCards = (machines: string): Entries => [
  ...am4Host({
    machines,
    table: 'CC63EF2F9155',
    board: 'MEG X570 UNIFY (MS-7C35)',
    cores: 8,
    coresPerL3: 4,
    l3KiB: 16_384,
    cpu: {name: 'AMD Ryzen 7 3700X 8-Core Processor', family: 23, model: 113, stepping: 0},
    totalKiB: 32_794_672,
    cards,
    displays: [
      {at: '0b:00.0', card: 'card1', connectors: [{name: 'DP-1', isConnected: true}, {name: 'HDMI-A-1', isConnected: false}]},
      {at: '0a:00.0', card: 'card0', connectors: [{name: 'DP-2', isConnected: false}, {name: 'HDMI-A-2', isConnected: false}]},
    ],
    console: {driver: 'amdgpudrmfb', at: '0b:00.0'},
    distribution: {
      ...ubuntuNoble,
      firmware: 'uefi',
      commandLine: `BOOT_IMAGE=/boot/vmlinuz-${ubuntuNoble.release} root=UUID=${rootUuid} ro quiet splash amdgpu.ppfeaturemask=0xfffd7fff`,
      defaultGrub,
      aliases: modernAliases,
      loaded: ['nouveau', 'amdgpu', 'snd_hda_intel', 'i2c_nvidia_gpu', 'xhci_pci', 'kvm_amd', 'kvm', 'nvme', 'igc'],
      packages: {...ubuntuNoble.packages, 'grub-efi-amd64': '2.12-1ubuntu7.3', swtpm: '0.7.3-0ubuntu5.24.04.1'},
      parameters: {'kvm_amd.nested': '1', 'kvm_amd.npt': 'Y', 'kvm_amd.avic': 'N', 'kvm.ignore_msrs': 'N'},
      hasSwtpm: true,
      rootUuid,
    },
  }),
  file('/etc/fstab', `UUID=${rootUuid} / ext4 defaults 0 1\nUUID=2060-0001 /boot/efi vfat umask=0077 0 1\n/swap.img none swap sw 0 0\n`),
  file('/usr/share/misc/pci.ids', '1002  Advanced Micro Devices, Inc. [AMD/ATI]\n\t67df  Ellesmere [Radeon RX 470/480/570/570X/580/580X/590]\n\taaf0  Ellesmere HDMI Audio [Radeon RX 470/480 / 570/580/590]\n10de  NVIDIA Corporation\n\t10f9  TU106 High Definition Audio Controller\n\t1ada  TU106 USB 3.1 Host Controller\n\t1adb  TU106 USB Type-C UCSI Controller\n\t1f08  TU106 [GeForce RTX 2060 Rev. A]\n'),
];
