/** What installs programs on this host, as far as a person has to be told how. */
export type PackageManager = 'apt' | 'dnf' | 'pacman' | 'zypper' | 'rpm-ostree';

type Software = 'swtpm' | 'ovmf' | 'virt-viewer' | 'virt-xml';

const installs: Readonly<Record<PackageManager, string>> = {
  apt: 'apt install',
  dnf: 'dnf install',
  pacman: 'pacman -S',
  zypper: 'zypper install',
  'rpm-ostree': 'rpm-ostree install',
};

/** The packages of each distribution family by their names there. */
const packages: Readonly<Record<Software, Readonly<Record<PackageManager, string>>>> = {
  swtpm: {
    apt: 'swtpm swtpm-tools',
    dnf: 'swtpm swtpm-tools',
    pacman: 'swtpm',
    zypper: 'swtpm',
    'rpm-ostree': 'swtpm swtpm-tools',
  },
  ovmf: {
    apt: 'ovmf',
    dnf: 'edk2-ovmf',
    pacman: 'edk2-ovmf',
    zypper: 'qemu-ovmf-x86_64',
    'rpm-ostree': 'edk2-ovmf',
  },
  'virt-viewer': {
    apt: 'virt-viewer',
    dnf: 'virt-viewer',
    pacman: 'virt-viewer',
    zypper: 'virt-viewer',
    'rpm-ostree': 'virt-viewer',
  },
  'virt-xml': {
    apt: 'virtinst',
    dnf: 'virt-install',
    pacman: 'virt-install',
    zypper: 'virt-install',
    'rpm-ostree': 'virt-install',
  },
};

/** For root; `null` where it is unknown what installs programs here. */
export const installCommand = (manager: PackageManager | null, wanted: readonly Software[]): string | null =>
  manager === null || wanted.length === 0
    ? null
    : `${installs[manager]} ${wanted.map((one) => packages[one][manager]).join(' ')}`;
