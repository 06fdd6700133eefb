import type {Source} from '../system/source.ts';
import {readAcpiTables} from './acpi-tables.ts';
import type {IommuFacts, PciFunction} from './facts.ts';
import {readInterruptRemapping} from './interrupt-remapping.ts';
import {readIommuGroups} from './iommu-groups.ts';
import type {Note} from './reader.ts';

/** Groups, units and firmware tables. Under Xen dom0 there are no groups, whatever the hardware can do. */
export const readIommu = (source: Source, note: Note, pci: readonly PciFunction[]): IommuFacts => {
  const groups = readIommuGroups(source, pci);
  const tables = readAcpiTables(source, note, pci);
  const remapping = readInterruptRemapping(source);
  return {
    active: groups.length > 0,
    groups,
    interruptRemapping: remapping ?? (tables.dmar?.interruptRemapping === false ? false : null),
    units: naturalOrder(source.list('/sys/class/iommu')),
    ...tables,
  };
};

/** `dmar10` after `dmar2`. */
const naturalOrder = (names: readonly string[]): readonly string[] =>
  [...names].sort((left, right) => left.localeCompare(right, 'en', {numeric: true}));
