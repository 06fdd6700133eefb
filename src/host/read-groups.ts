import type {BootFacts} from '../facts/boot.ts';
import type {HostFacts} from '../facts/host-facts.ts';
import type {IommuFacts, IommuGroup} from '../facts/iommu.ts';
import type {KernelFacts} from '../facts/kernel.ts';
import type {HostNeed} from '../facts/needs.ts';
import type {PciOutline} from '../facts/pci.ts';
import type {Source} from '../system/source.ts';
import {readHypervisor} from './kernel/kernel.ts';
import {mediatedParents} from './mediated/mediated.ts';
import {readNeeds} from './needs/needs.ts';
import {readAcpiTableName} from './pci/acpi-tables.ts';
import {joinIommuGroups, listIommuGroups, readIommu} from './pci/iommu.ts';
import {readPci, readPciOutlines} from './pci/pci.ts';
import type {Note} from './reader.ts';
import {readGuestDisks} from './virtualisation.ts';

export type GroupFacts = Pick<HostFacts, 'pci' | 'iommu'>;

export type GroupOutline = {
  readonly pci: readonly PciOutline[];
  readonly iommu: Pick<IommuFacts, 'active' | 'acpiTable'> & {
    readonly groups: readonly Pick<IommuGroup, 'id' | 'devices'>[];
  };
  readonly needs: readonly HostNeed[];
  readonly mediated: {readonly parents: readonly {readonly name: string}[]};
  /** Of the running kernel: an argument may have made the groups smaller than they are. */
  readonly boot: Pick<BootFacts, 'commandLine'>;
  /** Asked only where there is no group: it may be the reason. */
  readonly kernel: Pick<KernelFacts, 'hypervisor'>;
};

const quiet: Note = () => undefined;

/** What a list of the IOMMU groups shows, and no more: of 4,000 functions each file costs. */
export const readGroupOutline = (source: Source): GroupOutline => {
  const pci = readPciOutlines(source, quiet);
  const groups = joinIommuGroups(source, listIommuGroups(source, pci), pci);
  const active = groups.length > 0;
  return {
    pci,
    iommu: {active, groups, acpiTable: readAcpiTableName(source)},
    needs: readNeeds(source, quiet, pci, readGuestDisks(source, quiet)),
    mediated: {parents: mediatedParents(source).map((name) => ({name}))},
    boot: {commandLine: source.text('/proc/cmdline')?.trim() ?? null},
    kernel: {hypervisor: active ? null : readHypervisor(source)},
  };
};

/** All that is known of the functions and their groups. */
export const readGroups = (source: Source): GroupFacts => {
  const pci = readPci(source, quiet);
  return {pci, iommu: readIommu(source, quiet, pci)};
};
