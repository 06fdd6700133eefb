import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {cpuEntries, cpuinfoEntry, kvmDevice, nodeEntries, simpleCpus} from './cpu.ts';
import {type Distribution, distributionEntries} from './distribution.ts';
import {assemble, binary, type Entries, value} from './entries.ts';
import {messageRegion, pathOf, pciEntries, type PciSpec} from './pci.ts';
import * as wiring from './wiring.ts';

/** An invented X570 board with a Matisse or Vermeer processor; only the IVRS table is a real one. */

const acs = [0x001d, 0x001d] as const;
const part = (
  at: string,
  classCode: string,
  id: string,
  group: number | null,
  rest: Partial<PciSpec> = {},
): PciSpec => ({
  at,
  class: classCode,
  id,
  ...(group === null ? {} : {group}),
  subsystem: '1462:7c35',
  revision: 0,
  ...rest,
});
const amdPort = (at: string, id: string, bus: number, group: number, below?: string): PciSpec =>
  part(at, '060400', id, group, {
    driver: 'pcieport',
    port: {bus, isExpress: true, acs},
    ...(below === undefined ? {} : {below}),
  });

/** Groups 0 to 20 and the two slots at 00:03.1 (bus 0a) and 00:03.2 (bus 0b), each isolated. */
const am4Board: readonly PciSpec[] = [
  part('00:00.0', '060000', '1022:1480', 0),
  // The IOMMU's own function is in no group, as on every machine with an AMD IOMMU.
  part('00:00.2', '080600', '1022:1481', null),
  part('00:01.0', '060000', '1022:1482', 0),
  amdPort('00:01.1', '1022:1483', 0x01, 1),
  amdPort('00:01.2', '1022:1483', 0x02, 2),
  part('00:02.0', '060000', '1022:1482', 3),
  part('00:03.0', '060000', '1022:1482', 4),
  amdPort('00:03.1', '1022:1483', 0x0a, 5),
  amdPort('00:03.2', '1022:1483', 0x0b, 6),
  part('00:07.0', '060000', '1022:1482', 7),
  part('00:08.0', '060000', '1022:1482', 8),
  amdPort('00:08.1', '1022:1484', 0x0c, 9),
  part('00:14.0', '0c0500', '1022:790b', 10, {driver: 'piix4_smbus', revision: 0x61}),
  part('00:14.3', '060100', '1022:790e', 10, {revision: 0x51}),
  part('00:18.0', '060000', '1022:1440', 11),
  part('00:18.3', '060000', '1022:1443', 11, {driver: 'k10temp'}),
  part('01:00.0', '010802', '144d:a808', 12, {
    below: '00:01.1',
    driver: 'nvme',
    subsystem: '144d:a801',
    resets: 'flr bus',
  }),
  amdPort('02:00.0', '1022:57ad', 0x03, 13, '00:01.2'),
  amdPort('03:04.0', '1022:57a3', 0x04, 14, '02:00.0'),
  amdPort('03:08.0', '1022:57a4', 0x05, 15, '02:00.0'),
  part('04:00.0', '020000', '8086:15f3', 16, {below: '03:04.0', driver: 'igc', revision: 3, resets: 'flr bus'}),
  part('05:00.0', '130000', '1022:1485', 15, {below: '03:08.0'}),
  part('05:00.1', '0c0330', '1022:149c', 15, {below: '03:08.0', driver: 'xhci_hcd', resets: 'pm'}),
  part('05:00.3', '0c0330', '1022:149c', 15, {below: '03:08.0', driver: 'xhci_hcd', resets: 'pm'}),
  part('0c:00.0', '130000', '1022:1485', 17, {below: '00:08.1'}),
  part('0c:00.1', '108000', '1022:1486', 18, {below: '00:08.1', driver: 'ccp', resets: 'pm'}),
  part('0c:00.3', '0c0330', '1022:149c', 19, {below: '00:08.1', driver: 'xhci_hcd', resets: 'pm'}),
  part('0c:00.4', '040300', '1022:1487', 20, {below: '00:08.1', driver: 'snd_hda_intel', resets: 'pm'}),
];

type Am4 = {
  readonly machines: string;
  /** Directory of the IVRS table in the linuxhw set, and the board that it is from. */
  readonly table: string;
  readonly board: string;
  readonly cores: number;
  readonly coresPerL3: number;
  readonly l3KiB: number;
  readonly cpu: {readonly name: string; readonly model: number; readonly family: number; readonly stepping: number};
  readonly totalKiB: number;
  readonly cards: readonly PciSpec[];
  /** Interfaces of network cards among them; none is up. */
  readonly interfaces?: readonly {readonly at: string; readonly name: string}[];
  readonly displays: Parameters<typeof wiring.displayEntries>[1];
  readonly console: {readonly driver: string; readonly at: string};
  readonly distribution: Distribution;
};

const flags =
  'fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 ht syscall nx mmxext fxsr_opt pdpe1gb rdtscp lm constant_tsc extd_apicid pni pclmulqdq ssse3 fma cx16 sse4_1 sse4_2 movbe popcnt aes xsave avx f16c rdrand lahf_lm cmp_legacy svm extapic sse4a topoext fsgsbase bmi1 avx2 smep bmi2 npt avic';

export const am4Host = (host: Am4): Entries => {
  const functions = [...am4Board, ...host.cards];
  const cpus = simpleCpus(host.cores, host.coresPerL3, host.l3KiB);
  const nvme = `${pathOf('01:00.0', functions)}/nvme/nvme0`;
  return assemble([
    cpuEntries(cpus),
    cpuinfoEntry(cpus, {...host.cpu, vendor: 'AuthenticAMD', flags, addressSizes: '43 bits physical, 48 bits virtual'}),
    nodeEntries(
      [
        {
          id: 0,
          cpus: cpus.map(({id}) => id),
          totalKiB: host.totalKiB,
          freeKiB: Math.trunc(host.totalKiB * 0.85),
          distances: [10],
        },
      ],
      [2048, 1_048_576],
    ),
    kvmDevice,
    pciEntries(functions, {
      nodes: [{id: 0, cpulist: `0-${cpus.length - 1}`}],
      hasResetMethod: true,
      groupType: 'DMA-FQ',
      regions: [messageRegion, '0x000000fd00000000 0x000000ffffffffff reserved'],
      iommu: [{name: 'ivhd0', attributes: {'amd-iommu/cap': '40f', 'amd-iommu/features': '58f77ef22294ade'}}],
    }),
    [
      binary(
        '/sys/firmware/acpi/tables/IVRS',
        readFileSync(join(host.machines, `roots/linuxhw/${host.table}/sys/firmware/acpi/tables/IVRS`)),
      ),
      value('/sys/class/dmi/id/board_name', host.board),
      value('/sys/class/dmi/id/chassis_type', 3),
    ],
    wiring.diskEntries(nvme, {name: 'nvme0n1', device: '259:0', number: 0}, [
      {name: 'nvme0n1p1', device: '259:1', number: 1},
      {name: 'nvme0n1p2', device: '259:2', number: 2},
    ]),
    wiring.mountEntries(
      wiring.pseudoMounts([
        {device: '259:2', path: '/', type: 'ext4', source: '/dev/nvme0n1p2'},
        {device: '259:1', path: '/boot/efi', type: 'vfat', source: '/dev/nvme0n1p1'},
      ]),
      ['/swap.img'],
    ),
    wiring.networkEntries(functions, [
      {at: '04:00.0', name: 'enp4s0', isUp: true},
      // Brought up, and no cable is in them.
      ...(host.interfaces ?? []).map((one) => ({...one, isUp: false, flags: '0x1003'})),
    ]),
    wiring.routeEntry('enp4s0'),
    wiring.displayEntries(functions, host.displays),
    wiring.consoleEntries(host.console.driver, pathOf(host.console.at, functions)),
    wiring.keyboardEntry(
      'Logitech USB Keyboard',
      `${pathOf('0c:00.3', functions).slice('/sys'.length)}/usb5/5-2/5-2:1.0/0003:046D:C31C.0001/input/input4`,
    ),
    wiring.interruptEntries(cpus.length, true),
    distributionEntries(host.distribution),
  ]);
};
