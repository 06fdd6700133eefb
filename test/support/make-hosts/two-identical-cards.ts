import {modernAliases} from './aliases.ts';
import {am4Host} from './am4.ts';
import {type Entries, file} from './entries.ts';
import {debianBookworm} from './kernels.ts';
import {audioBars, nvidiaBars, type PciSpec} from './pci.ts';

/** The same card twice, down to the subsystem: only the address tells them apart. */
const rtx3060 = (bus: string, below: string, group: number, memory: number, bootVga: boolean): readonly PciSpec[] => [
  {
    at: `${bus}:00.0`,
    class: '030000',
    id: '10de:2504',
    subsystem: '1462:397e',
    revision: 0xa1,
    below,
    driver: 'nouveau',
    group,
    bootVga,
    bars: nvidiaBars(memory, memory * 0x100, 0x10000000),
    resizable: {1: '0000000000007fc0'},
  },
  {
    at: `${bus}:00.1`,
    class: '040300',
    id: '10de:228e',
    subsystem: '1462:397e',
    revision: 0xa1,
    below,
    driver: 'snd_hda_intel',
    group,
    bars: audioBars(memory + 0x1080000),
  },
];

const rootUuid = '9e41c7d8-5b0a-4f3e-a1c2-000000003060';

const defaultGrub = `GRUB_DEFAULT=saved
GRUB_SAVEDEFAULT=true
GRUB_TIMEOUT=5
GRUB_DISTRIBUTOR=\`lsb_release -i -s 2> /dev/null || echo Debian\`
GRUB_CMDLINE_LINUX_DEFAULT="quiet nouveau.config=NvGspRm=0"   # see the wiki
GRUB_CMDLINE_LINUX=""
`;

export const twoIdenticalCards = (machines: string): Entries => [
  ...am4Host({
    machines,
    table: '129E9638DC76',
    board: 'X570-A PRO (MS-7C37)',
    cores: 16,
    coresPerL3: 8,
    l3KiB: 32_768,
    cpu: {name: 'AMD Ryzen 9 5950X 16-Core Processor', family: 25, model: 33, stepping: 0},
    totalKiB: 65_772_408,
    cards: [...rtx3060('0a', '00:03.1', 21, 0xf6000000, true), ...rtx3060('0b', '00:03.2', 22, 0xf4000000, false)],
    displays: [
      {
        at: '0a:00.0',
        card: 'card0',
        connectors: [
          {name: 'DP-1', isConnected: true},
          {name: 'HDMI-A-1', isConnected: false},
        ],
      },
      {
        at: '0b:00.0',
        card: 'card1',
        connectors: [
          {name: 'DP-2', isConnected: false},
          {name: 'HDMI-A-2', isConnected: false},
        ],
      },
    ],
    console: {driver: 'nouveaudrmfb', at: '0a:00.0'},
    distribution: {
      ...debianBookworm,
      firmware: 'uefi',
      commandLine: `BOOT_IMAGE=/boot/vmlinuz-${debianBookworm.release} root=UUID=${rootUuid} ro quiet nouveau.config=NvGspRm=0`,
      defaultGrub,
      aliases: modernAliases,
      loaded: ['nouveau', 'snd_hda_intel', 'xhci_pci', 'kvm_amd', 'kvm', 'nvme', 'igc'],
      packages: {...debianBookworm.packages, 'grub-efi-amd64': '2.06-13+deb12u1'},
      parameters: {'kvm_amd.nested': '1', 'kvm_amd.npt': 'Y', 'kvm_amd.avic': 'N', 'kvm.ignore_msrs': 'N'},
      hasSwtpm: false,
      rootUuid,
    },
  }),
  file(
    '/etc/fstab',
    `UUID=${rootUuid} / ext4 errors=remount-ro 0 1\nUUID=3060-0001 /boot/efi vfat umask=0077 0 1\n/swap.img none swap sw 0 0\n`,
  ),
  file(
    '/usr/share/misc/pci.ids',
    '10de  NVIDIA Corporation\n\t228e  GA106 High Definition Audio Controller\n\t2504  GA106 [GeForce RTX 3060 Lite Hash Rate]\n',
  ),
];
