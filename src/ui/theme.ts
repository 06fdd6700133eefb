import type {TextProps} from 'ink';
import {createContext} from 'react';
import {type Colour, hues, styleOf, type Tone} from '../words/palette.ts';
import type {Background} from './terminal-input.ts';
import {isReadAloud} from './read-aloud.ts';

export type Theme = {
  readonly styleOf: (tone: Tone) => Pick<TextProps, 'color' | 'bold' | 'dimColor' | 'inverse'>;
  /** Every text passes here last, so that a terminal without UTF-8 gets letters that it has. */
  readonly spell: (text: string) => string;
  readonly hasColour: boolean;
  /** The screen is read aloud: no columns, and words instead of marks. */
  readonly isSpoken: boolean;
};

const ascii: Readonly<Record<string, string>> = {
  '❯': '>',
  '•': '*',
  '·': '-',
  '│': '|',
  '─': '-',
  '├': '|',
  '└': '`',
  '┌': '+',
  '┐': '+',
  '┘': '+',
  '┤': '|',
  '┬': '+',
  '┴': '+',
  '┼': '+',
  '█': '#',
  '▓': '=',
  '▒': '+',
  '░': '.',
  '✓': '+',
  '✗': 'X',
  '▲': '^',
  '▼': 'v',
  '↑': '^',
  '↓': 'v',
  '←': '<',
  '→': '>',
  '↪': '>',
  '…': '~',
  '–': '-',
  '—': '-',
  '×': 'x',
  '‹': '<',
  '›': '>',
  '▏': '_',
  '≥': '>',
  '≤': '<',
  '“': '"',
  '”': '"',
  '’': "'",
  '‘': "'",
};

/** One column for one column, so that what was measured before still fits. */
const spellAscii = (text: string): string => text.replace(/[^ -~]/gu, (character) => ascii[character] ?? '?');

/** The colours of the terminal's own palette are made for black: yellow and cyan can hardly be read on white. */
const onWhite: Readonly<Record<Colour, string>> = {
  red: hues.light.red,
  green: hues.light.green,
  yellow: hues.light.brown,
  magenta: hues.light.purple,
  cyan: hues.light.teal,
};

/** What a voice would name by its shape, or leave out, as what it means; the longer ones first. */
const spoken: readonly (readonly [RegExp, string])[] = [
  [/\(•\)/g, 'chosen,'],
  [/\( \)/g, 'not chosen,'],
  [/\[\+\]/g, 'added,'],
  [/\[✓\]/g, 'done,'],
  [/\[ \]/g, 'to do,'],
  [/✓/g, 'yes,'],
  [/✗/g, 'no,'],
  [/→/g, 'remedy:'],
  [/▏/g, ' (cursor) '],
  [/[▲▼]/g, ''],
  [/↑↓/g, 'up and down'],
  [/←→/g, 'left and right'],
  [/·/g, ','],
  [/[❯‹›↪─│├└█▓▒░]+/g, ''],
  [/ {2,}/g, ' '],
];

const speak = (text: string): string => spoken.reduce((said, [shape, word]) => said.replace(shape, word), text);

type Looks = Pick<Theme, 'hasColour' | 'isSpoken'> & {readonly hasUnicode: boolean; readonly background: Background};

const createTheme = ({hasColour, hasUnicode, isSpoken, background}: Looks): Theme => ({
  hasColour,
  isSpoken,
  styleOf: (tone) => {
    const {color, bold, dim, inverse} = hasColour ? styleOf(tone) : {};
    return {
      ...(color && {color: background === 'light' ? onWhite[color] : color}),
      ...(bold && {bold}),
      ...(dim && {dimColor: dim}),
      ...(inverse && {inverse}),
    };
  },
  spell: isSpoken ? speak : hasUnicode ? (text) => text : spellAscii,
});

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * no-color.org: set and not empty. The first of LC_ALL, LC_CTYPE and LANG that is set names the character set. The
 * fonts of the Linux console (TERM=linux) have 256 or 512 glyphs, and most of our own are not among them.
 */
export const chooseTheme = (environment: Environment, background: Background = 'dark'): Theme => {
  const locale =
    [environment['LC_ALL'], environment['LC_CTYPE'], environment['LANG']].find((value) => (value ?? '') !== '') ?? '';
  return createTheme({
    hasColour: (environment['NO_COLOR'] ?? '') === '',
    hasUnicode: /utf-?8/i.test(locale) && environment['TERM'] !== 'linux',
    isSpoken: isReadAloud(environment),
    background,
  });
};

export const ThemeContext = createContext<Theme>(
  createTheme({hasColour: true, hasUnicode: true, isSpoken: false, background: 'dark'}),
);
