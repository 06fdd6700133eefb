import type {FileFacts, HostFacts} from '../../host/facts.ts';
import {editCommandLine} from '../command-line/edit-command-line.ts';
import type {CommandLineEdit, EditedCommandLine} from '../command-line/edit-command-line.ts';

const entryDirectories = ['/boot/loader/entries', '/boot/efi/loader/entries', '/efi/loader/entries'] as const;

/** Entries of the Boot Loader Specification that start a Linux kernel, by path. */
export const linuxEntries = ({files}: HostFacts): readonly FileFacts[] =>
  Object.values(files)
    .filter((file) => entryDirectories.some((directory) => file.path.startsWith(`${directory}/`)) && file.path.endsWith('.conf'))
    .filter((file) => file.state !== 'file' || /^\s*(?:linux|options)[ \t]/m.test(file.text ?? ''));

export const editEntry = (text: string, edit: CommandLineEdit): EditedCommandLine => editOptions(text, (line) => editCommandLine(line, edit));

/** `options` may stand several times and is joined (uapi-group: Boot Loader Specification, type 1). */
export const editOptions = (text: string, editLine: (line: string) => EditedCommandLine): EditedCommandLine => {
  const lines = text.split('\n');
  const found = lines.flatMap((line, index) => (/^\s*options(?:\s|$)/.test(line) ? [index] : []));
  const [index] = found;
  if (found.length > 1) return {ok: false, reason: 'it has several lines of options'};
  if (index === undefined) return {ok: false, reason: 'it has no line of options'};
  const [, key = '', rest = ''] = /^(\s*options\s*)(.*)$/s.exec(lines[index] ?? '') ?? [];
  if (/\$\{?kernelopts/.test(rest)) return {ok: false, reason: 'its arguments come from the variable kernelopts of grubenv'};
  const edited = editLine(rest);
  if (!edited.ok) return edited;
  const isBare = rest.trim() === '' && !/\s$/.test(key);
  return {ok: true, text: lines.with(index, `${key}${isBare ? ' ' : ''}${edited.text}`).join('\n')};
};

/** All its lines of options, joined. */
export const readEntryOptions = (text: string): string => [...text.matchAll(/^[ \t]*options[ \t]+(.*)$/gm)].map((match) => match[1]?.trim() ?? '').join(' ');
