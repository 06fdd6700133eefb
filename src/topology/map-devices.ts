import {isGraphicsCard, type PciFunction} from '../facts/pci.ts';
import {groupBy} from './domains.ts';
import {type Line, segment, wrapWords} from '../words/lines.ts';

/** Cards that were not chosen are named up to this number, then counted. */
const maximumOthers = 3;

/** What the guest gets, by address: the device whole, or a part of one that stays with the host. */
export type Chosen = ReadonlyMap<string, 'whole' | 'part'>;

/** Those that the map names: what was chosen, and every graphics card. */
export const devicesOfMap = (pci: readonly PciFunction[], chosen: Chosen): readonly PciFunction[] =>
  pci.filter((device) => chosen.has(device.address) || isGraphicsCard(device));

export type Card = {readonly text: string; readonly isChosen: boolean};

/** Cards that were chosen, those of the other GPUs that are named, and how many more there are. */
export const findCards = (
  devices: readonly PciFunction[],
  chosen: Chosen,
): {readonly cards: readonly Card[]; readonly more: string | null} => {
  const cards = groupBy(devices, (device) => `${chosen.get(device.address)} ${slotOf(device.address)}`).map(
    (card): Card => ({
      text: `${card.some((device) => chosen.get(device.address) === 'part') ? 'a part of ' : ''}${describeCard(card)}`,
      isChosen: card.some((device) => chosen.has(device.address)),
    }),
  );
  const [mine, others] = [cards.filter(({isChosen}) => isChosen), cards.filter(({isChosen}) => !isChosen)];
  const count = others.length - maximumOthers;
  return {
    cards: [...mine, ...others.slice(0, maximumOthers)],
    more: count > 0 ? `and ${count} more GPU${count === 1 ? '' : 's'}` : null,
  };
};

/** One line for each card; a star marks what goes to the guest. */
export const drawDevices = (devices: readonly PciFunction[], chosen: Chosen, columns: number): readonly Line[] => {
  const {cards, more} = findCards(devices, chosen);
  const lines = cards.map(({text, isChosen}) =>
    isChosen ? segment(`  * ${text}`, 'device') : segment(`  GPU ${text}`),
  );
  return [...lines, ...(more === null ? [] : [segment(`  ${more}`, 'muted')])].flatMap((line) =>
    wrapWords([line], [], columns, 4),
  );
};

const slotOf = (address: string): string => address.slice(0, address.lastIndexOf('.'));

/** `0000:06:00.0 .1 GP107 [GeForce GTX 1050]` */
const describeCard = (card: readonly PciFunction[]): string => {
  const [first, ...rest] = card;
  if (first === undefined) return '';
  const functions = rest.map(({address}) => ` ${address.slice(address.lastIndexOf('.'))}`).join('');
  return `${first.address}${functions} ${first.name ?? `${first.vendor}:${first.device}`}`;
};
