import {plainText} from '../map-line.ts';
import type {Ink, Surface} from './palette.ts';

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

export const rect = (x: number, y: number, width: number, height: number, surface: Surface, {radius = 4, title}: Look = {}): Shape => ({
  kind: 'rect', x, y, width, height, radius, surface, title: title ?? null,
});

type Type = {readonly ink?: Ink; readonly size?: TextSize; readonly isBold?: boolean; readonly isCentred?: boolean};

/** Cut with an ellipsis where it is wider than `width`. */
export const text = (x: number, y: number, content: string, width: number, {ink = 'plain', size = 'normal', isBold = false, isCentred = false}: Type = {}): Shape => ({
  kind: 'text', x, y, text: cut(plainText(content), Math.floor(width / characterWidth(size))), ink, size, isBold, isCentred,
});

const cut = (content: string, most: number): string => (content.length <= most ? content : `${content.slice(0, Math.max(0, most - 1))}…`);

export const move = ({shapes}: Block, x: number, y: number): readonly Shape[] => shapes.map((shape) => ({...shape, x: shape.x + x, y: shape.y + y}));

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
