import {binary, directory, type Entries, file, link, relativeLink, value} from './entries.ts';

/** One PCI function. `below` is the bridge above it; without one it sits on its root bus. */
export type PciSpec = {
  readonly at: string;
  readonly class: string;
  readonly id: string;
  readonly subsystem?: string;
  readonly revision?: number;
  readonly driver?: string;
  readonly group?: number;
  readonly groupType?: string;
  readonly node?: number;
  readonly below?: string;
  readonly bootVga?: boolean;
  readonly resets?: string;
  readonly bars?: readonly BarSpec[];
  readonly port?: PortSpec;
  /** Firmware wants 1:1 mappings for it: lines of the group's reserved_regions. */
  readonly regions?: readonly string[];
  readonly resizable?: Readonly<Record<number, string>>;
  readonly sriov?: SriovSpec;
  /** It is a virtual function of that one, and the index-th. */
  readonly physical?: {readonly at: string; readonly index: number};
  /** NVIDIA: number of its vGPU type, and lines of the types that it could be. */
  readonly vgpu?: {readonly current: number; readonly creatable: readonly string[]};
};

/** How many virtual functions it can make, the first one's distance, the next one's, and their device id. */
type SriovSpec = {
  readonly total: number;
  readonly offset: number;
  readonly stride: number;
  readonly device: string;
  /** What xe gives the physical function, and then virtual function 0, 1, …; the rest has nothing yet. */
  readonly shares?: readonly ShareSpec[];
};

type ShareSpec = {readonly quantumMs: number; readonly timeoutUs: number; readonly vramBytes: number};

type BarSpec = {readonly index: number; readonly start: number; readonly size: number; readonly flags: number};
/** `acs`: capability and control register; none for a port without the capability. */
type PortSpec = {readonly bus: number; readonly isExpress: boolean; readonly acs?: readonly [number, number]};

export type PciOptions = {
  readonly nodes: readonly {readonly id: number; readonly cpulist: string}[];
  /** 5.15 and newer. */
  readonly hasResetMethod: boolean;
  /** 5.11 and newer; the default domain type. */
  readonly groupType: string | null;
  readonly regions: readonly string[];
  readonly iommu: readonly IommuUnitSpec[];
};

type IommuUnitSpec = {readonly name: string; readonly attributes: Readonly<Record<string, string>>};

const memory32 = 0x40200;
const memory64 = 0x14220c;
const ports = 0x40101;

/** BARs of a common NVIDIA card: registers, framebuffer, its upper part, I/O ports, ROM. */
export const nvidiaBars = (registers: number, framebuffer: number, framebufferSize: number): readonly BarSpec[] => [
  {index: 0, start: registers, size: 0x1000000, flags: memory32},
  {index: 1, start: framebuffer, size: framebufferSize, flags: memory64},
  {index: 3, start: framebuffer + framebufferSize, size: 0x2000000, flags: memory64},
  {index: 5, start: 0xe000, size: 0x80, flags: ports},
];

export const audioBars = (start: number): readonly BarSpec[] => [{index: 0, start, size: 0x4000, flags: memory32}];

export const pciEntries = (specs: readonly PciSpec[], options: PciOptions): Entries => {
  const places = new Map(specs.map((spec) => [full(spec.at), devicePath(spec, specs)]));
  const place = (address: string): string => places.get(address) ?? fail(address);
  const drivers = [...new Set(specs.flatMap(({driver}) => (driver === undefined ? [] : [driver])))];
  return [
    ...specs.flatMap((spec) => functionEntries(spec, place(full(spec.at)), specs, options)),
    ...[...new Set([...drivers, 'vfio-pci'])].map((driver) => directory(`/sys/bus/pci/drivers/${driver}`)),
    ...groupEntries(specs, place, options),
    ...options.iommu.flatMap((unit) => iommuUnitEntries(unit)),
  ];
};

/** Where sysfs keeps the function: needed for network, disk and display entries below it. */
const devicePath = (spec: PciSpec, specs: readonly PciSpec[]): string => {
  const above = spec.below === undefined ? undefined : specs.find(({at}) => full(at) === full(spec.below ?? ''));
  if (above !== undefined) return `${devicePath(above, specs)}/${full(spec.at)}`;
  return `/sys/devices/pci${full(spec.at).split(':').slice(0, 2).join(':')}/${full(spec.at)}`;
};

export const pathOf = (at: string, specs: readonly PciSpec[]): string =>
  devicePath(specs.find((spec) => full(spec.at) === full(at)) ?? fail(at), specs);

const fail = (address: string): never => {
  throw new Error(`${address} is not described`);
};

const full = (at: string): string => (at.length === '00:00.0'.length ? `0000:${at}` : at);

const functionEntries = (spec: PciSpec, base: string, specs: readonly PciSpec[], options: PciOptions): Entries => {
  const [vendor = '', device = ''] = spec.id.split(':');
  const [subvendor = '0000', subdevice = '0000'] = (spec.subsystem ?? '0000:0000').split(':');
  const isBridge = spec.port !== undefined;
  const isVga = spec.class.startsWith('0300');
  const node = options.nodes.find(({id}) => id === spec.node);
  return [
    relativeLink(`/sys/bus/pci/devices/${full(spec.at)}`, base),
    value(`${base}/class`, `0x${spec.class}`),
    value(`${base}/vendor`, `0x${vendor}`),
    value(`${base}/device`, `0x${device}`),
    value(`${base}/subsystem_vendor`, `0x${subvendor}`),
    value(`${base}/subsystem_device`, `0x${subdevice}`),
    value(`${base}/revision`, `0x${hex(spec.revision ?? 1, 2)}`),
    value(`${base}/modalias`, modalias(vendor, device, subvendor, subdevice, spec.class)),
    value(`${base}/numa_node`, spec.node ?? -1),
    value(`${base}/local_cpulist`, node?.cpulist ?? options.nodes.map(({cpulist}) => cpulist).join(',')),
    file(`${base}/driver_override`, '(null)\n'),
    binary(`${base}/config`, configSpace(spec, specs), 0o644),
    ...(spec.driver === undefined ? [] : [relativeLink(`${base}/driver`, `/sys/bus/pci/drivers/${spec.driver}`)]),
    ...(spec.group === undefined
      ? []
      : [relativeLink(`${base}/iommu_group`, `/sys/kernel/iommu_groups/${spec.group}`)]),
    ...(isVga ? [value(`${base}/boot_vga`, spec.bootVga === true ? 1 : 0)] : []),
    ...(options.hasResetMethod && spec.resets !== undefined && !isBridge
      ? [file(`${base}/reset_method`, `${spec.resets}\n`)]
      : []),
    ...(options.hasResetMethod ? [value(`${base}/power_state`, 'D0')] : []),
    ...(spec.bars === undefined ? [] : [file(`${base}/resource`, resources(spec.bars), 0o444)]),
    ...(spec.sriov === undefined ? [] : sriovEntries(base, spec.sriov, madeBy(spec, specs))),
    ...(spec.physical === undefined ? [] : [relativeLink(`${base}/physfn`, pathOf(spec.physical.at, specs))]),
    ...(spec.vgpu === undefined ? [] : vgpuEntries(`${base}/nvidia`, spec.vgpu)),
    ...Object.entries(spec.resizable ?? {}).map(([bar, sizes]) => file(`${base}/resource${bar}_resize`, `${sizes}\n`)),
  ];
};

/** Paths of its virtual functions, by index. */
const madeBy = (spec: PciSpec, specs: readonly PciSpec[]): readonly string[] =>
  specs
    .filter(({physical}) => physical?.at === spec.at)
    .toSorted((a, b) => (a.physical?.index ?? 0) - (b.physical?.index ?? 0))
    .map((own) => devicePath(own, specs));

const sriovEntries = (
  base: string,
  {total, offset, stride, device, shares}: SriovSpec,
  functions: readonly string[],
): Entries => [
  value(`${base}/sriov_totalvfs`, total),
  file(`${base}/sriov_numvfs`, `${functions.length}\n`),
  file(`${base}/sriov_drivers_autoprobe`, '1\n'),
  value(`${base}/sriov_offset`, offset),
  value(`${base}/sriov_stride`, stride),
  value(`${base}/sriov_vf_device`, device),
  ...functions.map((path, index) => relativeLink(`${base}/virtfn${index}`, path)),
  ...(shares === undefined ? [] : shareEntries(`${base}/sriov_admin`, [base, ...functions], total, shares)),
];

/** Linux: Documentation/ABI/testing/sysfs-driver-intel-xe-sriov; without the files that can only be written. */
const shareEntries = (base: string, devices: readonly string[], total: number, shares: readonly ShareSpec[]): Entries =>
  Array.from({length: total + 1}, (_, number) => {
    const folder = `${base}/${number === 0 ? 'pf' : `vf${number}`}`;
    const {quantumMs, timeoutUs, vramBytes} = shares[number] ?? {quantumMs: 0, timeoutUs: 0, vramBytes: 0};
    const device = devices[number];
    return [
      ...(device === undefined ? [] : [relativeLink(`${folder}/device`, device)]),
      file(`${folder}/profile/exec_quantum_ms`, `${quantumMs}\n`),
      file(`${folder}/profile/preempt_timeout_us`, `${timeoutUs}\n`),
      ...(number === 0
        ? [file(`${folder}/profile/sched_priority`, '[low] normal high\n')]
        : [
            value(`${folder}/profile/sched_priority`, '[low] normal'),
            file(`${folder}/profile/vram_quota`, `${vramBytes}\n`),
          ]),
    ];
  }).flat();

const vgpuEntries = (base: string, {current, creatable}: NonNullable<PciSpec['vgpu']>): Entries => [
  file(`${base}/current_vgpu_type`, `${current}\n`),
  file(`${base}/creatable_vgpu_types`, ['ID    : vGPU Name', ...creatable, ''].join('\n'), 0o444),
];

const modalias = (vendor: string, device: string, subvendor: string, subdevice: string, classCode: string): string => {
  const long = (text: string): string => text.toUpperCase().padStart(8, '0');
  const [base, sub] = [classCode.slice(0, 2).toUpperCase(), classCode.slice(2, 4).toUpperCase()];
  // The kernel writes the interface in lower case (drivers/pci/pci-sysfs.c, modalias_show).
  return `pci:v${long(vendor)}d${long(device)}sv${long(subvendor)}sd${long(subdevice)}bc${base}sc${sub}i${classCode.slice(4)}`;
};

const hex = (number: number | bigint, width: number): string => number.toString(16).padStart(width, '0');

const resources = (bars: readonly BarSpec[]): string =>
  Array.from({length: 13}, (_, index) => {
    const bar = bars.find((candidate) => candidate.index === index);
    const [start, end, flags] = bar === undefined ? [0, 0, 0] : [bar.start, bar.start + bar.size - 1, bar.flags];
    return `0x${hex(start, 16)} 0x${hex(end, 16)} 0x${hex(flags, 16)}\n`;
  }).join('');

/** The standard header; for an Express port also its PCI Express and ACS capabilities. Zeros after the last capability are left out. */
const configSpace = (spec: PciSpec, specs: readonly PciSpec[]): Uint8Array => {
  const isExpress = spec.port?.isExpress === true;
  const bytes = Buffer.alloc(isExpress ? 0x110 : 0x40);
  const [vendor = '0', device = '0'] = spec.id.split(':');
  bytes.writeUInt16LE(Number.parseInt(vendor, 16), 0x00);
  bytes.writeUInt16LE(Number.parseInt(device, 16), 0x02);
  bytes.writeUInt16LE(isExpress ? 0x0010 : 0, 0x06);
  bytes.writeUInt8(spec.revision ?? 1, 0x08);
  bytes.writeUIntLE(Number.parseInt(spec.class, 16), 0x09, 3);
  const isMulti = specs.some((other) => other.at !== spec.at && other.at.slice(0, -1) === spec.at.slice(0, -1));
  bytes.writeUInt8((spec.port === undefined ? 0 : 1) | (isMulti ? 0x80 : 0), 0x0e);
  if (spec.port !== undefined) {
    bytes.writeUInt8(Number.parseInt(full(spec.at).split(':')[1] ?? '0', 16), 0x18);
    bytes.writeUInt8(spec.port.bus, 0x19);
    bytes.writeUInt8(spec.port.bus, 0x1a);
  }
  if (isExpress) {
    bytes.writeUInt8(0x40, 0x34);
    bytes.writeUInt8(0x10, 0x40);
    bytes.writeUInt16LE(0x0042, 0x42);
    if (spec.port?.acs !== undefined) {
      bytes.writeUInt32LE(0x0001000d, 0x100);
      bytes.writeUInt16LE(spec.port.acs[0], 0x104);
      bytes.writeUInt16LE(spec.port.acs[1], 0x106);
    }
  }
  return bytes;
};

const groupEntries = (specs: readonly PciSpec[], place: (address: string) => string, options: PciOptions): Entries => {
  const groups = new Map<number, PciSpec[]>();
  for (const spec of specs)
    if (spec.group !== undefined) groups.set(spec.group, [...(groups.get(spec.group) ?? []), spec]);
  return [...groups].flatMap(([group, members]) => {
    const base = `/sys/kernel/iommu_groups/${group}`;
    const type = members.find((member) => member.groupType !== undefined)?.groupType ?? options.groupType;
    return [
      file(
        `${base}/reserved_regions`,
        [...members.flatMap(({regions}) => regions ?? []), ...options.regions, ''].join('\n'),
        0o444,
      ),
      ...(type === null ? [] : [file(`${base}/type`, `${type}\n`)]),
      ...members.map((member) =>
        link(`${base}/devices/${full(member.at)}`, `../../../..${place(full(member.at)).slice('/sys'.length)}`),
      ),
    ];
  });
};

const iommuUnitEntries = ({name, attributes}: IommuUnitSpec): Entries => [
  relativeLink(`/sys/class/iommu/${name}`, `/sys/devices/virtual/iommu/${name}`),
  ...Object.entries(attributes).map(([attribute, content]) =>
    value(`/sys/devices/virtual/iommu/${name}/${attribute}`, content),
  ),
];

/** `ecap` bit 3 is interrupt remapping (kernel: drivers/iommu/intel/iommu.h). */
export const dmarUnit = (number: number, base: string, ecap: string): IommuUnitSpec => ({
  name: `dmar${number}`,
  attributes: {
    'intel-iommu/address': base,
    'intel-iommu/cap': 'c90780106f0462',
    'intel-iommu/ecap': ecap,
    'intel-iommu/version': '1:0',
  },
});

export const messageRegion = '0x00000000fee00000 0x00000000feefffff msi';
