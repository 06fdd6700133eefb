import type {PciAddress} from '../../src/facts/pci-address.ts';
import {expect, it} from 'vitest';
import type {PciFunction} from '../../src/facts/pci.ts';
import {analyseGroup, explainSharing} from '../../src/groups/analyse-group.ts';
import {groupFacts, h67, pciFunction} from './facts-builder.ts';

const explain = (pci: readonly PciFunction[], id: number): readonly string[] => {
  const group = analyseGroup(groupFacts(pci), id);
  return group === null ? [] : explainSharing(group);
};

const withAcs = (acs: PciFunction['acs'], upstream: readonly PciAddress[] = []): readonly PciFunction[] => [
  pciFunction('0000:00:01.0', {class: '060400', iommuGroup: 1, acs, upstream}),
  pciFunction('0000:01:00.0', {iommuGroup: 1, upstream: [...upstream, '0000:00:01.0']}),
];

it.each([
  [{isPresent: false, isIsolating: false, port: 'root port'}, /^0000:00:01\.0 \(root port\) has no ACS/],
  [
    {isPresent: true, isIsolating: false, port: 'downstream port'},
    /^0000:00:01\.0 \(downstream port\) has ACS, but it is not switched on/,
  ],
  [{isPresent: false, isIsolating: false, port: 'PCI bridge'}, /^0000:00:01\.0 is a bridge to a conventional PCI bus/],
  [null, /^0000:00:01\.0 \(root port\): whether it has ACS is unknown.*needs root/],
] as const)('explains a bridge with %j', (acs, reason) => {
  expect(explain(withAcs(acs), 1)).toEqual([expect.stringMatching(reason)]);
});

it('does not blame a bridge that isolates', () => {
  expect(explain(withAcs({isPresent: true, isIsolating: true, port: 'root port'}), 1)).toEqual([]);
});

it('explains functions of one chipset device, and not those of one graphics card', () => {
  expect(explain(h67(), 11)).toEqual(['0000:00:1f.0, .2 and .3 are functions of one device without ACS between them']);
  expect(explain(h67(), 12)).toEqual([]);
});

it('has nothing to explain about a group of one', () => {
  expect(explain(h67(), 6)).toEqual([]);
});
