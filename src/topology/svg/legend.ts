import {formatCpuList} from '../../facts/kernel-lists.ts';
import {findCards} from '../map-devices.ts';
import {offlineOf, summaryOf} from '../map-frame.ts';
import {describeShare, formatKiB} from '../map-memory.ts';
import {cpuCountOf, describeDistances, headingOf, type Section} from '../sections.ts';
import type {TopologyMap} from '../topology-map.ts';
import {mostNumbered} from './cells.ts';
import {type Block, characterWidth, type Ink, move, rect, type Shape, type Surface, text} from './shapes.ts';

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
  const cells =
    map.onlineCount <= mostNumbered
      ? 'a square is a thread with its number, a box round it a core'
      : 'a square is a core, a small letter a part of it';
  return {
    width,
    height: y + rowHeight + 14,
    shapes: [...shapes, text(0, y + rowHeight + 9, cells, width, {ink: 'muted', size: 'small'})],
  };
};

const entriesOf = ({hasPinning, chosen, facts}: TopologyMap): readonly Entry[] => [
  {letter: '·', surface: 'host', ink: 'muted', words: 'host'},
  ...(hasPinning ? guestEntries : []),
  ...(facts.cpu.cpus.some(({online}) => !online)
    ? [{letter: 'x', surface: 'offline', ink: 'muted', words: 'offline'} as const]
    : []),
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

/** The picture in sentences, for those who hear it: what each node has, and what of it goes to the guest. */
export const describePicture = (map: TopologyMap): string => {
  const offline = offlineOf(map.facts.cpu.cpus);
  return [
    `${summaryOf(map.facts).join(', ')}.`,
    ...map.sections.map((section) => describeSection(map, section)),
    ...(offline.length === 0 ? [] : [`Offline: CPUs ${formatCpuList(offline)}.`]),
    ...describeDevices(map, map.homeless).map((words) => `On no known node: ${words}.`),
  ].join(' ');
};

const describeSection = (map: TopologyMap, section: Section): string => {
  const cpus = section.domains.flatMap((domain) => domain.cpus).sort((a, b) => a - b);
  const share = map.shareOf(section);
  const distances = describeDistances(section);
  const parts = [
    `${cpuCountOf(section)}${cpus.length === 0 ? '' : ` (${formatCpuList(cpus)})`}`,
    ...describeCaches(section),
    ...describeMemory(section),
    ...(distances === null ? [] : [distances]),
    ...(share === null ? [] : [`${describeShare(share)} of this memory`]),
    ...describeRoles(map, cpus),
    ...describeDevices(map, section.devices),
  ];
  return `${headingOf(section)}: ${parts.join('; ')}.`;
};

const describeCaches = ({domains}: Section): readonly string[] => {
  const count = domains.filter(({hasL3}) => hasL3).length;
  return count === 0 ? [] : [`${count} level-3 cache${count === 1 ? '' : 's'}`];
};

const describeMemory = ({totalKiB, freeKiB, node}: Section): readonly string[] => [
  totalKiB === null
    ? 'memory unknown'
    : totalKiB === 0
      ? 'no memory'
      : `${formatKiB(totalKiB)} memory${freeKiB === null ? '' : `, ${formatKiB(freeKiB)} free`}`,
  ...(node?.hugepages ?? [])
    .filter(({total}) => total > 0)
    .map(({sizeKiB, total, free}) => `${total} pages of ${formatKiB(sizeKiB)}, ${free} free`),
];

const nouns = {vcpu: 'guest CPUs', iothread: 'I/O threads', emulator: 'emulator'} as const;

const describeRoles = ({roleOf}: TopologyMap, cpus: readonly number[]): readonly string[] =>
  (['vcpu', 'iothread', 'emulator'] as const).flatMap((role) => {
    const mine = cpus.filter((cpu) => roleOf(cpu).role === role);
    return mine.length === 0 ? [] : [`${nouns[role]} on CPU ${formatCpuList(mine)}`];
  });

const describeDevices = ({chosen}: TopologyMap, devices: TopologyMap['homeless']): readonly string[] => {
  const {cards, more} = findCards(devices, chosen);
  return [
    ...cards.map(({text, isChosen}) => `${text} ${isChosen ? 'goes to the guest' : 'stays with the host'}`),
    ...(more === null ? [] : [more]),
  ];
};
