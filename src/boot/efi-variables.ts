import {type FileTable, looksAt} from '../facts/file-table.ts';
import type {Source} from '../system/source.ts';

const globalGuid = '8be4df61-93ca-11d2-aa0d-00e098032b8c';
const loaderGuid = '4a67b082-0a4c-41cf-b6c7-440b29bb8c4f';
const directory = '/sys/firmware/efi/efivars';
export const firmwareFiles: FileTable = [
  looksAt('/sys/firmware', '. efi'),
  looksAt(directory, 'SecureBoot-* SetupMode-* LoaderInfo-* StubInfo-*', 'verbatim'),
];

/** efivarfs puts the variable's attributes before its data (kernel: Documentation/filesystems/efivarfs.rst). */
const attributeBytes = 4;

export const readFirmware = (source: Source): 'uefi' | 'bios' | null => {
  if (source.exists('/sys/firmware/efi')) return 'uefi';
  return source.exists('/sys/firmware') ? 'bios' : null;
};

/** `null` when efivarfs is not mounted or not readable; a firmware without the variable has no Secure Boot. */
export const readSecureBoot = (source: Source, firmware: 'uefi' | 'bios' | null): boolean | null => {
  if (firmware === 'bios') return false;
  if (firmware === null) return null;
  const path = `${directory}/SecureBoot-${globalGuid}`;
  const bytes = source.bytes(path);
  if (bytes !== null && bytes.length > attributeBytes) return bytes[attributeBytes] === 1;
  return source.exists(path) || source.list(directory).length === 0 ? null : false;
};

/** A variable that boot loaders set for the system (`LoaderInfo`, `StubInfo`), UTF-16LE; `null` when it is not set. */
export const readLoaderVariable = (source: Source, name: string): string | null => {
  const bytes = source.bytes(loaderVariablePath(name));
  return bytes === null ? null : parseLoaderVariable(bytes);
};

export const loaderVariablePath = (name: string): string => `${directory}/${name}-${loaderGuid}`;

/** `null` when it is empty. */
export const parseLoaderVariable = (bytes: Buffer): string | null => {
  const text = bytes
    .subarray(attributeBytes)
    .toString('utf16le')
    .replace(/\0[\s\S]*$/, '')
    .trim();
  return text === '' ? null : text;
};
