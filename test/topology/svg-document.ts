import {SaxesParser} from 'saxes';

export type SvgElement = {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly text: string;
  readonly parent: string | null;
};
export type SvgBox = {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly surface: string;
  readonly title: string | null;
};
export type SvgText = {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly size: number;
  readonly classes: readonly string[];
  readonly text: string;
};

/** Throws where it is no well-formed XML. */
export const parseSvg = (svg: string) => {
  const elements: SvgElement[] = [];
  const open: {name: string; attributes: Record<string, string>; text: string}[] = [];
  const parser = new SaxesParser({});
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({name, attributes}) => void open.push({name, attributes, text: ''}));
  parser.on('text', (text) => {
    for (const element of open) element.text += text;
  });
  parser.on('closetag', () => {
    const element = open.pop();
    if (element !== undefined) elements.push({...element, parent: open.at(-1)?.name ?? null});
  });
  parser.write(svg).close();
  const named = (name: string): string =>
    elements.find((element) => element.name === name && element.parent === 'svg')?.text ?? '';
  return {
    elements,
    root: elements.find(({name}) => name === 'svg')?.attributes ?? {},
    title: named('title'),
    description: named('desc'),
    style: named('style'),
    boxes: elements.filter(({name}) => name === 'rect').map(boxOf),
    texts: elements.filter(({name}) => name === 'text').map(textOf),
  };
};

const boxOf = ({attributes, text}: SvgElement): SvgBox => ({
  x: Number(attributes['x']),
  y: Number(attributes['y']),
  width: Number(attributes['width']),
  height: Number(attributes['height']),
  surface: attributes['class'] ?? '',
  title: text === '' ? null : text,
});

/** A monospaced character is at most 0.61 of the font size wide. */
const textOf = ({attributes, text}: SvgElement): SvgText => {
  const classes = (attributes['class'] ?? '').split(' ');
  const size = classes.includes('large') ? 16 : classes.includes('small') ? 10 : 12;
  const width = text.length * size * 0.61;
  return {
    x: Number(attributes['x']) - (classes.includes('centred') ? width / 2 : 0),
    y: Number(attributes['y']),
    width,
    size,
    classes,
    text,
  };
};

/** `fill` of each class: the light scheme, and with the rules of the dark one over it. */
export const fillsOf = (style: string, scheme: 'light' | 'dark'): ReadonlyMap<string, string> => {
  const [light = '', dark = ''] = style.split('@media (prefers-color-scheme:dark)');
  const rules = [...`${light}${scheme === 'dark' ? dark : ''}`.matchAll(/\.([a-z-]+)\{fill:(#[0-9a-f]{6})\}/g)];
  return new Map(rules.map(([, name = '', color = '']) => [name, color]));
};

const luminance = (color: string): number => {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};

/** As WCAG 2 defines it, 1 to 21. */
export const contrast = (a: string, b: string): number => {
  const [darker = 0, lighter = 0] = [luminance(a), luminance(b)].sort((one, other) => one - other);
  return (lighter + 0.05) / (darker + 0.05);
};

/** The last that was painted below the point. */
export const boxBelow = (boxes: readonly SvgBox[], x: number, y: number): SvgBox | undefined =>
  boxes.findLast((box) => x >= box.x && x <= box.x + box.width && y >= box.y && y <= box.y + box.height);
