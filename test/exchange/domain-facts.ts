import type {HostFacts} from '../../src/facts/host-facts.ts';
import {attributeOf, elementsAt, parseXmlBeginning} from '../../src/formats/xml/document.ts';
import {sourceOf} from '../../src/hypervisor/kvm/domain/place-cards.ts';
import {defaultShape, sampleFacts, samplePci, samplePciFunctions} from '../support/sample-facts.ts';

/** Invented: two nodes of 64 cores, with memory for any guest. */
const shape = {
  ...defaultShape,
  coresPerNode: 64,
  coresPerL3: 64,
  numbering: 'blocks',
  memoryKiBPerNode: 512 * 1_048_576,
} as const;

/** An invented host with this domain, and a card with one function at each PCI address that the domain takes, but for those in `without`. */
export const domainFacts = (
  xml: string,
  overrides: Partial<HostFacts> = {},
  without: readonly string[] = [],
): {readonly facts: HostFacts; readonly name: string; readonly path: string} => {
  const {root} = parseXmlBeginning(xml);
  const name = elementsAt(root, 'name')[0]?.text.trim() ?? '';
  const path = `/etc/libvirt/qemu/${name}.xml`;
  const sources = elementsAt(root, 'devices')
    .flatMap(({children}) => children.map(sourceOf))
    .filter((address) => address !== null && !without.includes(address))
    .filter((address) => address !== null);
  const own = samplePciFunctions.filter(({address}) => !address.startsWith('0000:06:'));
  const pci = [...new Set(sources)]
    .filter((address) => own.every((one) => one.address !== address))
    .map((address, index) => samplePci(address, {iommuGroup: 100 + index, numaNode: 0}));
  const facts = sampleFacts(shape, {pci: [...own, ...pci]});
  if (facts.virtualisation.kind !== 'kvm') throw new Error('the sample is no host of libvirt');
  return {
    name,
    path,
    facts: {
      ...facts,
      virtualisation: {
        ...facts.virtualisation,
        // libvirt would not have defined such a guest elsewhere.
        hasSpice: elementsAt(root, 'devices/graphics').some((one) => attributeOf(one, 'type') === 'spice') || null,
        domains: [{name, uuid: null, path, xml, isActive: false, isAutostart: false}],
      },
      files: {
        [path]: {
          path,
          state: 'file',
          text: xml,
          encoding: 'utf8',
          target: null,
          sha256: '0'.repeat(64),
          mode: 0o600,
          uid: 0,
          gid: 0,
          stamp: null,
        },
      },
      ...overrides,
    },
  };
};
