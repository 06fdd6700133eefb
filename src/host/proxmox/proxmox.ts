import {type Check, decode, integer, optional, parseJson, shape} from '../../decode/decode.ts';
import {type FileTable, keeps} from '../../facts/file-table.ts';
import {parseCpuList} from '../../facts/kernel-lists.ts';
import type {
  KvmFacts,
  ProxmoxFacts,
  ProxmoxGuest,
  ProxmoxOther,
  ProxmoxStorage,
  VirtualisationFacts,
} from '../../facts/virtualisation.ts';
import {
  type ConfigLine,
  nextStartOf,
  parseGuestConfig,
  parsePropertyString,
  valueOf,
} from '../../formats/qemu-server/config.ts';
import {parseHostPci} from '../../formats/qemu-server/hostpci.ts';
import {parseNuma} from '../../formats/qemu-server/numa.ts';
import {parsePciMappings, type PciMapping} from '../../formats/qemu-server/pci-mapping.ts';
import {parseSectionConfig} from '../../formats/qemu-server/section-config.ts';
import type {Source} from '../../system/source.ts';
import {refuseTooMany} from '../guests/refuse-too-many.ts';
import {readPackageVersion} from '../kernel/packages.ts';

const directory = '/etc/pve/qemu-server';
const vmidOf = (file: string): number => Number(file.slice(0, -'.conf'.length));
const isGuestFile = (file: string): boolean => /^\d+\.conf$/.test(file);

/** What qm keeps on this node; `null` where this is no Proxmox VE. `libvirt` is what that has here. */
export const readProxmox = (source: Source, libvirt: KvmFacts): ProxmoxFacts | null => {
  const guests = readProxmoxGuests(source);
  const qemuServerVersion = readPackageVersion(source, ['qemu-server']);
  if (guests.length === 0 && qemuServerVersion === null && !source.exists('/usr/sbin/qm')) return null;
  const node = nodeOf(source);
  const nodes = source.list('/etc/pve/nodes');
  return {
    kind: 'proxmox',
    version: readPackageVersion(source, ['pve-manager']),
    qemuServerVersion,
    node,
    nodes,
    isQuorate: readIsQuorate(source, node),
    guests,
    others: readOthers(source, nodes, guests),
    storages: readStorages(source, node),
    mappings: readMappings(source, node),
    bridges: readBridges(source),
    libvirt,
  };
};

/** Of this node, by VMID; none where there is no Proxmox VE. */
export const readProxmoxGuests = (source: Source): readonly ProxmoxGuest[] => {
  const node = nodeOf(source);
  const mappings = readMappings(source, node);
  const files = source.list(directory).filter(isGuestFile);
  refuseTooMany(directory, files.length);
  const shared: SharedFiles = {mappings, highlyAvailable: readHighlyAvailable(source)};
  return files.map((file) => readGuest(source, file, shared)).sort((a, b) => a.vmid - b.vmid);
};

const nodeOf = (source: Source): string | null => source.text('/etc/hostname')?.trim().split('.')[0] ?? null;

/** Of the cluster, read once. */
type SharedFiles = {readonly mappings: readonly PciMapping[]; readonly highlyAvailable: ReadonlySet<number>};

const readGuest = (source: Source, file: string, {mappings, highlyAvailable}: SharedFiles): ProxmoxGuest => {
  const path = `${directory}/${file}`;
  const config = parseGuestConfig(source.text(path) ?? '');
  const lines = nextStartOf(config);
  const memory = /\d+/.exec(valueOf(lines, 'memory') ?? '')?.[0];
  // qm's own default is 512 (Proxmox VE: qm.conf(5)).
  const memoryMiB = memory === undefined ? 512 : Number(memory);
  const affinity = valueOf(lines, 'affinity');
  const pid = source.isLive ? readPid(source, vmidOf(file)) : null;
  return {
    vmid: vmidOf(file),
    name: valueOf(lines, 'name'),
    path,
    hosts: lines.flatMap((line) => hostsOf(line, mappings, 'whole')),
    mediatedHosts: lines.flatMap((line) => hostsOf(line, mappings, 'slice')),
    memoryMiB,
    pageKiB: pageKiBOf(valueOf(lines, 'hugepages'), memoryMiB),
    perNodeMiB: perNodeOf(lines),
    affinity: affinity === null ? null : parseCpuList(affinity),
    disks: lines.flatMap(blockDeviceOf),
    startsAtBoot: valueOf(lines, 'onboot') === '1',
    isHighlyAvailable: highlyAvailable.has(vmidOf(file)),
    snapshots: Object.keys(config.snapshots),
    isTemplate: valueOf(lines, 'template') === '1',
    lock: valueOf(config.current, 'lock'),
    isActive: source.isLive ? pid !== null : null,
    allowedCpus: pid === null ? null : readAllowedCpus(source, `/proc/${pid}`),
    vcpuCpus: pid === null ? {} : readVcpuCpus(source, pid),
  };
};

/** Proxmox leaves the file of a guest that has ended, so that its process is looked for. */
const readPid = (source: Source, vmid: number): number | null => {
  const pid = /^\d+/.exec(source.text(`/run/qemu-server/${vmid}.pid`) ?? '')?.[0];
  return pid !== undefined && source.exists(`/proc/${pid}/status`) ? Number(pid) : null;
};

const readAllowedCpus = (source: Source, thread: string): readonly number[] | null => {
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(source.text(`${thread}/status`) ?? '')?.[1];
  return list === undefined ? null : parseCpuList(list);
};

/** QEMU calls the thread of vCPU 3 `CPU 3/KVM`, as Proxmox starts it with debug-threads (PVE::QemuServer, config_to_command). */
const readVcpuCpus = (source: Source, pid: number): Readonly<Record<number, readonly number[]>> =>
  Object.fromEntries(
    source.list(`/proc/${pid}/task`).flatMap((task) => {
      const thread = `/proc/${pid}/task/${task}`;
      const vcpu = /^CPU (\d+)\/KVM$/.exec(source.text(`${thread}/comm`)?.trim() ?? '')?.[1];
      const cpus = vcpu === undefined ? null : readAllowedCpus(source, thread);
      return vcpu === undefined || cpus === null ? [] : [[Number(vcpu), cpus] as const];
    }),
  );

const hostsOf = (
  {key, value}: ConfigLine,
  mappings: readonly PciMapping[],
  wanted: 'whole' | 'slice',
): readonly string[] => {
  const line = /^hostpci\d+$/.test(key) ? parseHostPci(value) : null;
  if (line === null || (line.mdev === null) !== (wanted === 'whole')) return [];
  return line.mapping === null
    ? line.hosts
    : mappings.filter(({name}) => name === line.mapping).flatMap(({hosts}) => hosts);
};

const readMappings = (source: Source, node: string | null): readonly PciMapping[] =>
  parsePciMappings(source.text('/etc/pve/mapping/pci.cfg') ?? '').filter((one) => node === null || one.node === node);

/** `any` takes 1 GiB where the memory divides by it (`PVE::QemuServer::Memory`, hugepages_size). */
const pageKiBOf = (value: string | null, memoryMiB: number): number | null => {
  if (value === null) return null;
  return value === '1024' || (value === 'any' && memoryMiB % 1024 === 0) ? 1024 * 1024 : 2048;
};

const perNodeOf = (lines: readonly ConfigLine[]): Readonly<Record<string, number>> => {
  const nodes: Record<string, number> = {};
  for (const {key, value} of lines) {
    const cell = /^numa\d+$/.test(key) ? parseNuma(value) : null;
    for (const node of cell?.hostNodes ?? [])
      nodes[node] = (nodes[node] ?? 0) + (cell?.memoryMiB ?? 0) / (cell?.hostNodes.length ?? 1);
  }
  return nodes;
};

/** A disk that is no volume of a storage but a device of the host. */
const blockDeviceOf = ({key, value}: ConfigLine): readonly string[] => {
  if (!/^(?:scsi|virtio|sata|ide|efidisk|tpmstate)\d+$/.test(key)) return [];
  const file = parsePropertyString(value, 'file')?.get('file') ?? '';
  return file.startsWith('/dev/') ? [file] : [];
};

type Members = {readonly cluster: {readonly quorate: number} | undefined};
const members: Check<Members> = shape<Members>({
  cluster: optional(shape<{readonly quorate: number}>({quorate: integer})),
});

/** A cluster without quorum takes the write bits off everything (pmxcfs: cfs-plug-memdb.c, tree_entry_stat). */
const readIsQuorate = (source: Source, node: string | null): boolean | null => {
  const json = source.text('/etc/pve/.members');
  const parsed = json === null ? null : parseJson(json);
  const told = parsed?.isValid === true ? decode(members, parsed.value) : null;
  if (told?.isValid === true) return told.value.cluster === undefined || told.value.cluster.quorate === 1;
  const stat = source.isLive && node !== null ? source.stat(`/etc/pve/nodes/${node}`) : null;
  return stat === null ? null : (stat.mode & 0o200) !== 0;
};

const placesOfGuests = [
  {kind: 'guest', folder: 'qemu-server', nameKey: 'name'},
  {kind: 'container', folder: 'lxc', nameKey: 'hostname'},
] as const;

const readOthers = (
  source: Source,
  nodes: readonly string[],
  guests: readonly ProxmoxGuest[],
): readonly ProxmoxOther[] =>
  nodes
    .flatMap((node) =>
      placesOfGuests.flatMap(({kind, folder, nameKey}) => {
        const place = `/etc/pve/nodes/${node}/${folder}`;
        return source
          .list(place)
          .filter(isGuestFile)
          .map((file) => {
            const {current} = parseGuestConfig(source.text(`${place}/${file}`) ?? '');
            return {vmid: vmidOf(file), node, kind, name: valueOf(current, nameKey)};
          });
      }),
    )
    .filter(({vmid}) => guests.every((guest) => guest.vmid !== vmid))
    .sort((a, b) => a.vmid - b.vmid);

/** VMIDs that the HA manager keeps running; without a line `state` that is `started` (ha-manager(1)). */
const readHighlyAvailable = (source: Source): ReadonlySet<number> =>
  new Set(
    parseSectionConfig(source.text('/etc/pve/ha/resources.cfg') ?? '')
      .filter(({type, options}) => type === 'vm' && /^(?:started|enabled)$/.test(options.get('state') ?? 'started'))
      .map(({name}) => Number(name)),
  );

/** In the order of the file; one that is switched off, or belongs to other nodes, is left out. */
const readStorages = (source: Source, node: string | null): readonly ProxmoxStorage[] =>
  parseSectionConfig(source.text('/etc/pve/storage.cfg') ?? '')
    .filter(({options}) => !options.has('disable'))
    .filter(({options}) => {
      const nodes = options.get('nodes');
      return nodes === undefined || node === null || nodes.split(/[\s,;]+/).includes(node);
    })
    .map(({name, type, options}) => {
      const content = (options.get('content') ?? '').split(/[\s,;]+/).filter((one) => one !== '');
      return {
        name,
        type,
        holdsDisks: content.includes('images'),
        content,
        snippets: content.includes('snippets') ? snippetsOf(type, options) : null,
      };
    });

/** A script names CPUs of this node, so that it has no place in what other nodes use too. */
const snippetsOf = (type: string, options: ReadonlyMap<string, string>): string | null => {
  const path = options.get('path') ?? null;
  const isOwn = type === 'dir' && path !== null && !options.has('content-dirs') && options.get('shared') !== '1';
  return isOwn ? `${path.replace(/\/+$/, '')}/snippets` : null;
};

const readBridges = (source: Source): readonly string[] => {
  const running = source.list('/sys/class/net').filter((name) => source.exists(`/sys/class/net/${name}/bridge`));
  const written = [...(source.text('/etc/network/interfaces') ?? '').matchAll(/^\s*iface\s+(vmbr\d+)\s/gm)].map(
    ([, name = '']) => name,
  );
  return [...new Set([...running, ...written])].filter((name) => /^vmbr\d+$/.test(name)).sort();
};

/** Scripts of our own for guests, wherever the storages have them. */
export const snippetFiles = (facts: VirtualisationFacts): FileTable =>
  facts.kind === 'proxmox'
    ? facts.storages.flatMap(({snippets}) => (snippets === null ? [] : [keeps(snippets, 'vfio-pilot-*.sh')]))
    : [];
