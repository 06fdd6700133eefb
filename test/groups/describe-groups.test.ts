import {describe, expect, it} from 'vitest';
import type {IommuFacts} from '../../src/facts/iommu.ts';
import {describeGroups} from '../../src/groups/describe-groups.ts';
import {readIommu} from '../../src/host/pci/iommu.ts';
import {readPci} from '../../src/host/pci/pci.ts';
import type {Note} from '../../src/host/reader.ts';
import {openSource} from '../../src/system/source.ts';
import {unpackHost} from '../support/host-tree.ts';
import {noMediated} from '../../src/facts/mediated.ts';
import {sampleParent} from '../support/sample-mediated.ts';
import {groupFacts, h67, pciFunction} from './facts-builder.ts';

it('lists the groups of the H67 as a tree, with what each is good for', () => {
  expect(describeGroups(groupFacts(h67()))).toEqual([
    'Group 1: display device, usable: only its own functions and bridges',
    '  0000:00:01.0  PCI bridge [8086:1381]  pcieport',
    '    0000:01:00.0  VGA compatible controller [10de:1381]  nouveau',
    '    0000:01:00.1  Audio device [10de:1381]  snd_hda_intel',
    '',
    'Group 6: bridges only, nothing to pass',
    '  0000:00:1c.0  PCI bridge [8086:1381]  pcieport',
    '',
    'Group 11: not usable alone: 0000:00:1f.0 (ISA bridge, lpc_ich), 0000:00:1f.2 (SATA controller, ahci) and 0000:00:1f.3 (SMBus controller, i801_smbus) go to a guest together or not at all',
    '  0000:00:1f.0  ISA bridge [8086:1381]  lpc_ich',
    '  0000:00:1f.2  SATA controller [8086:1381]  ahci',
    '  0000:00:1f.3  SMBus controller [8086:1381]  i801_smbus',
    '  why: 0000:00:1f.0, .2 and .3 are functions of one device without ACS between them',
    '',
    'Group 12: display device, usable: only its own functions and bridges',
    '  0000:02:00.0  VGA compatible controller [1002:1381]  radeon  [boot VGA]  (behind 0000:00:1c.0)',
    '  0000:02:00.1  Audio device [1002:1381]  snd_hda_intel  (behind 0000:00:1c.0)',
    '',
  ]);
});

it('judges the H67 from its files as from its facts', () => {
  const source = openSource(unpackHost('asus-p8h67m-gtx750'), null);
  const pci = readPci(source, failOnNote);
  const iommu = readIommu(source, failOnNote, pci);
  const headings = describeGroups({...groupFacts(pci), iommu}).filter((line) => line.startsWith('Group '));

  expect(headings).toHaveLength(15);
  expect(headings.filter((line) => line.includes('display device, usable'))).toEqual([
    expect.stringMatching(/^Group 1:/),
    expect.stringMatching(/^Group 2:/),
    expect.stringMatching(/^Group 12:/),
  ]);
  expect(headings.filter((line) => line.includes('not usable'))).toEqual([
    expect.stringMatching(/^Group 11: .*0000:00:1f\.0.*0000:00:1f\.2.*0000:00:1f\.3/),
  ]);
});

const failOnNote: Note = ({message}) => {
  throw new Error(message);
};

it('names what a display device shares its group with', () => {
  const [heading] = describeGroups(
    groupFacts([
      pciFunction('0000:00:1f.2', {class: '010601', driver: 'ahci', iommuGroup: 3}),
      pciFunction('0000:02:00.0', {iommuGroup: 3, upstream: ['0000:00:1c.0']}),
    ]),
  );

  expect(heading).toBe('Group 3: display device, not usable alone: shared with 0000:00:1f.2 (SATA controller, ahci)');
});

it('names both of two display devices in one group', () => {
  const cards = (['0000:02:00.0', '0000:03:00.0'] as const).map((address) =>
    pciFunction(address, {iommuGroup: 3, upstream: ['0000:00:1c.0']}),
  );

  expect(describeGroups(groupFacts(cards))[0]).toMatch(
    /not usable alone: 0000:02:00\.0 .* and 0000:03:00\.0 .* go to a guest together/,
  );
});

it('says that the host needs a device', () => {
  const nvme = pciFunction('0000:04:00.0', {class: '010802', driver: 'nvme', iommuGroup: 9});
  const lines = describeGroups(
    groupFacts([nvme], {needs: [{address: nvme.address, kind: 'root', chain: '/ is on nvme0n1', spares: []}]}),
  );

  expect(lines[0]).toBe('Group 9: usable: only its own functions and bridges, but the host needs it');
  expect(lines[1]).toContain('[needed by the host: root]');
});

it('says of a device that has a spare that the host uses it, and holds nothing against the group', () => {
  const nic = pciFunction('0000:05:00.0', {class: '020000', iommuGroup: 9});
  const other = pciFunction('0000:06:00.0', {class: '020000', iommuGroup: 10});
  const need = {address: nic.address, kind: 'network', chain: 'eth0', spares: [other.address]} as const;
  const lines = describeGroups(groupFacts([nic, other], {needs: [need]}));
  expect(lines[0]).toBe('Group 9: usable: only its own functions and bridges');
  expect(lines[1]).toContain('[used by the host, which has another]');
  const together = [nic, {...other, iommuGroup: 9}];
  expect(describeGroups(groupFacts(together, {needs: [need]})).join(' ')).toContain('[needed by the host: network]');
});

describe('functions without a group', () => {
  const card = pciFunction('0000:01:00.0');

  it('come last where the IOMMU is on, with the reason', () => {
    const iommu = pciFunction('0000:00:00.2', {class: '080600'});
    const lines = describeGroups(groupFacts([iommu, card, pciFunction('0000:02:00.0', {iommuGroup: 0})]));

    expect(lines.slice(-3)).toEqual([
      'Without a group: no IOMMU unit is responsible for these, so they cannot go to a guest',
      '  0000:00:00.2  IOMMU [10de:1381]  (no driver)  (the IOMMU itself)',
      '  0000:01:00.0  VGA compatible controller [10de:1381]  (no driver)',
    ]);
  });

  it.each<[IommuFacts['acpiTable'], string | null, RegExp]>([
    ['none', null, /the firmware offers no IOMMU/],
    ['DMAR', null, /boot with intel_iommu=on/],
    ['IVRS', null, /AMD-Vi.*its log says why/],
    [null, null, /is off, or this copy/],
    [null, 'kvm', /virtual machine/],
    ['none', 'unknown', /virtual machine/],
    ['DMAR', 'unknown', /boot with intel_iommu=on/],
    ['none', 'xen', /runs under Xen/],
  ])('say why there are none: table %s, hypervisor %s', (acpiTable, hypervisor, reason) => {
    const facts = groupFacts([card]);
    const lines = describeGroups({...facts, iommu: {...facts.iommu, acpiTable}, kernel: {...facts.kernel, hypervisor}});

    expect(lines[0]).toMatch(/^No IOMMU groups: /);
    expect(lines[0]).toMatch(reason);
    expect(lines).toHaveLength(2);
  });

  it('are not asked for on a host without PCI', () => {
    expect(describeGroups(groupFacts([]))).toEqual(['No PCI function was found.']);
  });
});

it('marks what makes mediated devices', () => {
  const facts = groupFacts(h67(), {mediated: {...noMediated, parents: [sampleParent('0000:02:00.0', [])]}});
  const marked = describeGroups(facts).filter((line) => line.includes('[makes slices: mediated devices]'));
  expect(marked).toEqual([expect.stringContaining('0000:02:00.0')]);
});
