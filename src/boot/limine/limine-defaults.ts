import {type CommandLineEdit, editCommandLine, type EditedCommandLine} from '../../formats/kernel-line/edit.ts';
import {parseShellScript} from '../../formats/shell/parse.ts';
import {ShellSyntaxError, type Word} from '../../formats/shell/script.ts';

/**
 * `/etc/default/limine` with our arguments in `KERNEL_CMDLINE[default]`. A shell reads the file, and so does a program
 * of its own, so that only plain quoted values are touched. Where the value is put together from several lines, ours go
 * to the last.
 */
export const editLimineDefaults = (text: string, edit: CommandLineEdit): EditedCommandLine => {
  const found = settingsOf(text);
  if (typeof found === 'string') return {ok: false, reason: found};
  if (found.length === 0) return {ok: false, reason: 'it has no line KERNEL_CMDLINE[default]'};
  let changed = text;
  for (const [index, {value, source, range}] of [...found.entries()].reverse()) {
    if (range === null) return {ok: false, reason: `the value of "${source}" is not one plain quotation`};
    const edited = editCommandLine(value, index === found.length - 1 ? edit : {...edit, add: []});
    if (!edited.ok) return edited;
    changed = changed.slice(0, range.start) + edited.text + changed.slice(range.end);
  }
  return {ok: true, text: changed};
};

/** Every value that the file gives to `KERNEL_CMDLINE[default]`; none where it is no shell script. */
export const limineDefaultsLines = (text: string): readonly string[] => {
  const found = settingsOf(text);
  return typeof found === 'string' ? [] : found.map(({value}) => value);
};

type Setting = {
  readonly value: string;
  /** The line, for messages. */
  readonly source: string;
  /** Of the value inside its quotes; `null` where it is not one plain quotation. */
  readonly range: {readonly start: number; readonly end: number} | null;
};

/** To sh, a setting of an array's element is a word like any other. Why the file can't be read, in the other case. */
const settingsOf = (text: string): readonly Setting[] | string => {
  try {
    return parseShellScript(text).commands.flatMap(({words: [word, ...more]}) => {
      const prefix = /^KERNEL_CMDLINE\[default\]\+?=?/.exec(word?.text ?? '')?.[0];
      if (word === undefined || prefix === undefined) return [];
      const source = text.slice(word.start, more.at(-1)?.end ?? word.end).trim();
      const range = more.length === 0 && prefix.endsWith('=') ? plainRange(text, word, prefix.length) : null;
      return [{value: word.text.slice(prefix.length), source, range}];
    });
  } catch (error) {
    if (error instanceof ShellSyntaxError) return `it is no shell script that can be read: ${error.message}`;
    throw error;
  }
};

const plainRange = (text: string, word: Word, prefixLength: number): Setting['range'] => {
  const begin = word.ends[prefixLength - 1];
  const quote = word.quotes.find(({open, close}) => open === begin && close === word.end - 1);
  if (quote === undefined) return null;
  const range = {start: quote.open + 1, end: quote.close};
  const value = text.slice(range.start, range.end);
  return /["'$`\\]/.test(value) || value !== word.text.slice(prefixLength) ? null : range;
};
