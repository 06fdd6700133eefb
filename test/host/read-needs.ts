import type {PciFunction} from '../../src/facts/pci.ts';
import type {Finding} from '../../src/findings/finding.ts';
import {readNeeds} from '../../src/host/needs/needs.ts';
import type {Source} from '../../src/system/source.ts';
import {openTree} from '../support/make-tree.ts';
import {samplePci} from '../support/sample-facts.ts';
import type {Tree} from './block-trees.ts';

export const pciFunction = ({address = '0000:00:00.0', ...known}: Partial<PciFunction>): PciFunction =>
  samplePci(address, {class: '000000', vendor: '8086', device: '0000', resetMethods: null, ...known});

export const readSource = (source: Source, pci: readonly PciFunction[] = []) => {
  const notes: Finding[] = [];
  const needs = readNeeds(source, (finding) => notes.push(finding), pci);
  return {needs, notes, found: needs.map(({kind, address}) => `${kind} ${address}`)};
};

export const read = (tree: Tree, pci: readonly PciFunction[] = []) => readSource(openTree(tree), pci);
