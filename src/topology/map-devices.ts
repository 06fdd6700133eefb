import type {PciFunction} from '../host/facts.ts';
import {groupBy} from './domains.ts';
import {segment, wrapWords, type MapLine} from './map-line.ts';

/** Cards that were not chosen are named up to this number, then counted. */
const maximumOthers = 3;

/** Those that the map names: what was chosen, and every display function. */
export const devicesOfMap = (pci: readonly PciFunction[], chosen: ReadonlySet<string>): readonly PciFunction[] =>
  pci.filter((device) => chosen.has(device.address) || device.class.startsWith('03'));

/** One line for each card; a star marks what goes to the guest. */
export const drawDevices = (devices: readonly PciFunction[], chosen: ReadonlySet<string>, columns: number): readonly MapLine[] => {
  const cards = groupBy(devices, (device) => `${chosen.has(device.address)} ${slotOf(device.address)}`);
  const [mine, others] = [cards.filter(isChosen(chosen)), cards.filter((card) => !isChosen(chosen)(card))];
  const more = others.length - maximumOthers;
  return [
    ...mine.flatMap((card) => wrapWords([segment(`  * ${describeCard(card)}`, 'device')], [], columns, 4)),
    ...others.slice(0, maximumOthers).flatMap((card) => wrapWords([segment(`  GPU ${describeCard(card)}`, 'plain')], [], columns, 4)),
    ...(more > 0 ? wrapWords([segment(`  and ${more} more GPU${more === 1 ? '' : 's'}`, 'muted')], [], columns, 4) : []),
  ];
};

const isChosen =
  (chosen: ReadonlySet<string>) =>
  (card: readonly PciFunction[]): boolean =>
    card.some((device) => chosen.has(device.address));

const slotOf = (address: string): string => address.slice(0, address.lastIndexOf('.'));

/** `0000:06:00.0 .1 GP107 [GeForce GTX 1050]` */
const describeCard = (card: readonly PciFunction[]): string => {
  const [first, ...rest] = card;
  if (first === undefined) return '';
  const functions = rest.map(({address}) => ` ${address.slice(address.lastIndexOf('.'))}`).join('');
  return `${first.address}${functions} ${first.name ?? `${first.vendor}:${first.device}`}`;
};
