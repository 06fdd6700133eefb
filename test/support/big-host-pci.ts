import {type BigHostSize, hex, range, type TreeWriter} from './big-host-files.ts';

const domains = 4;
/** A root port and the functions below it. */
const functionsInPort = 64;

type Kind = {
  readonly vendor: string;
  readonly device: string;
  readonly class: string;
  readonly driver: string;
  readonly reset: string;
};

const bridge: Kind = {vendor: '1022', device: '14ab', class: '060400', driver: 'pcieport', reset: 'pm bus'};
const hostBridge: Kind = {vendor: '1022', device: '14a4', class: '060000', driver: '', reset: ''};
const nic: Kind = {vendor: '15b3', device: '101e', class: '020000', driver: 'mlx5_core', reset: 'flr bus'};
const disk: Kind = {vendor: '144d', device: 'a80a', class: '010802', driver: 'nvme', reset: 'flr bus'};
const display: Kind = {vendor: '10de', device: '2330', class: '030200', driver: 'nouveau', reset: 'flr bus'};
const sound: Kind = {vendor: '10de', device: '22bc', class: '040300', driver: 'snd_hda_intel', reset: 'bus'};

/** Root ports over four domains, each with cards of eight functions below it, a group for each function. */
export const writeBigPci = (tree: TreeWriter, {nodes, functions, cpus}: BigHostSize): void => {
  const writeFunction = functionWriter(tree, cpus, nodes);
  let left = functions;
  for (let port = 0; left > 0; port += 1) {
    const domain = port % domains;
    const slot = Math.floor(port / domains) + 1;
    const root = `/sys/devices/pci${hex(domain, 4)}:00`;
    const node = port % nodes;
    if (slot === 1) left -= writeFunction(`${root}/${address(domain, 0, 0, 0)}`, hostBridge, {node, secondary: 0});
    if (left <= 0) break;
    const bridgePath = `${root}/${address(domain, 0, slot, 0)}`;
    left -= writeFunction(bridgePath, bridge, {node, secondary: slot});
    const below = Math.min(left, functionsInPort - 1);
    for (const index of range(below))
      writeFunction(`${bridgePath}/${address(domain, slot, index >> 3, index % 8)}`, kindOf(port, index), {
        node,
        secondary: 0,
      });
    left -= below;
  }
  for (const unit of range(4))
    tree.files(`/sys/class/iommu/ivhd${unit}`, {'amd-iommu/features': '25bf732fa2295afe:1d'});
};

/** Every eighth port leads to a card with a display and a sound function, the rest to NICs and disks. */
const kindOf = (port: number, index: number): Kind => {
  if (port % 8 === 0 && index < 2) return index === 0 ? display : sound;
  return index % 8 === 7 ? disk : nic;
};

const functionWriter = (tree: TreeWriter, cpus: number, nodes: number) => {
  let group = -1;
  return (path: string, kind: Kind, {node, secondary}: {node: number; secondary: number}): 1 => {
    const name = path.slice(path.lastIndexOf('/') + 1);
    tree.files(path, attributes(kind, node, cpus, nodes));
    tree.file(`${path}/uevent`, ueventOf(kind, name));
    tree.file(`${path}/resource`, resourceOf(name));
    tree.file(`${path}/config`, configOf(kind, secondary));
    if (kind.reset !== '') tree.file(`${path}/reset_method`, `${kind.reset}\n`);
    tree.link(`/sys/bus/pci/devices/${name}`, path);
    tree.link(`${path}/subsystem`, '/sys/bus/pci');
    if (kind.driver !== '') tree.link(`${path}/driver`, `/sys/bus/pci/drivers/${kind.driver}`);
    if (kind.driver !== '') tree.link(`/sys/bus/pci/drivers/${kind.driver}/${name}`, path);
    // Display and sound of one card share a group.
    if (kind !== sound) group += 1;
    tree.link(`${path}/iommu_group`, `/sys/kernel/iommu_groups/${group}`);
    tree.link(`/sys/kernel/iommu_groups/${group}/devices/${name}`, path);
    if (kind !== sound) writeGroup(tree, group);
    return 1;
  };
};

const writeGroup = (tree: TreeWriter, group: number): void =>
  tree.files(`/sys/kernel/iommu_groups/${group}`, {
    type: 'DMA-FQ',
    reserved_regions: '0x00000000fee00000 0x00000000feefffff msi\n0x000000fd00000000 0x000000ffffffffff reserved',
  });

/** As pci_uevent and dev_uevent of the kernel write it. */
const ueventOf = (kind: Kind, name: string): string =>
  [
    ...(kind.driver === '' ? [] : [`DRIVER=${kind.driver}`]),
    `PCI_CLASS=${Number.parseInt(kind.class, 16).toString(16).toUpperCase()}`,
    `PCI_ID=${kind.vendor}:${kind.device}`.toUpperCase(),
    'PCI_SUBSYS_ID=1043:8785',
    `PCI_SLOT_NAME=${name}`,
    `MODALIAS=${modaliasOf(kind)}`,
    '',
  ].join('\n');

const modaliasOf = (kind: Kind): string =>
  `pci:v0000${kind.vendor.toUpperCase()}d0000${kind.device.toUpperCase()}sv00001043sd00008785bc${kind.class.slice(0, 2)}sc${kind.class.slice(2, 4)}i${kind.class.slice(4)}`;

const attributes = (kind: Kind, node: number, cpus: number, nodes: number): Readonly<Record<string, string>> => ({
  vendor: `0x${kind.vendor}`,
  device: `0x${kind.device}`,
  class: `0x${kind.class}`,
  subsystem_vendor: '0x1043',
  subsystem_device: '0x8785',
  revision: '0xa1',
  modalias: modaliasOf(kind),
  numa_node: `${node}`,
  local_cpulist: `${(node * cpus) / 2 / nodes}-${((node + 1) * cpus) / 2 / nodes - 1}`,
  irq: '0',
  enable: '1',
  power_state: 'D0',
  driver_override: '(null)',
  msi_bus: '1',
  d3cold_allowed: '1',
  dma_mask_bits: '64',
  current_link_speed: '16.0 GT/s PCIe',
  current_link_width: '16',
  ...(kind === display ? {boot_vga: '0'} : {}),
  ...(kind === nic ? {sriov_totalvfs: '0', sriov_numvfs: '0'} : {}),
});

/** One 64-bit prefetchable BAR of 16 MiB at a place of its own, the rest empty: thirteen lines, as the kernel prints them. */
const resourceOf = (name: string): string => {
  const [domain, bus, slot, fn] = name.split(/[:.]/).map((part) => Number.parseInt(part, 16));
  const index = ((domain ?? 0) << 16) + ((bus ?? 0) << 8) + ((slot ?? 0) << 3) + (fn ?? 0);
  const start = 0x100_0000_0000n + BigInt(index) * 0x100_0000n;
  const line = (first: bigint, last: bigint, flags: bigint): string =>
    [first, last, flags].map((value) => `0x${value.toString(16).padStart(16, '0')}`).join(' ');
  return (
    [line(start, start + 0xff_ffffn, 0x14220cn), ...Array.from({length: 12}, () => line(0n, 0n, 0n))].join('\n') + '\n'
  );
};

/** Header, a PCI Express capability, and ACS switched on above it at a bridge; 4096 bytes, as root reads it. */
const configOf = (kind: Kind, secondary: number): Buffer => {
  const isBridge = kind === bridge;
  const config = Buffer.alloc(4096);
  config.writeUInt16LE(Number.parseInt(kind.vendor, 16), 0);
  config.writeUInt16LE(Number.parseInt(kind.device, 16), 2);
  config.writeUInt16LE(0x0406, 4);
  config.writeUInt16LE(0x0010, 6);
  config.writeUInt8(0xa1, 8);
  config.writeUIntLE(Number.parseInt(kind.class, 16), 9, 3);
  config.writeUInt8(isBridge ? 0x01 : 0x80, 0x0e);
  if (isBridge) config.writeUInt8(secondary, 0x19);
  if (isBridge) config.writeUInt8(secondary, 0x1a);
  if (!isBridge) config.writeUInt32LE(0x87851043, 0x2c);
  config.writeUInt8(0x40, 0x34);
  config.writeUInt16LE(0x0010, 0x40);
  config.writeUInt16LE(isBridge ? 0x0142 : 0x0002, 0x42);
  if (isBridge) config.writeUInt32LE(0x0001_000d, 0x100);
  if (isBridge) config.writeUInt32LE(0x001d_001f, 0x104);
  return config;
};

const address = (domain: number, bus: number, slot: number, fn: number): string =>
  `${hex(domain, 4)}:${hex(bus, 2)}:${hex(slot, 2)}.${fn}`;
