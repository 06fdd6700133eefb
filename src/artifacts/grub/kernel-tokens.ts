import {unknownText} from './shell-script.ts';

/** A kernel argument: `text.slice(start, end)` of the line it was split from. */
export type KernelToken = {readonly text: string; readonly start: number; readonly end: number};

export type KernelLine = {
  readonly tokens: readonly KernelToken[];
  /** Why arguments put behind this text would not reach the kernel: they must go before it. */
  readonly swallows: string | null;
  /** Why nothing can be added at all. */
  readonly broken: string | null;
};

/**
 * Splits as GRUB and then the kernel do (kernel: lib/cmdline.c next_arg): blanks inside quotes belong to the argument,
 * and quotes stay part of it.
 */
export const splitKernelLine = (text: string): KernelLine => {
  const tokens: KernelToken[] = [];
  let start = -1;
  let quote = '';
  let swallows: string | null = null;
  for (let index = 0; index <= text.length; index += 1) {
    const character = text[index] ?? '';
    if (character === '' || (quote === '' && /\s/.test(character) && character !== '\u00A0' && character !== '\uFEFF')) {
      if (start >= 0) tokens.push({text: text.slice(start, index), start, end: index});
      start = -1;
      if (character === '\n') swallows ??= 'a line break ends the command line in grub.cfg';
      continue;
    }
    if (start < 0) start = index;
    if (character === '\\' && quote !== "'") index += 1;
    else if (quote === character) quote = '';
    else if (quote === '' && (character === '"' || character === "'")) quote = character;
    else if (quote === '') swallows ??= swallowing(character, start === index);
  }
  if (tokens.some((token) => token.text === '--')) swallows ??= 'what stands behind -- goes to init';
  const isEscaped = /(?:^|[^\\])(?:\\\\)*\\$/.test(text);
  return {tokens, swallows, broken: quote !== '' ? `a ${quote} of the value has no partner` : isEscaped ? 'the value ends in a backslash' : null};
};

/** Those that the kernel reads: what stands behind `--` belongs to init. */
export const beforeInit = (tokens: readonly KernelToken[]): readonly KernelToken[] => {
  const end = tokens.findIndex(({text}) => text === '--');
  return end < 0 ? tokens : tokens.slice(0, end);
};

/** GRUB: characters that end a command or begin a comment when they are not quoted. */
const swallowing = (character: string, isFirst: boolean): string | null => {
  if (character === '#' && isFirst) return 'GRUB takes # for the beginning of a comment';
  return ';|&<>{}'.includes(character) ? `GRUB ends the command at ${character}` : null;
};

/** The kernel treats `-` and `_` of a name as equal, and strips quotes (kernel: kernel/params.c). */
export const keyOf = (token: string): string => (unquote(token).split('=', 1)[0] ?? '').replaceAll('-', '_');

/** Literal but for the spelling of the name: an argument of ours that somebody quoted is not the same. */
export const isSameArgument = (one: string, other: string): boolean => keyOf(one) === keyOf(other) && behindKey(one) === behindKey(other);

const behindKey = (token: string): string => (token.includes('=') ? token.slice(token.indexOf('=')) : '');

const unquote = (token: string): string => token.replaceAll(/["'\\]|\0/g, '');

export const isUnknown = (token: string): boolean => token.includes(unknownText);

/** GRUB, the kernel and people may read such a token differently. */
export const isQuoted = (token: string): boolean => /[\s"'\\]/.test(token);
