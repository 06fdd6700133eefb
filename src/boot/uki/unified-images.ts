import type {UnifiedImage} from '../../facts/boot.ts';
import {type FileTable, looksAt} from '../../facts/file-table.ts';
import type {Source} from '../../system/source.ts';
import {bootPlaces} from '../entries/linux-entries.ts';

export const unifiedImageFiles: FileTable = bootPlaces.map((place) =>
  looksAt(`${place}/EFI/Linux`, '*.efi', 'presence'),
);

/** Where systemd-boot finds them without an entry (uapi-group: Boot Loader Specification, type 2). */
export const readUnifiedImages = (source: Source): readonly UnifiedImage[] =>
  bootPlaces.flatMap((place) => {
    const directory = `${place}/EFI/Linux`;
    return source
      .list(directory)
      .filter((name) => /\.efi$/i.test(name))
      .map((name) => ({path: `${directory}/${name}`, isSigned: readIsSigned(source, `${directory}/${name}`)}));
  });

const readIsSigned = (source: Source, path: string): boolean | null => {
  const head = source.head(path);
  return head === null ? null : parseIsSigned(head);
};

const dosHeaderBytes = 0x40;
const pe32Plus = 0x20b;

/** Whether the table of certificates of a PE file has a size; `null` when it is none (Microsoft: PE Format, "Optional Header"). */
const parseIsSigned = (head: Buffer): boolean | null => {
  if (head.length < dosHeaderBytes || head.toString('latin1', 0, 2) !== 'MZ') return null;
  const header = head.readUInt32LE(0x3c);
  const optional = header + 24;
  if (optional + 152 > head.length || head.toString('latin1', header, header + 4) !== 'PE\0\0') return null;
  const directories = optional + (head.readUInt16LE(optional) === pe32Plus ? 112 : 96);
  // The fifth directory: file offset and size.
  return head.readUInt32LE(directories + 4 * 8 + 4) > 0;
};
