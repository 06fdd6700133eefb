import {keeps, looksAt, type FileTable} from '../../facts/file-table.ts';
import type {FileFacts} from '../../facts/files.ts';
import {readEntryOptions} from '../../formats/boot-entry/loader-entry.ts';

/** Where the EFI partition, or the extended boot partition, may be mounted (uapi-group: Boot Loader Specification). */
export const bootPlaces = ['/boot', '/boot/efi', '/efi'] as const;

export const entryFiles: FileTable = [
  ...bootPlaces.map((place) => keeps(`${place}/loader`, 'loader.conf')),
  ...bootPlaces.map((place) => keeps(`${place}/loader/entries`, '*.conf')),
  ...bootPlaces.map((place) => looksAt(`${place}/*/*`, 'linux initrd initrd.img-*', 'presence')),
];

type Files = Readonly<Record<string, FileFacts>>;

/** Entries of the Boot Loader Specification that start a Linux kernel, by path. */
export const linuxEntries = (files: Files): readonly FileFacts[] =>
  Object.values(files)
    .filter(
      (file) =>
        bootPlaces.some((place) => file.path.startsWith(`${place}/loader/entries/`)) && file.path.endsWith('.conf'),
    )
    .filter((file) => file.state !== 'file' || /^\s*(?:linux|options)[ \t]/m.test(file.text ?? ''));

/** The arguments in each of these; `null` where there is none. */
export const optionsOf = (entries: readonly FileFacts[]): readonly string[] | null =>
  entries.length === 0 ? null : entries.map(({text}) => readEntryOptions(text ?? ''));
