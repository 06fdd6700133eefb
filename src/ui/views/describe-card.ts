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
