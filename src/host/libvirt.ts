import type {Source} from '../system/source.ts';
import type {LibvirtFacts} from './facts.ts';
import {askCapabilities} from './libvirt-capabilities.ts';
import {readDaemon} from './libvirt-daemon.ts';
import {domainDirectory, readAutostartNetworks, readDomains, readNetworks} from './libvirt-domains.ts';
import {readPackageVersion} from './packages.ts';
import {readFirmwareImages} from './qemu-firmware.ts';
import type {Note} from './reader.ts';
import type {Virsh} from './virsh.ts';
import {connectVirsh} from './virsh.ts';

export const readLibvirt = (source: Source, note: Note): LibvirtFacts => {
  const virsh = connectVirsh(source);
  const capabilities = askCapabilities(virsh);
  const emulator = capabilities.emulator ?? emulators.find(source.exists) ?? null;
  return {
    version: askVersion(source, virsh) ?? readPackageVersion(source, libvirtPackages),
    qemuVersion: askQemuVersion(source) ?? readPackageVersion(source, qemuPackages),
    emulator,
    daemon: readDaemon(source),
    domainDirectory: domainDirectory(source),
    domains: readDomains(source, virsh, note),
    firmware: readFirmwareImages(source, note),
    hasSwtpm: source.exists('/usr/bin/swtpm'),
    hypervFeatures: capabilities.hypervFeatures,
    machines: capabilities.machines,
    networks: readNetworks(source, virsh),
    autostartNetworks: readAutostartNetworks(source),
  };
};

const emulators = ['/usr/bin/qemu-system-x86_64', '/usr/bin/qemu-kvm', '/usr/libexec/qemu-kvm', '/usr/bin/kvm'];
const libvirtPackages = ['libvirt-daemon', 'libvirt-daemon-system', 'libvirt0', 'libvirt'];
const qemuPackages = ['qemu-system-x86', 'pve-qemu-kvm', 'qemu-system-x86-64', 'qemu-base', 'qemu-desktop', 'qemu-full', 'qemu'];

/** The daemon's version where it answers, the client's where it does not. */
const askVersion = (source: Source, virsh: Virsh): string | null => {
  const told = virsh('version', '--daemon') ?? '';
  const daemon = /daemon:\s*(\d+\.\d+\.\d+)/.exec(told)?.[1] ?? /libvirt\s+(\d+\.\d+\.\d+)/.exec(told)?.[1];
  return daemon ?? /^(\d+\.\d+\.\d+)/.exec(source.run('virsh', ['--version']) ?? '')?.[1] ?? null;
};

const askQemuVersion = (source: Source): string | null =>
  /version (\d+\.\d+(?:\.\d+)?)/.exec(source.run('qemu-system-x86_64', ['--version']) ?? '')?.[1] ?? null;
