import {parseCpuList} from '../../facts/kernel-lists.ts';
import type {PciAddress} from '../../facts/pci-address.ts';
import type {KvmFacts, XenFacts, XenGuest, XenVcpu} from '../../facts/virtualisation.ts';
import {parseXlConfig, type XlSetting, xlListOf, xlTextOf} from '../../formats/xl-config/parse.ts';
import {givesFunction, parseXlPci} from '../../formats/xl-config/pci.ts';
import type {Source} from '../../system/source.ts';
import {refuseTooMany} from '../guests/refuse-too-many.ts';
import {readXapi} from './xapi.ts';
import {parseAssignable, parsePools, parseVcpuList, parseXenpmTopology, parseXlInfo} from './xl-outputs.ts';

/** What is asked of Xen's programs, which only read; a capture keeps what they say. */
export const xenQuestions: readonly (readonly [program: string, ...args: string[]])[] = [
  ['xl', 'info', '-n'],
  ['xl', 'vcpu-list'],
  ['xl', 'list', '-n'],
  ['xl', 'cpupool-list', '-c'],
  ['xl', 'pci-assignable-list'],
  ['xl', 'dmesg'],
  ['xenpm', 'get-cpu-topology'],
];

const guestDirectory = '/etc/xen';

export const runsOnXen = (source: Source): boolean => source.text('/sys/hypervisor/type')?.trim() === 'xen';

/** `null` where Linux runs without Xen. `addresses`: of all PCI functions; `libvirt` is what that has here. */
export const readXen = (source: Source, addresses: readonly PciAddress[], libvirt: KvmFacts): XenFacts | null => {
  if (!runsOnXen(source)) return null;
  const role = readRole(source);
  const ask = (...argv: readonly [string, ...string[]]): string | null =>
    role === 'dom0' ? source.run(argv[0], argv.slice(1)) : null;
  const info = parsed(ask('xl', 'info', '-n'), parseXlInfo);
  const power = parsed(ask('xenpm', 'get-cpu-topology'), parseXenpmTopology);
  const vcpus = parsed(ask('xl', 'vcpu-list'), parseVcpuList);
  return {
    kind: 'xen',
    role,
    guestType: source.text('/sys/hypervisor/guest_type')?.trim() ?? null,
    version: readVersion(source),
    xapi: readXapi(source),
    // Two programs that ask the same hypervisor; where they disagree, one of the texts was understood wrongly.
    info: power !== null && JSON.stringify(power) !== JSON.stringify(info?.cpus) ? null : info,
    vcpus,
    assignable: parsed(ask('xl', 'pci-assignable-list'), parseAssignable),
    pools: parsed(ask('xl', 'cpupool-list', '-c'), parsePools),
    guests: readXenGuests(source, addresses, vcpus),
    bridges: source.list('/sys/class/net').filter((name) => source.exists(`/sys/class/net/${name}/bridge`)),
    hasOvmf: ovmfFiles.some(source.exists),
    libvirt,
  };
};

/** Debian's package ovmf, and what Xen's own build puts next to hvmloader. */
const ovmfFiles = ['/usr/share/ovmf/OVMF.fd', '/usr/lib/xen/boot/ovmf.bin', '/usr/share/qemu/OVMF.fd'];

const parsed = <Value>(text: string | null, parse: (text: string) => Value | null): Value | null =>
  text === null ? null : parse(text);

/** Empty in a guest; the file is there where xenfs is mounted. */
const readRole = (source: Source): XenFacts['role'] => {
  const capabilities = source.text('/proc/xen/capabilities');
  if (capabilities === null) return null;
  return capabilities.split(/\s+/).includes('control_d') ? 'dom0' : 'guest';
};

const readVersion = (source: Source): string | null => {
  const part = (name: string): string => source.text(`/sys/hypervisor/version/${name}`)?.trim() ?? '';
  const [major, minor] = [part('major'), part('minor')];
  return major === '' || minor === '' ? null : `${major}.${minor}${part('extra')}`;
};

/** By path; none where there is no Xen. */
const readXenGuests = (
  source: Source,
  addresses: readonly PciAddress[],
  vcpus: readonly XenVcpu[] | null,
): readonly XenGuest[] => {
  const files = source.list(guestDirectory).filter((name) => name.endsWith('.cfg'));
  refuseTooMany(guestDirectory, files.length);
  const started = source.list(`${guestDirectory}/auto`).map((name) => source.resolve(`${guestDirectory}/auto/${name}`));
  return files.flatMap((file): readonly XenGuest[] => {
    const path = `${guestDirectory}/${file}`;
    const config = parseXlConfig(source.text(path) ?? '');
    const settings = config.ok ? config.settings : [];
    const name = xlTextOf(settings, 'name');
    // Pools of CPUs and other files of xl are called so too.
    if (config.ok && (name === null || !isGuest(settings))) return [];
    return [
      {
        name: name ?? file.slice(0, -'.cfg'.length),
        path,
        problem: config.ok ? null : config.reason,
        type: typeOf(settings),
        hosts: hostsOf(settings, addresses),
        memoryMiB: Number(xlTextOf(settings, 'maxmem') ?? xlTextOf(settings, 'memory') ?? 0) || 0,
        pinnedCpus: pinsOf(settings),
        pool: xlTextOf(settings, 'pool'),
        disks: disksOf(settings),
        startsAtBoot: started.includes(path),
        isActive: vcpus === null ? null : vcpus.some(({domain}) => domain === name),
      },
    ];
  });
};

/** Block devices of the host that guests write to, wherever this machine was started. */
export const readXenDisks = (source: Source): readonly {readonly name: string; readonly disks: readonly string[]}[] =>
  readXenGuests(source, [], null);

const isGuest = (settings: readonly XlSetting[]): boolean =>
  ['type', 'builder', 'kernel', 'bootloader', 'disk', 'memory', 'vcpus', 'firmware'].some((name) =>
    settings.some((setting) => setting.name === name),
  );

/** `builder` is the older spelling (xl.cfg(5)); without both a guest is PV. */
const typeOf = (settings: readonly XlSetting[]): string | null => {
  const type = xlTextOf(settings, 'type') ?? xlTextOf(settings, 'builder');
  return type === 'generic' ? 'pv' : type;
};

const hostsOf = (settings: readonly XlSetting[], addresses: readonly PciAddress[]): readonly PciAddress[] => {
  const devices = (xlListOf(settings, 'pci') ?? []).flatMap((element) => parseXlPci(element) ?? []);
  return addresses.filter((address) => devices.some((device) => givesFunction(device, address)));
};

const pinsOf = (settings: readonly XlSetting[]): readonly number[] =>
  (xlListOf(settings, 'cpus') ?? []).flatMap((set) => {
    const cpus = parseCpuList(set);
    return cpus?.length === 1 ? cpus : [];
  });

/** `target=/dev/vg0/win11`, or the first of the words (xl-disk-configuration(5)). */
const disksOf = (settings: readonly XlSetting[]): readonly string[] =>
  (xlListOf(settings, 'disk') ?? []).flatMap((disk) => {
    const target = /(?:^|,)\s*target=([^,]*)/.exec(disk)?.[1] ?? disk.replace(/^phy:/, '').split(',')[0] ?? '';
    return target.startsWith('/dev/') ? [target.trim()] : [];
  });
