import type {IommuFacts} from '../../facts/iommu.ts';
import {splitPciAddress} from '../../facts/pci-address.ts';
import type {PciFunction} from '../../facts/pci.ts';
import type {Source} from '../../system/source.ts';
import type {Note} from '../reader.ts';
import {parseDmar, type SecondaryBusOf} from './acpi-dmar.ts';
import {parseIvrs} from './acpi-ivrs.ts';
import type {ParsedTable} from './acpi-table.ts';

const directory = '/sys/firmware/acpi/tables';

/** The firmware's tables of IOMMUs; only root may read them, but everyone sees which there are. */
export const readAcpiTables = (
  source: Source,
  note: Note,
  pci: readonly PciFunction[],
): Pick<IommuFacts, 'dmar' | 'ivrs' | 'acpiTable'> => {
  const names = source.list(directory);
  const known = pci.map(({address}) => address);
  return {
    acpiTable: readAcpiTableName(source),
    dmar: vtdTables
      .filter((name) => names.includes(name))
      .slice(0, 1)
      .reduce<IommuFacts['dmar']>(
        (_, name) => readTable(source, note, name, (bytes) => parseDmar(bytes, secondaryBuses(source, pci))),
        null,
      ),
    ivrs: names.includes('IVRS') ? readTable(source, note, 'IVRS', (bytes) => parseIvrs(bytes, known)) : null,
  };
};

/** Xen keeps dom0 from using VT-d by turning the four letters around; the table is the same (Xen: vtd/dmar.c, acpi_dmar_zap). */
const vtdTables = ['DMAR', 'RMAD'];

/** Which of the two tables there is, without a look into it. */
export const readAcpiTableName = (source: Source): IommuFacts['acpiTable'] => {
  const names = source.list(directory);
  if (vtdTables.some((name) => names.includes(name))) return 'DMAR';
  if (names.includes('IVRS')) return 'IVRS';
  return source.exists(directory) && !source.denied.has(directory) ? 'none' : null;
};

const readTable = <T>(
  source: Source,
  note: Note,
  name: string,
  parse: (bytes: Uint8Array) => ParsedTable<T>,
): T | null => {
  const path = `${directory}/${name}`;
  const bytes = source.bytes(path);
  if (bytes === null) {
    noteUnreadable(note, path, source.denied.has(path));
    return null;
  }
  const {table, problems} = parse(bytes);
  if (problems.length > 0) noteMalformed(note, path, problems);
  return table;
};

const noteUnreadable = (note: Note, path: string, isDenied: boolean): void => {
  note({
    code: isDenied ? 'host-needs-root' : 'host-file-unreadable',
    severity: 'note',
    subject: path,
    message: `${path} exists but could not be read${isDenied ? ': only root may' : ''}, so memory that the firmware reserves for devices is not known.`,
    remedy: isDenied ? 'Run the command with sudo.' : 'Capture this host again, as root.',
  });
};

const noteMalformed = (note: Note, path: string, problems: readonly string[]): void => {
  note({
    code: 'host-file-malformed',
    severity: 'note',
    subject: path,
    message: `${path} makes no sense in places: ${problems.join('; ')}. What was valid is used.`,
    remedy: 'Compare with `dmesg | grep -e DMAR -e AMD-Vi`; a firmware update often repairs such tables.',
  });
};

/** From what is behind a bridge, or else from its config space, of which everyone may read the first 64 bytes. */
const secondaryBuses =
  (source: Source, pci: readonly PciFunction[]): SecondaryBusOf =>
  (address) => {
    if (pci.find((one) => one.address === address)?.isBridge !== true) return null;
    const child = pci.find((one) => one.upstream.at(-1) === address);
    if (child !== undefined) return splitPciAddress(child.address).bus;
    const bus = source.bytes(`/sys/bus/pci/devices/${address}/config`)?.[0x19] ?? 0;
    return bus === 0 ? null : bus;
  };
