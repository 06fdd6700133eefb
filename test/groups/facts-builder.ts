import type {PciAddress} from '../../src/facts/pci-address.ts';
import {sampleFacts} from '../support/sample-facts.ts';
import {noMediated} from '../../src/facts/mediated.ts';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import type {PciFunction} from '../../src/facts/pci.ts';
import {samplePci} from '../support/sample-facts.ts';

export const pciFunction = (address: PciAddress, some: Partial<PciFunction> = {}): PciFunction =>
  samplePci(address, {device: '1381', resetMethods: null, isBridge: some.class?.startsWith('0604') ?? false, ...some});

/** Facts of a host whose groups follow from the functions. */
export const groupFacts = (
  pci: readonly PciFunction[],
  some: Partial<HostFacts> = {},
): Pick<HostFacts, 'pci' | 'iommu' | 'mediated' | 'needs' | 'kernel' | 'boot'> => {
  const ids = [...new Set(pci.map(({iommuGroup}) => iommuGroup).filter((id) => id !== null))].sort((a, b) => a - b);
  const groups = ids.map((id) => ({
    id,
    devices: pci.filter(({iommuGroup}) => iommuGroup === id).map(({address}) => address),
    type: null,
    reservedRegions: [],
  }));
  return {
    pci,
    iommu: {
      active: groups.length > 0,
      groups,
      interruptRemapping: null,
      units: [],
      addressBits: null,
      dmar: null,
      ivrs: null,
      acpiTable: null,
    },
    mediated: some.mediated ?? noMediated,
    needs: some.needs ?? [],
    boot: some.boot ?? sampleFacts().boot,
    kernel: some.kernel ?? {
      release: null,
      version: null,
      config: null,
      builtin: null,
      modules: null,
      loaded: null,
      hasKvmDevice: true,
      parameters: {},
      hypervisor: null,
      xenImages: [],
      installed: [],
      log: null,
    },
  };
};

/** The ASUS P8H67-M of the issue, the part of it that matters: one card behind a port of its group, one behind its own. */
export const h67 = (): readonly PciFunction[] => [
  pciFunction('0000:00:01.0', {class: '060400', vendor: '8086', driver: 'pcieport', iommuGroup: 1}),
  pciFunction('0000:00:1c.0', {class: '060400', vendor: '8086', driver: 'pcieport', iommuGroup: 6}),
  pciFunction('0000:00:1f.0', {class: '060100', vendor: '8086', driver: 'lpc_ich', iommuGroup: 11}),
  pciFunction('0000:00:1f.2', {class: '010601', vendor: '8086', driver: 'ahci', iommuGroup: 11}),
  pciFunction('0000:00:1f.3', {class: '0c0500', vendor: '8086', driver: 'i801_smbus', iommuGroup: 11}),
  pciFunction('0000:01:00.0', {driver: 'nouveau', iommuGroup: 1, upstream: ['0000:00:01.0']}),
  pciFunction('0000:01:00.1', {class: '040300', driver: 'snd_hda_intel', iommuGroup: 1, upstream: ['0000:00:01.0']}),
  pciFunction('0000:02:00.0', {
    vendor: '1002',
    driver: 'radeon',
    bootVga: true,
    iommuGroup: 12,
    upstream: ['0000:00:1c.0'],
  }),
  pciFunction('0000:02:00.1', {
    class: '040300',
    vendor: '1002',
    driver: 'snd_hda_intel',
    iommuGroup: 12,
    upstream: ['0000:00:1c.0'],
  }),
];
