import {hues} from '../../words/palette.ts';
import {printable} from '../../words/printable.ts';
import {truncate} from '../../words/width.ts';
import {describeShare, formatKiB, fullPart, type GuestShare} from '../map-memory.ts';
import type {Section} from '../sections.ts';

/** What is filled. */
export type Surface =
  | 'page'
  | 'frame'
  | 'node'
  | 'domain'
  | 'host'
  | 'vcpu'
  | 'emulator'
  | 'iothread'
  | 'offline'
  | 'device'
  | 'track'
  | 'memory'
  | 'hugepages'
  | 'guest';

/** What is written, with the name of its surface where that is coloured. */
export type Ink = 'plain' | 'muted' | 'on-vcpu' | 'on-emulator' | 'on-iothread' | 'on-device';

type Scheme = {
  readonly surfaces: Readonly<Record<Surface, string>>;
  readonly inks: Readonly<Record<Ink, string>>;
  readonly line: string;
};

const light: Scheme = {
  surfaces: {
    page: '#ffffff',
    frame: '#f6f8fa',
    node: '#ffffff',
    domain: '#f6f8fa',
    host: '#eaeef2',
    vcpu: hues.light.green,
    emulator: hues.light.brown,
    iothread: hues.light.purple,
    offline: '#ffffff',
    device: hues.light.blue,
    track: '#d8dee4',
    memory: hues.light.blue,
    hugepages: hues.light.teal,
    guest: hues.light.green,
  },
  inks: {
    plain: '#1f2328',
    muted: '#57606a',
    'on-vcpu': '#ffffff',
    'on-emulator': '#ffffff',
    'on-iothread': '#ffffff',
    'on-device': '#ffffff',
  },
  line: '#d0d7de',
};

const dark: Scheme = {
  surfaces: {
    page: '#0d1117',
    frame: '#161b22',
    node: '#0d1117',
    domain: '#161b22',
    host: '#21262d',
    vcpu: hues.dark.green,
    emulator: hues.dark.brown,
    iothread: hues.dark.purple,
    offline: '#0d1117',
    device: hues.dark.blue,
    track: '#30363d',
    memory: hues.dark.blue,
    hugepages: hues.dark.teal,
    guest: hues.dark.green,
  },
  inks: {
    plain: '#e6edf3',
    muted: '#9198a1',
    'on-vcpu': '#0d1117',
    'on-emulator': '#0d1117',
    'on-iothread': '#0d1117',
    'on-device': '#0d1117',
  },
  line: '#30363d',
};

const framed: readonly Surface[] = ['frame', 'node', 'domain', 'offline'];

const rulesOf = ({surfaces, inks, line}: Scheme): string =>
  [
    ...Object.entries(surfaces).map(([name, color]) => `.${name}{fill:${color}}`),
    ...Object.entries(inks).map(([name, color]) => `.ink-${name}{fill:${color}}`),
    `${framed.map((name) => `.${name}`).join(',')}{stroke:${line}}`,
  ].join('');

/** Plain rules rather than variables, which not every program that shows SVG knows: such a one shows the light scheme. */
export const styleSheet = (): string => `${rulesOf(light)}@media (prefers-color-scheme:dark){${rulesOf(dark)}}`;

type Rectangle = {
  readonly kind: 'rect';
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly radius: number;
  readonly surface: Surface;
  /** Shown when the pointer rests on it. */
  readonly title: string | null;
};

type Text = {
  readonly kind: 'text';
  readonly x: number;
  /** Of the baseline. */
  readonly y: number;
  readonly text: string;
  readonly ink: Ink;
  readonly size: TextSize;
  readonly isBold: boolean;
  readonly isCentred: boolean;
};

export type Shape = Rectangle | Text;
export type TextSize = 'large' | 'normal' | 'small';

/** Shapes within a box, in px from its corner. */
export type Block = {readonly width: number; readonly height: number; readonly shapes: readonly Shape[]};

/** Font sizes in px. A character of a monospaced font is at most 0.61 of it wide. */
export const fontSizes: Readonly<Record<TextSize, number>> = {large: 16, normal: 12, small: 10};
export const characterWidth = (size: TextSize): number => fontSizes[size] * 0.61;

type Look = {readonly radius?: number; readonly title?: string};

export const rect = (
  x: number,
  y: number,
  width: number,
  height: number,
  surface: Surface,
  {radius = 4, title}: Look = {},
): Shape => ({
  kind: 'rect',
  x,
  y,
  width,
  height,
  radius,
  surface,
  title: title ?? null,
});

type Type = {readonly ink?: Ink; readonly size?: TextSize; readonly isBold?: boolean; readonly isCentred?: boolean};

/** Cut with an ellipsis where it is wider than `width`. */
export const text = (
  x: number,
  y: number,
  content: string,
  width: number,
  {ink = 'plain', size = 'normal', isBold = false, isCentred = false}: Type = {},
): Shape => ({
  kind: 'text',
  x,
  y,
  text: truncate(printable(content), Math.max(1, Math.floor(width / characterWidth(size)))),
  ink,
  size,
  isBold,
  isCentred,
});

export const move = ({shapes}: Block, x: number, y: number): readonly Shape[] =>
  shapes.map((shape) => ({...shape, x: shape.x + x, y: shape.y + y}));

/** One below the other. */
export const stack = (blocks: readonly Block[], gap: number): Block => {
  const shapes: Shape[] = [];
  let y = 0;
  for (const block of blocks) {
    shapes.push(...move(block, 0, y));
    y += block.height + gap;
  }
  return {width: Math.max(0, ...blocks.map(({width}) => width)), height: Math.max(0, y - gap), shapes};
};

const barWidth = 120;
const barHeight = 9;
const rowHeight = 16;

/** The node's memory, its huge pages, and what of the memory goes to the guest, each as a bar with its numbers. */
export const memoryBars = (section: Section, share: GuestShare | null, width: number): Block =>
  stack(
    [
      memoryBar(section, width),
      ...hugepageBars(section, width),
      ...(share === null ? [] : [shareBar(section, share, width)]),
    ],
    3,
  );

const memoryBar = ({totalKiB, freeKiB}: Section, width: number): Block => {
  if (totalKiB === null || totalKiB === 0) return note(totalKiB === 0 ? 'no memory' : 'memory unknown', width);
  if (freeKiB === null) return note(`memory ${formatKiB(totalKiB)}`, width);
  return bar(
    totalKiB - freeKiB,
    totalKiB,
    'memory',
    `memory ${formatKiB(totalKiB)}, ${formatKiB(freeKiB)} free`,
    width,
  );
};

const hugepageBars = ({node}: Section, width: number): readonly Block[] =>
  (node?.hugepages ?? [])
    .filter(({total}) => total > 0)
    .map(({sizeKiB, total, free}) =>
      bar(total - free, total, 'hugepages', `${total} pages of ${formatKiB(sizeKiB)}, ${free} free`, width),
    );

const shareBar = ({totalKiB}: Section, share: GuestShare, width: number): Block =>
  totalKiB === null
    ? note(describeShare(share), width)
    : bar(share.kiB, totalKiB, 'guest', describeShare(share), width);

const bar = (used: number, total: number, surface: Surface, words: string, width: number): Block => ({
  width,
  height: rowHeight,
  shapes: [
    rect(0, 4, barWidth, barHeight, 'track', {radius: 2}),
    ...(used <= 0 ? [] : [rect(0, 4, fullPart(used, total, barWidth), barHeight, surface, {radius: 2})]),
    text(barWidth + 8, 12, words, width - barWidth - 8),
  ],
});

const note = (words: string, width: number): Block => ({
  width,
  height: rowHeight,
  shapes: [text(0, 12, words, width, {ink: 'muted'})],
});
