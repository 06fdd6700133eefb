import type {PciFunction} from '../../host/facts.ts';
import {describeClass} from '../../groups/class-names.ts';
import {padColumns, printable, truncate} from '../printable.ts';
import type {Candidate} from '../wizard/candidates.ts';

/** pci.ids without an entry says `Device 1c2d`: then what kind of thing it is helps more. */
export const nameOf = (device: PciFunction): string => {
  const isNamed = device.name !== null && !/\bDevice [\da-f]{4}$/.test(device.name);
  return printable(isNamed ? (device.name ?? '') : describeClass(device.class));
};

/** The model in brackets is what a person knows the card by; else the maker's legal form goes. */
const shortName = (device: PciFunction): string => {
  const name = nameOf(device);
  return /\[([^\][]+)\]\s*$/.exec(name)?.[1] ?? name.replace(/^.*?\b(Corporation|Systems Ltd\.|Ltd\.|Inc\.),?\s+/, '');
};

/** One row: what it is, which driver has it now, and what it shares. */
export const describeCard = ({functions: [device, ...mates]}: Candidate): string => {
  if (device === undefined) return '';
  const more = mates.length > 0 ? ` +${mates.length}` : '';
  const parts = [
    padColumns(device.address, 12),
    padColumns(`${truncate(shortName(device), 22 - more.length)}${more}`, 22),
    padColumns(device.iommuGroup === null ? 'no group' : `group ${device.iommuGroup}`, 8),
    padColumns(printable(device.driver ?? 'no driver'), 9),
    ...(device.numaNode === null ? [] : [`node ${device.numaNode}`]),
    `${device.vendor}:${device.device}`,
  ];
  return parts.join(' ');
};

/** Everything that `/` looks in. */
export const searchText = ({functions}: Candidate): string =>
  functions.map((one) => [one.address, nameOf(one), describeClass(one.class), `${one.vendor}:${one.device}`, one.driver ?? '', `group ${one.iommuGroup ?? ''}`].join(' ')).join(' ').toLowerCase();
