import {listWords} from '../words/list-words.ts';

/** What installs programs on this host, as far as a person has to be told how. */
export type PackageManager = 'apt' | 'dnf' | 'pacman' | 'zypper' | 'rpm-ostree';

export type Software = 'libvirt' | 'qemu' | 'swtpm' | 'ovmf' | 'virt-viewer' | 'virt-xml';

const installs: Readonly<Record<PackageManager, string>> = {
  apt: 'apt install',
  dnf: 'dnf install',
  pacman: 'pacman -S',
  zypper: 'zypper install',
  'rpm-ostree': 'rpm-ostree install',
};

/** The packages of each distribution family by their names there. */
const packages: Readonly<Record<Software, Readonly<Record<PackageManager, string>>>> = {
  libvirt: {
    apt: 'libvirt-daemon-system libvirt-clients',
    dnf: 'libvirt-daemon-kvm libvirt-client',
    pacman: 'libvirt dnsmasq',
    zypper: 'libvirt-daemon-qemu libvirt-client',
    'rpm-ostree': 'libvirt-daemon-kvm libvirt-client',
  },
  qemu: {
    apt: 'qemu-system-x86',
    dnf: 'qemu-kvm',
    pacman: 'qemu-desktop',
    zypper: 'qemu-x86',
    'rpm-ostree': 'qemu-kvm',
  },
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

const namesOf: Readonly<Record<Software, string>> = {
  libvirt: 'libvirt',
  qemu: 'QEMU',
  swtpm: 'swtpm',
  ovmf: 'OVMF',
  'virt-viewer': 'virt-viewer',
  'virt-xml': 'virt-xml',
};

/** ``Install OVMF as root: `apt install ovmf` ``, without a full stop; where no command is known, what to install. */
export const installRemedy = (manager: PackageManager | null, wanted: readonly Software[]): string => {
  const command = installCommand(manager, wanted);
  const what = `Install ${listWords(wanted.map((one) => namesOf[one]))}`;
  return command === null ? what : `${what} as root: \`${command}\``;
};
