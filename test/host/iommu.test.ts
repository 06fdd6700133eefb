import {describe, expect, it} from 'vitest';
import type {Finding} from '../../src/findings/finding.ts';
import {readIommu} from '../../src/host/pci/iommu.ts';
import {readPci} from '../../src/host/pci/pci.ts';
import {openSource, type Source} from '../../src/system/source.ts';
import {acpiTable, u16, u64, zeros} from './acpi-bytes.ts';
import {pciEntries, writeRoot} from './pci-tree.ts';

const read = (root: string, change: (source: Source) => Source = (source) => source) => {
  const notes: Finding[] = [];
  const note = (finding: Finding): void => void notes.push(finding);
  const source = change(openSource(root, null));
  return {iommu: readIommu(source, note, readPci(source, note)), notes};
};

const groups = '/sys/kernel/iommu_groups';
const inGroup = (id: number) => ({iommu_group: {to: `../../../kernel/iommu_groups/${id}`}});
const dmar = (flags: number, ...blocks: readonly number[][]): Uint8Array =>
  acpiTable('DMAR', [38, flags, ...zeros(10), ...blocks.flat()]);
const dmarPath = '/sys/firmware/acpi/tables/DMAR';

describe('groups', () => {
  it('come in numeric order with their type and reserved regions', () => {
    const root = writeRoot({
      [`${groups}/10/devices/0000:00:1f.2`]: '',
      [`${groups}/2/devices/10000:e1:00.0`]: '',
      [`${groups}/2/devices/0000:0a:00.0`]: '',
      [`${groups}/2/devices/0000:02:00.0`]: '',
      [`${groups}/2/devices/AMDI0020:00`]: '',
      [`${groups}/2/type`]: 'DMA-FQ\n',
      [`${groups}/2/reserved_regions`]:
        '0x00000000000a0000 0x00000000000bffff direct\n0x00000000fee00000 0x00000000feefffff msi\nnonsense\n',
    });

    const {iommu} = read(root);

    expect(iommu).toMatchObject({
      active: true,
      groups: [
        {
          id: 2,
          devices: ['0000:02:00.0', '0000:0a:00.0', '10000:e1:00.0'],
          type: 'DMA-FQ',
          reservedRegions: [
            {start: '0x00000000000a0000', end: '0x00000000000bffff', type: 'direct'},
            {start: '0x00000000fee00000', end: '0x00000000feefffff', type: 'msi'},
          ],
        },
        {id: 10, devices: ['0000:00:1f.2'], type: null, reservedRegions: []},
      ],
    });
  });

  it('come from links that lead nowhere, where a capture holds no groups', () => {
    const root = writeRoot({
      ...pciEntries('pci0000:00/0000:00:02.0', inGroup(3)),
      ...pciEntries('pci0000:00/0000:00:03.0', inGroup(3)),
    });

    expect(read(root).iommu.groups).toEqual([
      {id: 3, devices: ['0000:00:02.0', '0000:00:03.0'], type: null, reservedRegions: []},
    ]);
  });

  it('are none without an IOMMU', () => {
    expect(read(writeRoot(pciEntries('pci0000:00/0000:00:02.0', {}))).iommu).toMatchObject({
      active: false,
      groups: [],
      units: [],
    });
  });

  it('of vfio’s mode without an IOMMU do not count', () => {
    const root = writeRoot({
      [`${groups}/0/devices/0000:02:00.0`]: '',
      [`${groups}/0/name`]: 'vfio-noiommu\n',
      '/sys/module/vfio/parameters/enable_unsafe_noiommu_mode': 'Y\n',
    });

    expect(read(root).iommu).toMatchObject({active: false, groups: []});
  });
});

it('lists IOMMU units by number', () => {
  const root = writeRoot(
    Object.fromEntries(['dmar10', 'dmar2', 'dmar0'].map((name) => [`/sys/class/iommu/${name}/x`, ''])),
  );

  expect(read(root).iommu.units).toEqual(['dmar0', 'dmar2', 'dmar10']);
});

describe('interrupt remapping', () => {
  const line = (chip: string): string =>
    `           CPU0       CPU1\n  16:         49          0   ${chip}   16-fasteoi   i801_smbus\n NMI:   3   4   Non-maskable interrupts\n`;

  it.each([
    [
      'is on by a chip of sysfs',
      {'/sys/kernel/irq/0/chip_name': 'IO-APIC\n', '/sys/kernel/irq/24/chip_name': 'IR-PCI-MSI-0000:00:1c.0\n'},
      true,
    ],
    [
      'is off where chips are all plain',
      {'/sys/kernel/irq/0/chip_name': 'IO-APIC\n', '/sys/kernel/irq/24/chip_name': 'PCI-MSI\n'},
      false,
    ],
    ['is on by /proc/interrupts', {'/proc/interrupts': line('IR-IO-APIC')}, true],
    ['is off by /proc/interrupts', {'/proc/interrupts': line('IO-APIC')}, false],
    ['is unknown by the chips of ARM', {'/proc/interrupts': line('ITS-PCI-MSI')}, null],
    ['is unknown where nothing is readable', {}, null],
    ['is off where the table rules it out', {[dmarPath]: dmar(0)}, false],
    ['is not proved by a table that allows it', {[dmarPath]: dmar(1)}, null],
  ])('%s', (_, entries, expected) => {
    expect(read(writeRoot(entries)).iommu.interruptRemapping).toBe(expected);
  });
});

describe('firmware tables', () => {
  const region = [
    ...u16(1),
    ...u16(34),
    ...u16(0),
    ...u16(0),
    ...u64(0x1000n),
    ...u64(0x1fffn),
    1,
    10,
    0,
    0,
    0,
    0,
    0x1c,
    0,
    0,
    0,
  ];

  it.each([
    ['DMAR', {[dmarPath]: dmar(1)}],
    ['IVRS', {'/sys/firmware/acpi/tables/IVRS': acpiTable('IVRS', zeros(12))}],
    ['none', {'/sys/firmware/acpi/tables/FACP': ''}],
    [null, {'/etc/hostname': ''}],
  ])('are told by the directory: %s', (acpiTableName, entries) => {
    const {iommu, notes} = read(writeRoot(entries));

    expect(iommu.acpiTable).toBe(acpiTableName);
    expect(iommu.dmar !== null).toBe(acpiTableName === 'DMAR');
    expect(iommu.ivrs !== null).toBe(acpiTableName === 'IVRS');
    expect(notes).toEqual([]);
  });

  it.each([
    ['the device behind it', {...pciEntries('pci0000:00/0000:00:1c.0/0000:03:00.0', {})}],
    [
      'its config space',
      {'/sys/devices/pci0000:00/0000:00:1c.0/config': Uint8Array.from([...zeros(0x19), 3, ...zeros(38)])},
    ],
  ])('name devices behind a bridge whose bus is known by %s', (_, entries) => {
    const bridge = pciEntries('pci0000:00/0000:00:1c.0', {class: '0x060400\n'});
    const {iommu} = read(writeRoot({...bridge, ...entries, [dmarPath]: dmar(1, region)}));

    expect(iommu.dmar?.regions[0]?.devices).toEqual(['0000:03:00.0']);
  });

  it.each([
    ['empty', '', /empty/],
    ['cut off', dmar(1, region).subarray(0, 60), /only 60 are there/],
  ])('that are %s are noted, not a crash', (_, content, reason) => {
    const {notes} = read(writeRoot({[dmarPath]: content}));

    expect(notes).toEqual([
      expect.objectContaining({code: 'host-file-malformed', subject: dmarPath, message: expect.stringMatching(reason)}),
    ]);
  });

  it('that only root may read leave a note and say which there is', () => {
    const denied = new Set<string>();
    const forbid = (source: Source): Source => ({
      ...source,
      denied,
      bytes: (path) => (path === dmarPath ? (denied.add(path), null) : source.bytes(path)),
    });

    const {iommu, notes} = read(writeRoot({[dmarPath]: dmar(1)}), forbid);

    expect(iommu).toMatchObject({acpiTable: 'DMAR', dmar: null});
    expect(notes).toMatchObject([
      {code: 'host-needs-root', subject: dmarPath, remedy: expect.stringContaining('sudo')},
    ]);
  });
});
