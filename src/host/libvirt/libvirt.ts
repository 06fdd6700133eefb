import {wholeInterfaces} from '../../facts/domain-use.ts';
import type {KvmFacts} from '../../facts/virtualisation.ts';
import type {Source} from '../../system/source.ts';
import {isInstalled, readPackageVersion} from '../kernel/packages.ts';
import type {Note} from '../reader.ts';
import {domainDirectory, readDomains, type Virsh} from './libvirt-domains.ts';
import {readAudioBackends, readPipeWireDirectories} from './audio.ts';
import {readInterfaceFunctions, readNetworks} from './networks.ts';
import {readPools} from './pools.ts';
import {readHasSpice} from './spice.ts';
import {readHasVirtiofsd} from './virtiofsd.ts';
import {readFirmwareImages} from './qemu-firmware.ts';

/** Asks only a daemon that answered once: each vain question costs a connection attempt. */
const connectVirsh = (source: Source): Virsh => {
  const ask: Virsh = (...question) => source.run('virsh', ['-r', '-c', 'qemu:///system', ...question]);
  return ask('version', '--daemon') === null ? () => null : ask;
};

type Capabilities = {
  readonly emulator: string | null;
  readonly hypervFeatures: readonly string[] | null;
  readonly machines: readonly string[] | null;
  readonly hasSpice: boolean | null;
  readonly audioBackends: KvmFacts['audioBackends'];
};

/** All `null` where libvirt does not answer: under another root, or when the daemon does not run. */
const askCapabilities = (source: Source, virsh: Virsh): Capabilities => {
  const domain =
    virsh('domcapabilities', '--virttype', 'kvm', '--arch', 'x86_64', '--machine', 'q35') ?? virsh('domcapabilities');
  return {
    ...parseDomainCapabilities(domain),
    machines: parseMachines(virsh('capabilities')),
    hasSpice: readHasSpice(source, domain),
    audioBackends: readAudioBackends(source, domain),
  };
};

export const parseDomainCapabilities = (
  xml: string | null,
): Omit<Capabilities, 'machines' | 'hasSpice' | 'audioBackends'> => {
  const hyperv = /<hyperv supported=['"]yes['"]>([\s\S]*?)<\/hyperv>/.exec(xml ?? '')?.[1];
  const features = /<enum name=['"]features['"]>([\s\S]*?)<\/enum>/.exec(hyperv ?? '')?.[1];
  return {
    emulator: /<path>([^<]+)<\/path>/.exec(xml ?? '')?.[1]?.trim() ?? null,
    hypervFeatures:
      features === undefined ? null : [...features.matchAll(/<value>([^<]+)<\/value>/g)].map(([, value = '']) => value),
  };
};

/** `<machine canonical='pc-q35-7.2' maxCpus='288'>q35</machine>` of the x86_64 guest. */
export const parseMachines = (xml: string | null): readonly string[] | null => {
  const guest = /<arch name=['"]x86_64['"]>([\s\S]*?)<\/arch>/.exec(xml ?? '')?.[1];
  if (guest === undefined) return null;
  return [...new Set([...guest.matchAll(/<machine[^>]*>([^<]+)<\/machine>/g)].map(([, name = '']) => name))].sort();
};

type Daemon = NonNullable<KvmFacts['daemon']>;

const daemons: readonly Daemon[] = ['libvirtd', 'virtqemud'];

/** The daemon that runs QEMU guests: the one that runs now, else the one that systemd starts at boot, else what is installed. */
const readDaemon = (source: Source): KvmFacts['daemon'] =>
  only(daemons.filter((daemon) => source.exists(`/run/${daemon}.pid`))) ??
  only(daemons.filter((daemon) => isEnabled(source, daemon))) ??
  only(daemons.filter((daemon) => source.exists(`/usr/sbin/${daemon}`) || source.exists(`/usr/bin/${daemon}`))) ??
  // Debian and Ubuntu start libvirtd, although the modular daemons come with it.
  (isInstalled(source, 'libvirt-daemon-system') ? 'libvirtd' : null);

const only = (found: readonly Daemon[]): Daemon | null => (found.length === 1 ? (found[0] ?? null) : null);

const isEnabled = (source: Source, daemon: Daemon): boolean =>
  ['sockets.target.wants', 'multi-user.target.wants'].some((wants) =>
    ['socket', 'service'].some((kind) => source.link(`/etc/systemd/system/${wants}/${daemon}.${kind}`) !== null),
  );

export const readLibvirt = (source: Source, note: Note): KvmFacts => {
  const virsh = connectVirsh(source);
  const capabilities = askCapabilities(source, virsh);
  const emulator = capabilities.emulator ?? emulators.find(source.exists) ?? null;
  const domains = readDomains(source, virsh, note);
  return {
    kind: 'kvm',
    version: askVersion(source, virsh) ?? readPackageVersion(source, libvirtPackages),
    qemuVersion: askQemuVersion(source) ?? readPackageVersion(source, qemuPackages),
    emulator,
    daemon: readDaemon(source),
    domainDirectory: domainDirectory(source),
    domains,
    firmware: readFirmwareImages(source, note),
    hasSwtpm: source.exists('/usr/bin/swtpm'),
    hasSpice: capabilities.hasSpice,
    audioBackends: capabilities.audioBackends,
    pipeWireDirectories: readPipeWireDirectories(source),
    hasVirtiofsd: readHasVirtiofsd(source),
    hypervFeatures: capabilities.hypervFeatures,
    machines: capabilities.machines,
    ...readNetworks(source, virsh),
    pools: readPools(source),
    interfaceFunctions: readInterfaceFunctions(source, domains.flatMap(wholeInterfaces)),
  };
};

const emulators = ['/usr/bin/qemu-system-x86_64', '/usr/bin/qemu-kvm', '/usr/libexec/qemu-kvm', '/usr/bin/kvm'];
const libvirtPackages = ['libvirt-daemon', 'libvirt-daemon-system', 'libvirt0', 'libvirt'];
const qemuPackages = [
  'qemu-system-x86',
  'pve-qemu-kvm',
  'qemu-system-x86-64',
  'qemu-base',
  'qemu-desktop',
  'qemu-full',
  'qemu',
];

/** The daemon's version where it answers, the client's where it does not. */
const askVersion = (source: Source, virsh: Virsh): string | null => {
  const told = virsh('version', '--daemon') ?? '';
  const daemon = /daemon:\s*(\d+\.\d+\.\d+)/.exec(told)?.[1] ?? /libvirt\s+(\d+\.\d+\.\d+)/.exec(told)?.[1];
  return daemon ?? /^(\d+\.\d+\.\d+)/.exec(source.run('virsh', ['--version']) ?? '')?.[1] ?? null;
};

const askQemuVersion = (source: Source): string | null =>
  /version (\d+\.\d+(?:\.\d+)?)/.exec(source.run('qemu-system-x86_64', ['--version']) ?? '')?.[1] ?? null;
