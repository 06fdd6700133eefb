import {describe, expect, it} from 'vitest';
import type {PciFunction} from '../../src/facts/pci.ts';
import {
  analyseGroup,
  endpointsBeside,
  type GroupAnalysis,
  isViableFor,
  whyHarmless,
} from '../../src/groups/analyse-group.ts';
import {groupFacts, h67, pciFunction} from './facts-builder.ts';

const analyse = (pci: readonly PciFunction[], id: number): GroupAnalysis => {
  const group = analyseGroup(groupFacts(pci), id);
  if (group === null) throw new Error(`there is no group ${id}`);
  return group;
};

describe('the groups of the H67', () => {
  it('let the GTX 750 go, whose root port is in its group', () => {
    const group = analyse(h67(), 1);

    expect(group.bridges.map(({address}) => address)).toEqual(['0000:00:01.0']);
    expect(group.cards.map(({slot, functions}) => [slot, functions.length])).toEqual([['0000:01:00', 2]]);
    expect(isViableFor(group, ['0000:01:00.0', '0000:01:00.1'])).toBe(true);
  });

  it('let the Radeon go', () => {
    expect(isViableFor(analyse(h67(), 12), ['0000:02:00.0', '0000:02:00.1'])).toBe(true);
  });

  it('do not let the SATA controller go alone, and name what is with it', () => {
    const group = analyse(h67(), 11);

    expect(group.cards).toHaveLength(3);
    expect(isViableFor(group, ['0000:00:1f.2'])).toBe(false);
    expect(endpointsBeside(group, ['0000:00:1f.2']).map(({address}) => address)).toEqual([
      '0000:00:1f.0',
      '0000:00:1f.3',
    ]);
  });

  it('do not let half a card go', () => {
    expect(isViableFor(analyse(h67(), 1), ['0000:01:00.0'])).toBe(false);
  });
});

it('knows no group that is not there', () => {
  expect(analyseGroup(groupFacts(h67()), 99)).toBeNull();
});

it('holds back a group with a member that nothing else is known about', () => {
  const facts = groupFacts(h67());
  const groups = facts.iommu.groups.map((group) =>
    group.id === 12 ? {...group, devices: [...group.devices, '0000:03:00.0' as const]} : group,
  );
  const group = analyseGroup({...facts, iommu: {...facts.iommu, groups}}, 12);

  expect(group?.unknown).toEqual(['0000:03:00.0']);
  expect(group !== null && isViableFor(group, ['0000:02:00.0', '0000:02:00.1'])).toBe(false);
});

it('counts a card once in a capture without hierarchy', () => {
  const flat = h67().map((one) => ({...one, upstream: []}));

  expect(analyse(flat, 1).cards).toHaveLength(1);
  expect(analyse(flat, 11).cards).toHaveLength(3);
});

describe('whyHarmless', () => {
  it.each([
    ['a bridge', {class: '060400', driver: 'pcieport'}, 'bridge'],
    ['a bridge without a driver', {class: '060400'}, 'bridge'],
    ['an event collector of pcieport', {class: '080700', driver: 'pcieport'}, 'bridge'],
    ['a host bridge without a driver', {class: '060000'}, 'host bridge without a driver'],
    ['a host bridge with a driver', {class: '060000', driver: 'ivb_uncore'}, null],
    ['a dummy function for which no driver exists', {class: '130000', modules: []}, 'no driver exists for it'],
    ['a function whose drivers are unknown', {class: '130000'}, null],
    ['a function that a driver may take at any time', {class: '0c0330', modules: ['xhci_pci']}, null],
    ['a display device of which no driver is installed', {class: '030000', modules: []}, null],
    ['a function that is with vfio just now', {class: '010601', driver: 'vfio-pci'}, null],
  ])('judges %s', (_, some, reason) => {
    expect(whyHarmless(pciFunction('0000:00:03.0', some))).toBe(reason);
  });
});
