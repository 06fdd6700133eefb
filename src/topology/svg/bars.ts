import {describeShare, type GuestShare} from '../guest-memory.ts';
import {formatKiB, fullPart} from '../map-memory.ts';
import type {Section} from '../sections.ts';
import type {Surface} from './palette.ts';
import {rect, stack, text, type Block} from './shapes.ts';

const barWidth = 120;
const barHeight = 9;
const rowHeight = 16;

/** The node's memory, its huge pages, and what of the memory goes to the guest, each as a bar with its numbers. */
export const memoryBars = (section: Section, share: GuestShare | null, width: number): Block =>
  stack([memoryBar(section, width), ...hugepageBars(section, width), ...(share === null ? [] : [shareBar(section, share, width)])], 3);

const memoryBar = ({totalKiB, freeKiB}: Section, width: number): Block => {
  if (totalKiB === null || totalKiB === 0) return note(totalKiB === 0 ? 'no memory' : 'memory unknown', width);
  if (freeKiB === null) return note(`memory ${formatKiB(totalKiB)}`, width);
  return bar(totalKiB - freeKiB, totalKiB, 'memory', `memory ${formatKiB(totalKiB)}, ${formatKiB(freeKiB)} free`, width);
};

const hugepageBars = ({node}: Section, width: number): readonly Block[] =>
  (node?.hugepages ?? [])
    .filter(({total}) => total > 0)
    .map(({sizeKiB, total, free}) => bar(total - free, total, 'hugepages', `${total} pages of ${formatKiB(sizeKiB)}, ${free} free`, width));

const shareBar = ({totalKiB}: Section, share: GuestShare, width: number): Block =>
  totalKiB === null ? note(describeShare(share), width) : bar(share.kiB, totalKiB, 'guest', describeShare(share), width);

const bar = (used: number, total: number, surface: Surface, words: string, width: number): Block => ({
  width,
  height: rowHeight,
  shapes: [
    rect(0, 4, barWidth, barHeight, 'track', {radius: 2}),
    ...(used <= 0 ? [] : [rect(0, 4, fullPart(used, total, barWidth), barHeight, surface, {radius: 2})]),
    text(barWidth + 8, 12, words, width - barWidth - 8),
  ],
});

const note = (words: string, width: number): Block => ({width, height: rowHeight, shapes: [text(0, 12, words, width, {ink: 'muted'})]});
