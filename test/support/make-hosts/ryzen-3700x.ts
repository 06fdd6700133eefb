import {modernAliases} from './aliases.ts';
import {am4Host} from './am4.ts';
import {type Entries, file} from './entries.ts';
import {ubuntuNoble} from './kernels.ts';
import type {PciSpec} from './pci.ts';

export type Ryzen = {
  readonly machines: string;
  readonly cards: readonly PciSpec[];
  readonly interfaces?: Parameters<typeof am4Host>[0]['interfaces'];
  readonly displays: Parameters<typeof am4Host>[0]['displays'];
  /** Address of the card with the text console. */
  readonly consoleAt: string;
  /** Modules of the other cards. */
  readonly loaded: readonly string[];
  /** Another kernel than that of Ubuntu 24.04. */
  readonly software?: typeof ubuntuNoble;
  /** Four digits in which the ids of the file systems differ. */
  readonly serial: string;
  /** What pci.ids has beyond AMD. */
  readonly names: string;
};

/** A Radeon RX 580: the firmware, the desktop and the text console are on it. */
export const radeon = (slot: string, below: string, group: number, resets?: string): readonly PciSpec[] => [
  {
    at: `${slot}.0`,
    class: '030000',
    id: '1002:67df',
    subsystem: '1462:341b',
    revision: 0xe7,
    below,
    driver: 'amdgpu',
    group,
    bootVga: true,
    ...(resets === undefined ? {} : {resets}),
    resizable: {0: '0000000000003f00'},
  },
  {
    at: `${slot}.1`,
    class: '040300',
    id: '1002:aaf0',
    subsystem: '1462:aaf0',
    revision: 0,
    below,
    driver: 'snd_hda_intel',
    group,
  },
];

const defaultGrub = `# If you change this file, run 'update-grub' afterwards to update
# /boot/grub/grub.cfg.

GRUB_DEFAULT=0
GRUB_TIMEOUT_STYLE=menu
GRUB_TIMEOUT=3
GRUB_DISTRIBUTOR=\`( . /etc/os-release; echo \${NAME:-Ubuntu} ) 2>/dev/null || echo Ubuntu\`
GRUB_CMDLINE_LINUX_DEFAULT='quiet splash amdgpu.ppfeaturemask=0xfffd7fff'
GRUB_CMDLINE_LINUX=""
`;

/** A Ryzen 7 3700X with Ubuntu; what differs is which cards are in it. */
export const ryzen3700x = ({
  machines,
  cards,
  interfaces = [],
  displays,
  consoleAt,
  loaded,
  software = ubuntuNoble,
  serial,
  names,
}: Ryzen): Entries => {
  const rootUuid = `2b7d5c1e-93a4-4c7e-8d55-00000000${serial}`;
  return [
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
      interfaces,
      displays,
      console: {driver: 'amdgpudrmfb', at: consoleAt},
      distribution: {
        ...software,
        firmware: 'uefi',
        commandLine: `BOOT_IMAGE=/boot/vmlinuz-${software.release} root=UUID=${rootUuid} ro quiet splash amdgpu.ppfeaturemask=0xfffd7fff`,
        defaultGrub,
        aliases: modernAliases,
        loaded: [...loaded, 'xhci_pci', 'kvm_amd', 'kvm', 'nvme', 'igc'],
        packages: {...software.packages, 'grub-efi-amd64': '2.12-1ubuntu7.3', swtpm: '0.7.3-0ubuntu5.24.04.1'},
        parameters: {'kvm_amd.nested': '1', 'kvm_amd.npt': 'Y', 'kvm_amd.avic': 'N', 'kvm.ignore_msrs': 'N'},
        hasSwtpm: true,
        rootUuid,
      },
    }),
    file(
      '/etc/fstab',
      `UUID=${rootUuid} / ext4 defaults 0 1\nUUID=${serial}-0001 /boot/efi vfat umask=0077 0 1\n/swap.img none swap sw 0 0\n`,
    ),
    file(
      '/usr/share/misc/pci.ids',
      `1002  Advanced Micro Devices, Inc. [AMD/ATI]\n\t67df  Ellesmere [Radeon RX 470/480/570/570X/580/580X/590]\n\taaf0  Ellesmere HDMI Audio [Radeon RX 470/480 / 570/580/590]\n${names}`,
    ),
  ];
};
