import {readLoaderVariable} from './efi-variables.ts';
import type {Storage} from './filesystems.ts';
import type {HostNeed} from './facts.ts';
import {readFstab} from './mounts.ts';
import type {Mount} from './mounts.ts';

/** What the firmware and the loader read, at the places where distributions mount it. */
export const bootKinds: Readonly<Record<string, HostNeed['kind']>> = {'/': 'root', '/boot': 'boot', '/boot/efi': 'esp', '/efi': 'esp'};

/**
 * Boot partitions that no mount shows now: an automount that nobody has opened, the ESP that systemd-boot was started
 * from (systemd-boot(7), LoaderDevicePartUUID) and those that proxmox-boot-tool fills.
 */
export const unmountedBootPartitions = ({source, mounts}: Storage): readonly Mount[] => {
  const isMounted = (path: string): boolean => mounts.some((mount) => mount.path === path);
  const fstab = readFstab(source).filter(({path}) => path !== '/' && bootKinds[path] !== undefined && !isMounted(path));
  const loader = readLoaderVariable(source, 'LoaderDevicePartUUID');
  const proxmox = (source.text('/etc/kernel/proxmox-boot-uuids') ?? '').split(/\s+/).filter((uuid) => uuid !== '');
  return [...fstab, ...(loader === null ? [] : [esp(`PARTUUID=${loader.toLowerCase()}`)]), ...proxmox.map((uuid) => esp(`UUID=${uuid}`))];
};

const esp = (device: string): Mount => ({path: 'the EFI system partition', device, number: null, type: 'vfat', options: []});
