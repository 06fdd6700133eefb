import {directory, type Entries, file, link, relativeLink, value} from './entries.ts';
import {pathOf, type PciSpec} from './pci.ts';

/** What hangs off the PCI functions: disks, networks, displays, keyboards, and the tables of the kernel that name them. */

export type Partition = {readonly name: string; readonly device: string; readonly number: number};

export const diskEntries = (below: string, disk: Partition, partitions: readonly Partition[]): Entries => {
  const base = `${below}/block/${disk.name}`;
  return [
    ...blockEntries(base, disk),
    value(`${base}/size`, 976_773_168),
    ...partitions.flatMap((partition) => [
      ...blockEntries(`${base}/${partition.name}`, partition),
      value(`${base}/${partition.name}/partition`, partition.number),
    ]),
    relativeLink(`/sys/block/${disk.name}`, base),
  ];
};

/** A device-mapper volume (LUKS, LVM) and what it lies on. */
export const mapperEntries = (
  volume: Partition,
  dm: {readonly name: string; readonly uuid: string},
  slaves: readonly (readonly [string, string])[],
): Entries => {
  const base = `/sys/devices/virtual/block/${volume.name}`;
  return [
    ...blockEntries(base, volume),
    value(`${base}/dm/name`, dm.name),
    value(`${base}/dm/uuid`, dm.uuid),
    ...slaves.map(([name, path]) => relativeLink(`${base}/slaves/${name}`, path)),
    relativeLink(`/sys/block/${volume.name}`, base),
    link(`/dev/mapper/${dm.name}`, `../${volume.name}`),
  ];
};

const blockEntries = (base: string, block: Partition): Entries => [
  value(`${base}/dev`, block.device),
  relativeLink(`/sys/dev/block/${block.device}`, base),
  relativeLink(`/sys/class/block/${block.name}`, base),
];

export const networkEntries = (
  specs: readonly PciSpec[],
  cards: readonly {readonly at: string; readonly name: string; readonly isUp: boolean; readonly flags?: string}[],
): Entries => [
  relativeLink('/sys/class/net/lo', '/sys/devices/virtual/net/lo'),
  value('/sys/devices/virtual/net/lo/operstate', 'unknown'),
  ...cards.flatMap(({at, name, isUp, flags}) => {
    const base = `${pathOf(at, specs)}/net/${name}`;
    return [
      relativeLink(`/sys/class/net/${name}`, base),
      value(`${base}/operstate`, isUp ? 'up' : 'down'),
      ...(flags === undefined ? [] : [value(`${base}/flags`, flags)]),
      link(`${base}/device`, `../../../${at.length === 7 ? `0000:${at}` : at}`),
    ];
  }),
];

/** A bridge that carries the default route, over one card. */
export const bridgeEntries = (bridge: string, card: string, cardPath: string): Entries => [
  relativeLink(`/sys/class/net/${bridge}`, `/sys/devices/virtual/net/${bridge}`),
  value(`/sys/devices/virtual/net/${bridge}/operstate`, 'up'),
  value(`/sys/devices/virtual/net/${bridge}/bridge/bridge_id`, '8000.000000000000'),
  relativeLink(`/sys/devices/virtual/net/${bridge}/brif/${card}`, `${cardPath}/net/${card}/brport`),
  relativeLink(`/sys/devices/virtual/net/${bridge}/lower_${card}`, `${cardPath}/net/${card}`),
  relativeLink(`${cardPath}/net/${card}/master`, `/sys/devices/virtual/net/${bridge}`),
  directory(`${cardPath}/net/${card}/brport`),
];

export const routeEntry = (device: string): Entries => [
  file(
    '/proc/net/route',
    [
      'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
      `${device}\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0`,
      `${device}\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0`,
      '',
    ].join('\n'),
    0o444,
  ),
];

export type ConnectorSpec = {readonly name: string; readonly isConnected: boolean};

export const displayEntries = (
  specs: readonly PciSpec[],
  cards: readonly {readonly at: string; readonly card: string; readonly connectors: readonly ConnectorSpec[]}[],
): Entries =>
  cards.flatMap(({at, card, connectors}) => {
    const device = pathOf(at, specs);
    const base = `${device}/drm/${card}`;
    return [
      relativeLink(`/sys/class/drm/${card}`, base),
      link(`${base}/device`, `../../../${device.split('/').at(-1)}`),
      ...connectors.flatMap((connector) => [
        relativeLink(`/sys/class/drm/${card}-${connector.name}`, `${base}/${card}-${connector.name}`),
        value(`${base}/${card}-${connector.name}/status`, connector.isConnected ? 'connected' : 'disconnected'),
        value(`${base}/${card}-${connector.name}/enabled`, connector.isConnected ? 'enabled' : 'disabled'),
        link(`${base}/${card}-${connector.name}/device`, `../../${card}`),
      ]),
    ];
  });

export const consoleEntries = (framebuffer: string, devicePath: string): Entries => [
  relativeLink('/sys/class/graphics/fb0', `${devicePath}/graphics/fb0`),
  value(`${devicePath}/graphics/fb0/name`, framebuffer),
  link(`${devicePath}/graphics/fb0/device`, `../../../${devicePath.split('/').at(-1)}`),
  file('/proc/fb', `0 ${framebuffer}\n`, 0o444),
];

/** `sysfs` as /proc/bus/input/devices writes it: without /sys. */
export const keyboardEntry = (name: string, sysfs: string): Entries => {
  const controller = sysfs.match(/[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7](?=\/usb)/)?.[0];
  const text = [
    `I: Bus=${controller === undefined ? '0011' : '0003'} Vendor=0001 Product=0001 Version=0110`,
    `N: Name="${name}"`,
    `P: Phys=${controller === undefined ? 'isa0060/serio0' : `usb-${controller}-1`}/input0`,
    `S: Sysfs=${sysfs}`,
    'U: Uniq=',
    'H: Handlers=sysrq kbd leds event0',
    'B: PROP=0',
    'B: EV=120013',
    'B: KEY=1000000000007 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe',
    '',
    '',
  ].join('\n');
  return [file('/proc/bus/input/devices', text, 0o444)];
};

export type Mount = {
  readonly device: string;
  readonly path: string;
  readonly type: string;
  readonly source: string;
  readonly options?: string;
};

export const mountEntries = (mounts: readonly Mount[], swaps: readonly string[]): Entries => [
  file(
    '/proc/self/mountinfo',
    mounts
      .map(
        (mount, index) =>
          `${20 + index} 1 ${mount.device} / ${mount.path} rw,relatime shared:${index + 1} - ${mount.type} ${mount.source} ${mount.options ?? 'rw'}\n`,
      )
      .join(''),
    0o444,
  ),
  file(
    '/proc/self/mounts',
    mounts.map((mount) => `${mount.source} ${mount.path} ${mount.type} rw,relatime 0 0\n`).join(''),
    0o444,
  ),
  link('/proc/mounts', 'self/mounts'),
  file(
    '/proc/swaps',
    [
      'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority',
      ...swaps.map(
        (swap) => `${swap.padEnd(40)}${swap.startsWith('/dev') ? 'partition' : 'file\t'}\t2097148\t\t0\t\t-2`,
      ),
      '',
    ].join('\n'),
    0o444,
  ),
];

export const pseudoMounts = (swapless: readonly Mount[]): readonly Mount[] => [
  {device: '0:21', path: '/sys', type: 'sysfs', source: 'sysfs'},
  {device: '0:22', path: '/proc', type: 'proc', source: 'proc'},
  {device: '0:5', path: '/dev', type: 'devtmpfs', source: 'udev'},
  ...swapless,
  {device: '0:32', path: '/dev/hugepages', type: 'hugetlbfs', source: 'hugetlbfs', options: 'rw,pagesize=2M'},
];

/** With `remapped`, the chips carry the prefix IR-: the only proof of interrupt remapping outside the kernel log. */
export const interruptEntries = (cpuCount: number, remapped: boolean): Entries => {
  const prefix = remapped ? 'IR-' : '';
  const rows = [
    ['0', `${prefix}IO-APIC`, '2-edge', 'timer'],
    ['8', `${prefix}IO-APIC`, '8-edge', 'rtc0'],
    ['9', `${prefix}IO-APIC`, '9-fasteoi', 'acpi'],
    ['24', `${prefix}PCI-MSI`, '524288-edge', 'nvme0q0'],
  ];
  const cpus = Array.from({length: cpuCount}, (_, id) => `CPU${id}`.padStart(6)).join('');
  const counts = Array.from({length: cpuCount}, () => '0'.padStart(6)).join('');
  return [
    file(
      '/proc/interrupts',
      [
        `     ${cpus}`,
        ...rows.map(
          ([number, chip, line, name]) => `${String(number).padStart(4)}:${counts}  ${chip}    ${line}      ${name}`,
        ),
        `${'NMI'.padStart(4)}:${counts}   Non-maskable interrupts`,
        '',
      ].join('\n'),
      0o444,
    ),
    ...rows.map(([number, chip]) => value(`/sys/kernel/irq/${number}/chip_name`, chip ?? '')),
  ];
};
