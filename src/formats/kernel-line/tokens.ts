import {unknownText} from '../shell/script.ts';

/** A kernel argument: `text.slice(start, end)` of the line it was split from. */
export type KernelToken = {readonly text: string; readonly start: number; readonly end: number};

/**
 * What the kernel reads of its command line, in bytes: COMMAND_LINE_SIZE without the zero at its end, for x86 and arm64
 * alike; an x86 kernel says it in its own header (kernel: Documentation/arch/x86/boot.rst, cmdline_size).
 */
export const kernelLineBytes = 2047;

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
    if (
      character === '' ||
      (quote === '' && /\s/.test(character) && character !== '\u00A0' && character !== '\uFEFF')
    ) {
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
  if (tokens.some((token) => token.text === '--')) swallows ??= 'what is behind -- goes to init';
  const isEscaped = /(?:^|[^\\])(?:\\\\)*\\$/.test(text);
  return {
    tokens,
    swallows,
    broken:
      quote !== '' ? `a ${quote} of the value has no partner` : isEscaped ? 'the value ends in a backslash' : null,
  };
};

/** Those that the kernel reads: what is behind `--` belongs to init. */
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

/** Literal but for the spelling of the name: an argument of our own that somebody quoted is not the same. */
export const isSameArgument = (one: string, other: string): boolean =>
  keyOf(one) === keyOf(other) && behindKey(one) === behindKey(other);

/** Whether the kernel reads this argument from the line: as a whole token before `--`, whichever way its name is spelled. */
export const holdsArgument = (line: string, argument: string): boolean =>
  beforeInit(splitKernelLine(line).tokens).some(({text}) => isSameArgument(text, argument));

/** The same of a text that may be a shell's or a program's: what is around the argument is no part of it. */
export const mentionsArgument = (text: string, argument: string): boolean =>
  text.split(/[\s"'`[\]{}();]+/).some((word) => isSameArgument(word, argument));

/** Values of `key=value` in lines of arguments, each once; what comes from elsewhere or can't be read is left out. */
export const valuesOf = (lines: readonly string[], key: string): readonly string[] => [
  ...new Set(
    lines
      .flatMap((line) => beforeInit(splitKernelLine(line.replaceAll('\n', ' ')).tokens))
      .filter(({text}) => keyOf(text) === keyOf(key) && text.includes('=') && !isUnknown(text))
      .map(({text}) => unquote(text.slice(text.indexOf('=') + 1)))
      .filter((value) => value !== ''),
  ),
];

const behindKey = (token: string): string => (token.includes('=') ? token.slice(token.indexOf('=')) : '');

const unquote = (token: string): string => token.replaceAll(/["'\\]|\0/g, '');

export const isUnknown = (token: string): boolean => token.includes(unknownText);

/** GRUB, the kernel and people may read such a token differently. */
export const isQuoted = (token: string): boolean => /[\s"'\\]/.test(token);

export type GrubEdit = {
  readonly add: readonly string[];
  /** Whole tokens, in either spelling of the name. */
  readonly remove: readonly string[];
  /** A token with such a key that is not in `add` is stale and goes. */
  readonly ownedKeys: readonly string[];
};

export type TokenEdit = {readonly missing: readonly string[]; readonly isStale: (token: KernelToken) => boolean};

/** `hugepagesz=` counts for the `hugepages=` behind it, so these stay or go as one sequence. */
const isPageKey = (key: string): boolean => key === 'hugepagesz' || key === 'hugepages';

/** `tokens`: all that reach the kernel, GRUB_CMDLINE_LINUX first, as grub-mkconfig puts them. */
export const chooseTokenEdit = (tokens: readonly KernelToken[], edit: GrubEdit): TokenEdit => {
  const owned = new Set(edit.ownedKeys.map(keyOf));
  const present = tokens.filter((token) => isPageKey(keyOf(token.text)) && owned.has(keyOf(token.text)));
  const pages = edit.add.filter((text) => isPageKey(keyOf(text)));
  const isSamePages =
    present.length === pages.length && present.every((token, index) => isSameArgument(token.text, pages[index] ?? ''));
  const isWanted = (text: string): boolean => edit.add.some((wanted) => isSameArgument(wanted, text));
  const isStale = ({text}: KernelToken): boolean => {
    if (isPageKey(keyOf(text)) && owned.has(keyOf(text))) return !isSamePages;
    return !isWanted(text) && (owned.has(keyOf(text)) || edit.remove.some((gone) => isSameArgument(gone, text)));
  };
  const kept = tokens.filter((token) => !isStale(token));
  const missing = edit.add.filter((text) =>
    isPageKey(keyOf(text)) && owned.has(keyOf(text))
      ? !isSamePages
      : !kept.some((token) => isSameArgument(token.text, text)),
  );
  return {missing, isStale};
};
