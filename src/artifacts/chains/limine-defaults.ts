import {editCommandLine} from '../command-line/edit-command-line.ts';
import type {CommandLineEdit, EditedCommandLine} from '../command-line/edit-command-line.ts';

/**
 * `/etc/default/limine` with our arguments in `KERNEL_CMDLINE[default]`. A shell reads the file, and so does a program
 * of its own, so that only plain quoted values are touched. Where the value is put together from several lines, ours go
 * to the last.
 */
export const editLimineDefaults = (text: string, edit: CommandLineEdit): EditedCommandLine => {
  const lines = text.split('\n');
  const found = lines.flatMap((line, index) => (/^\s*KERNEL_CMDLINE\[["']?default["']?\]/.test(line) ? [index] : []));
  const last = found.at(-1);
  if (last === undefined) return {ok: false, reason: 'it has no line KERNEL_CMDLINE[default]'};
  for (const index of found) {
    const edited = editLine(lines[index] ?? '', index === last ? edit : {...edit, add: []});
    if (!edited.ok) return edited;
    lines[index] = edited.text;
  }
  return {ok: true, text: lines.join('\n')};
};

const editLine = (line: string, edit: CommandLineEdit): EditedCommandLine => {
  const [, before = '', quote = '', value = '', after] = /^(\s*KERNEL_CMDLINE\[["']?default["']?\]\s*\+?=\s*)(["'])([^"'$`\\]*)\2(\s*(?:#.*)?)$/.exec(line) ?? [];
  if (after === undefined) return {ok: false, reason: `the value of "${line.trim()}" is not one plain quotation`};
  const edited = editCommandLine(value, edit);
  return edited.ok ? {ok: true, text: `${before}${quote}${edited.text}${quote}${after}`} : edited;
};
