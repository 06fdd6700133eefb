import {type CommandLineEdit, editCommandLine, type EditedCommandLine} from '../kernel-line/edit.ts';
import {readLimineEntries} from './limine-conf.ts';

/** Before the last dot, so that the boot loader sorts the entry directly before the one that it was made from. */
const mark = '.vfio-pilot-';
const own = /\.vfio-pilot-[0-9a-f]{8}(?=\.conf$|\.efi$|\.img$|$)/;

/** `arch.conf` → `arch.vfio-pilot-0a1b2c3d.conf`, `initrd` → `initrd.vfio-pilot-0a1b2c3d`. */
export const ownName = (path: string, digest: string): string => {
  const [, stem = path, extension = ''] = /^(.*?)(\.(?:conf|efi|img))?$/s.exec(path) ?? [];
  return `${stem}${mark}${digest}${extension}`;
};

export const withoutOwnName = (name: string): string => name.replace(own, '');

export const isOwnEntry = (path: string): boolean => own.test(path);

/** `/boot/loader/entries/arch+2-1.conf` → `arch.conf` (systemd: Automatic Boot Assessment). */
export const entryId = (path: string): string =>
  path.slice(path.lastIndexOf('/') + 1).replace(/\+\d+(?:-\d+)?(?=\.conf$|\.efi$)/, '');

export const editEntry = (text: string, edit: CommandLineEdit): EditedCommandLine =>
  editOptions(text, (line) => editCommandLine(line, edit));

/** `options` may be there several times and is joined (uapi-group: Boot Loader Specification, type 1). */
export const editOptions = (text: string, editLine: (line: string) => EditedCommandLine): EditedCommandLine => {
  const lines = text.split('\n');
  const found = lines.flatMap((line, index) => (/^\s*options(?:\s|$)/.test(line) ? [index] : []));
  const [index] = found;
  if (found.length > 1) return {ok: false, reason: 'it has several lines of options'};
  if (index === undefined) return {ok: false, reason: 'it has no line of options'};
  const [, key = '', rest = ''] = /^(\s*options\s*)(.*)$/s.exec(lines[index] ?? '') ?? [];
  if (/\$\{?kernelopts/.test(rest))
    return {ok: false, reason: 'its arguments come from the variable kernelopts of grubenv'};
  const edited = editLine(rest);
  if (!edited.ok) return edited;
  const isBare = rest.trim() === '' && !/\s$/.test(key);
  return {ok: true, text: lines.with(index, `${key}${isBare ? ' ' : ''}${edited.text}`).join('\n')};
};

/** All its lines of options, joined. */
export const readEntryOptions = (text: string): string =>
  [...text.matchAll(/^[ \t]*options[ \t]+(.*)$/gm)].map((match) => match[1]?.trim() ?? '').join(' ');

/** An entry by what a person calls it, and the images that it starts with besides updates of the processor. */
export type EntryImages = {readonly entry: string; readonly images: readonly string[]};

/** Of a file of boot entries: limine.conf as its tool makes it, or one entry of the Boot Loader Specification. */
export const readEntryImages = (path: string, text: string): readonly EntryImages[] =>
  path.endsWith('/limine.conf')
    ? readLimineEntries(text)
        .filter(({isGenerated}) => isGenerated)
        .map(({title, modules}) => ({
          entry: `${title} of ${path}`,
          images: withoutMicrocode(modules).flatMap((module) => limineFile(path, module)),
        }))
    : [
        {
          entry: path,
          images: withoutMicrocode(initrdsOf(text)).map(
            (image) => `${path.slice(0, path.indexOf('/loader/entries/'))}${image}`,
          ),
        },
      ];

const initrdsOf = (text: string): readonly string[] =>
  [...text.matchAll(/^[ \t]*initrd[ \t]+(.*)$/gm)].flatMap((match) => match[1]?.trim().split(/\s+/) ?? []);

const withoutMicrocode = (images: readonly string[]): readonly string[] =>
  images.filter((image) => !/ucode|microcode/.test(image));

/** `boot():/TOKEN/linux/initramfs#CHECKSUM` on the volume that limine.conf is on; of other volumes it is not known where they are mounted (Limine: CONFIG.md). */
const limineFile = (configuration: string, module: string): readonly string[] => {
  const path = /^boot\(\):(\/[^#]+)/.exec(module)?.[1];
  return path === undefined ? [] : [`${configuration.replace(/(?:\/EFI\/\w+|\/limine)?\/limine\.conf$/, '')}${path}`];
};
