import type {PciFunction} from '../../facts/pci.ts';
import {printable} from '../../words/printable.ts';
import {displayWidth, padColumns, truncate} from '../../words/width.ts';
import {type Candidate, shownFunctions} from '../wizard/candidates.ts';
import {nameOfFunction} from '../wizard/name-of-function.ts';

/** The model in brackets is what a person knows the card by; else the maker's legal form goes. */
export const shortName = (device: PciFunction): string => {
  const name = nameOfFunction(device);
  return /\[([^\][]+)\]\s*$/.exec(name)?.[1] ?? name.replace(/^.*?\b(Corporation|Systems Ltd\.|Ltd\.|Inc\.),?\s+/, '');
};

/** One row: what it is, which driver has it now, and what it shares. */
export const describeCard = (candidate: Candidate): string => {
  const {address, part} = candidate;
  const [device, ...mates] = shownFunctions(candidate);
  if (part !== null)
    // Cut short, two types of one card could not be told apart.
    return [
      displayWidth(address) > 21 ? address : padColumns(address, 21),
      part.name,
      ...(part.of === null ? [] : [`on ${shortName(part.of)}`]),
    ].join(' ');
  if (device === undefined) return '';
  const more = mates.length > 0 ? ` +${mates.length}` : '';
  const group = device.iommuGroup === null ? 'no group' : `group ${device.iommuGroup}`;
  // From a hundred groups on the name gives way: two groups cut short would look the same.
  const columns = 22 - Math.max(0, displayWidth(group) - 8);
  const parts = [
    padColumns(device.address, 12),
    padColumns(`${truncate(shortName(device), columns - more.length)}${more}`, columns),
    padColumns(group, Math.max(8, displayWidth(group))),
    padColumns(printable(device.driver ?? 'no driver'), 9),
    ...(device.numaNode === null ? [] : [`node ${device.numaNode}`]),
    `${device.vendor}:${device.device}`,
  ];
  return parts.join(' ');
};
