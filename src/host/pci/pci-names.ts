import {gunzipSync} from 'node:zlib';
import type {Source} from '../../system/source.ts';

type Identity = {readonly vendor: string; readonly device: string};

const paths = ['/usr/share/misc/pci.ids', '/usr/share/hwdata/pci.ids'];
/** The file is 1.5 MiB; a compressed file of a captured tree may claim to hold anything. */
const maximumBytes = 16 * 1024 * 1024;

/** Names as lspci prints them; always `null` where no pci.ids is installed. */
export const readPciNames = (source: Source, functions: readonly Identity[]): ((one: Identity) => string | null) => {
  const text = functions.length === 0 ? null : readIdsFile(source);
  if (text === null) return () => null;
  const names = parsePciIds(text, functions);
  return ({vendor, device}) => {
    const vendorName = names.get(vendor);
    if (vendorName === undefined) return null;
    return `${vendorName} ${names.get(`${vendor}:${device}`) ?? `Device ${device}`}`;
  };
};

const readIdsFile = (source: Source): string | null => {
  for (const path of paths) {
    const text = source.text(path) ?? unzip(source.bytes(`${path}.gz`));
    if (text !== null) return text;
  }
  return null;
};

const unzip = (bytes: Uint8Array | null): string | null => {
  if (bytes === null) return null;
  try {
    return gunzipSync(bytes, {maxOutputLength: maximumBytes}).toString('utf8');
  } catch {
    return null;
  }
};

/**
 * Names of the wanted ids only, by `vvvv` and `vvvv:dddd`. Lines are `vvvv  Vendor`, `<tab>dddd  Device`, and
 * subsystems below with two tabs; classes follow with `C ` (pci.ids(5)).
 */
export const parsePciIds = (text: string, wanted: readonly Identity[]): ReadonlyMap<string, string> => {
  const ids = new Set(wanted.flatMap(({vendor, device}) => [vendor, `${vendor}:${device}`]));
  const names = new Map<string, string>();
  let vendor: string | null = null;
  for (let start = 0; start < text.length;) {
    const newline = text.indexOf('\n', start);
    const end = newline === -1 ? text.length : newline;
    const isDevice = text.charAt(start) === '\t';
    if (!isDevice) vendor = vendorAt(text, start, ids);
    if (vendor !== null && text.charAt(start + 1) !== '\t') {
      const begin = isDevice ? start + 1 : start;
      const key = isDevice ? `${vendor}:${text.slice(begin, begin + 4).toLowerCase()}` : vendor;
      if (ids.has(key)) names.set(key, text.slice(begin + 4, end).trim());
    }
    start = end + 1;
  }
  return names;
};

const vendorAt = (text: string, start: number, ids: ReadonlySet<string>): string | null => {
  const id = text.slice(start, start + 4).toLowerCase();
  return text.startsWith('  ', start + 4) && ids.has(id) ? id : null;
};
