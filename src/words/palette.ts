export type Colour = 'red' | 'green' | 'yellow' | 'magenta' | 'cyan';

export type Style = {readonly color?: Colour; readonly bold?: true; readonly dim?: true; readonly inverse?: true};

/**
 * What a piece of text means, and how that looks on a terminal: in the wizard, in what commands print and on the map.
 * Every meaning can be read from the text alone. Nothing is blue: ANSI blue can hardly be read on black.
 */
const palette = {
  plain: {},
  muted: {dim: true},
  strong: {bold: true},
  title: {bold: true},
  key: {color: 'cyan'},
  focus: {color: 'cyan', bold: true},
  good: {color: 'green'},
  info: {color: 'cyan'},
  warning: {color: 'yellow'},
  error: {color: 'red', bold: true},
  added: {color: 'green'},
  removed: {color: 'red'},
  // What is new in a line that was changed, and what is gone from it.
  'added-word': {color: 'green', bold: true, inverse: true},
  'removed-word': {color: 'red', bold: true, inverse: true},
  match: {color: 'magenta', bold: true},
  // Roles of the topology map.
  host: {dim: true},
  vcpu: {color: 'green', bold: true},
  emulator: {color: 'yellow'},
  iothread: {color: 'magenta'},
  offline: {color: 'red', dim: true},
  device: {color: 'cyan', bold: true},
  memory: {color: 'cyan'},
  hugepages: {color: 'green'},
} as const satisfies Readonly<Record<string, Style>>;

export type Tone = keyof typeof palette;

export const styleOf = (tone: Tone): Style => palette[tone];

/** Select Graphic Rendition parameters (ECMA-48). */
const codes: Readonly<Record<Colour, string>> = {red: '31', green: '32', yellow: '33', magenta: '35', cyan: '36'};

/** The text between the escape sequences of its tone; as it is where there is no colour. */
export const paint = (text: string, tone: Tone, hasColor: boolean): string => {
  const {color, bold, dim, inverse} = styleOf(tone);
  const sgr = [
    ...(bold ? ['1'] : []),
    ...(dim ? ['2'] : []),
    ...(inverse ? ['7'] : []),
    ...(color === undefined ? [] : [codes[color]]),
  ].join(';');
  return hasColor && sgr !== '' ? `\u001b[${sgr}m${text}\u001b[0m` : text;
};

type Hue = 'red' | 'green' | 'brown' | 'purple' | 'blue' | 'teal';

/** The hues of the picture, on white and on black. Blue can be read here: the page brings its own background. */
export const hues: Readonly<Record<'light' | 'dark', Readonly<Record<Hue, string>>>> = {
  light: {red: '#cf222e', green: '#1a7f37', brown: '#9a6700', purple: '#8250df', blue: '#0969da', teal: '#1b7c83'},
  dark: {red: '#f85149', green: '#3fb950', brown: '#d29922', purple: '#bc8cff', blue: '#58a6ff', teal: '#39c5cf'},
};
