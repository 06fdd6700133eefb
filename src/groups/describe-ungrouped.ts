import type {HostFacts, PciFunction} from '../host/facts.ts';
import {describeMember} from './describe-member.ts';

type UngroupedFacts = Pick<HostFacts, 'pci' | 'iommu' | 'needs' | 'kernel'>;

/** Functions without a group, under a heading that says why as far as that is known. */
export const describeUngrouped = (facts: UngroupedFacts): readonly string[] => {
  const functions = facts.pci.filter((one) => one.iommuGroup === null);
  if (functions.length === 0) return facts.pci.length === 0 ? ['No PCI function was found.'] : [];
  return [
    facts.iommu.active ? 'Without a group: no IOMMU unit stands before these, so they cannot go to a guest' : whyInactive(facts),
    ...functions.map((one) => `  ${describeMember(facts, one, false)}${facts.iommu.active ? reasonOf(one) : ''}`),
  ];
};

const whyInactive = ({iommu, kernel}: UngroupedFacts): string => {
  const start = 'No IOMMU groups:';
  if (kernel.hypervisor === 'xen') return `${start} this system runs under Xen, which keeps the IOMMU to itself`;
  const hasTable = iommu.acpiTable === 'DMAR' || iommu.acpiTable === 'IVRS';
  if (kernel.hypervisor !== null && !hasTable) return `${start} this is a virtual machine, and its hypervisor gives it no IOMMU`;
  if (iommu.acpiTable === 'none')
    return `${start} the firmware offers no IOMMU (neither a DMAR nor an IVRS table); turn VT-d or AMD-Vi on in its set-up`;
  if (iommu.acpiTable === 'DMAR') return `${start} the firmware offers VT-d (DMAR table), but the kernel does not use it; boot with intel_iommu=on`;
  if (iommu.acpiTable === 'IVRS')
    return `${start} the firmware offers AMD-Vi (IVRS table), but the kernel does not use it; look for amd_iommu=off or iommu=off on its command line`;
  return `${start} the IOMMU is off, or this copy of the host does not tell`;
};

const reasonOf = (one: PciFunction): string => {
  if (one.class.startsWith('0806')) return '  (the IOMMU itself)';
  return one.class.startsWith('0600') ? '  (part of the chipset itself)' : '';
};
