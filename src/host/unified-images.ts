import type {Source} from '../system/source.ts';
import type {UnifiedImage} from './facts.ts';

const places = ['/boot', '/boot/efi', '/efi'];

/** Where systemd-boot finds them by itself (uapi-group: Boot Loader Specification, type 2). */
export const readUnifiedImages = (source: Source): readonly UnifiedImage[] =>
  places.flatMap((place) => {
    const directory = `${place}/EFI/Linux`;
    return source.list(directory).filter((name) => /\.efi$/i.test(name)).map((name) => ({path: `${directory}/${name}`, isSigned: readIsSigned(source, `${directory}/${name}`)}));
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
