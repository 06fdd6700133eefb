import type {PciFunction} from '../../host/facts.ts';
import {findCards} from '../map-devices.ts';
import {rect, stack, text, type Block} from './shapes.ts';

const height = 22;
const tag = 32;

/** A box for each card; what goes to the guest is coloured and says so. */
export const cardBoxes = (devices: readonly PciFunction[], chosen: ReadonlySet<string>, width: number): Block => {
  const {cards, more} = findCards(devices, chosen);
  const boxes = cards.map((card): Block => ({
    width,
    height,
    shapes: [
      rect(0, 0, width, height, 'host', {title: card.text}),
      ...(card.isChosen ? [rect(0, 0, tag, height, 'device')] : []),
      text(tag / 2, 15, card.isChosen ? '*' : 'GPU', tag, {ink: card.isChosen ? 'on-device' : 'muted', isBold: card.isChosen, isCentred: true}),
      text(tag + 8, 15, card.text, width - tag - 16, {isBold: card.isChosen}),
    ],
  }));
  return stack([...boxes, ...(more === null ? [] : [{width, height: 16, shapes: [text(8, 11, more, width - 16, {ink: 'muted'})]}])], 4);
};
