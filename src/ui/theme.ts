import {createContext} from 'react';
import type {TextProps} from 'ink';
import type {Tone} from './lines.ts';

export type Theme = {
  readonly styleOf: (tone: Tone) => Pick<TextProps, 'color' | 'bold' | 'dimColor'>;
  /** Every text passes here last, so that a terminal without UTF-8 gets letters that it has. */
  readonly spell: (text: string) => string;
  readonly hasColour: boolean;
};

const styles: Readonly<Record<Tone, Pick<TextProps, 'color' | 'bold' | 'dimColor'>>> = {
  plain: {},
  muted: {dimColor: true},
  strong: {bold: true},
  title: {bold: true},
  key: {color: 'cyan'},
  focus: {color: 'cyan', bold: true},
  good: {color: 'green'},
  info: {color: 'blue'},
  warning: {color: 'yellow'},
  error: {color: 'red', bold: true},
  added: {color: 'green'},
  removed: {color: 'red'},
  host: {dimColor: true},
  vcpu: {color: 'green', bold: true},
  emulator: {color: 'yellow'},
  iothread: {color: 'magenta'},
  offline: {dimColor: true},
  device: {color: 'cyan', bold: true},
  memory: {color: 'blue'},
  hugepages: {color: 'green'},
};

const ascii: Readonly<Record<string, string>> = {
  '❯': '>', '•': '*', '·': '-', '│': '|', '─': '-', '├': '|', '└': '`', '┌': '+', '┐': '+', '┘': '+', '┤': '|', '┬': '+', '┴': '+', '┼': '+',
  '█': '#', '▓': '=', '▒': '+', '░': '.', '✓': '+', '✗': 'X', '▲': '^', '▼': 'v', '↑': '^', '↓': 'v', '←': '<', '→': '>', '↪': '>',
  '…': '~', '–': '-', '—': '-', '×': 'x', '‹': '<', '›': '>', '▏': '_', '≥': '>', '≤': '<', '“': '"', '”': '"', '’': "'", '‘': "'",
};

/** One column for one column, so that what was measured before still fits. */
const spellAscii = (text: string): string => text.replace(/[^ -~]/gu, (character) => ascii[character] ?? '?');

const createTheme = ({hasColour, hasUnicode}: {hasColour: boolean; hasUnicode: boolean}): Theme => ({
  hasColour,
  styleOf: (tone) => (hasColour ? styles[tone] : {}),
  spell: hasUnicode ? (text) => text : spellAscii,
});

type Environment = Readonly<Record<string, string | undefined>>;

/** no-color.org: set and not empty. The first of LC_ALL, LC_CTYPE and LANG that is set names the character set. */
export const chooseTheme = (environment: Environment): Theme => {
  const locale = [environment['LC_ALL'], environment['LC_CTYPE'], environment['LANG']].find((value) => (value ?? '') !== '') ?? '';
  return createTheme({hasColour: (environment['NO_COLOR'] ?? '') === '', hasUnicode: /utf-?8/i.test(locale)});
};

export const ThemeContext = createContext<Theme>(createTheme({hasColour: true, hasUnicode: true}));
