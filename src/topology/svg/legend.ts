import type {TopologyMap} from '../topology-map.ts';
import {mostNumbered} from './cells.ts';
import type {Ink, Surface} from './palette.ts';
import {characterWidth, move, rect, text, type Block, type Shape} from './shapes.ts';

type Entry = {readonly letter: string; readonly surface: Surface; readonly ink: Ink; readonly words: string};

const box = 18;
const rowHeight = 26;

/** What colours and letters mean; only those that can occur. */
export const legend = (map: TopologyMap, width: number): Block => {
  const shapes: Shape[] = [];
  let [x, y] = [0, 0];
  for (const entry of entriesOf(map)) {
    const block = drawEntry(entry);
    if (x > 0 && x + block.width > width) [x, y] = [0, y + rowHeight];
    shapes.push(...move(block, x, y));
    x += block.width + 18;
  }
  const cells = map.onlineCount <= mostNumbered ? 'a square is a thread with its number, a box round it a core' : 'a square is a core, a small letter a part of it';
  return {width, height: y + rowHeight + 14, shapes: [...shapes, text(0, y + rowHeight + 9, cells, width, {ink: 'muted', size: 'small'})]};
};

const entriesOf = ({hasPinning, chosen, facts}: TopologyMap): readonly Entry[] => [
  {letter: '·', surface: 'host', ink: 'muted', words: 'host'},
  ...(hasPinning ? guestEntries : []),
  ...(facts.cpu.cpus.some(({online}) => !online) ? [{letter: 'x', surface: 'offline', ink: 'muted', words: 'offline'} as const] : []),
  ...(chosen.size > 0 ? [{letter: '*', surface: 'device', ink: 'on-device', words: 'goes to the guest'} as const] : []),
];

const guestEntries: readonly Entry[] = [
  {letter: 'V', surface: 'vcpu', ink: 'on-vcpu', words: 'guest CPU'},
  {letter: 'E', surface: 'emulator', ink: 'on-emulator', words: 'emulator'},
  {letter: 'I', surface: 'iothread', ink: 'on-iothread', words: 'I/O thread'},
];

const drawEntry = ({letter, surface, ink, words}: Entry): Block => {
  const wordsWidth = words.length * characterWidth('normal');
  return {
    width: Math.ceil(box + 6 + wordsWidth),
    height: box,
    shapes: [
      rect(0, 0, box, box, surface, {radius: 3}),
      text(box / 2, 13, letter, box, {ink, isBold: surface !== 'host', isCentred: true}),
      text(box + 6, 13, words, wordsWidth + 1),
    ],
  };
};
