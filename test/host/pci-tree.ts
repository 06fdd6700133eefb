import {mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {afterAll} from 'vitest';

const roots: string[] = [];

afterAll(() => {
  for (const root of roots) rmSync(root, {recursive: true, force: true});
});

/** A root directory with these files, and links where the value is `{to}`; removed after the test file. */
export const writeRoot = (entries: Readonly<Record<string, string | Uint8Array | {readonly to: string}>>): string => {
  const root = mkdtempSync(join(tmpdir(), 'vfio-pilot-pci-'));
  roots.push(root);
  for (const [path, value] of Object.entries(entries)) {
    const file = join(root, path);
    mkdirSync(dirname(file), {recursive: true});
    if (typeof value === 'object' && 'to' in value) symlinkSync(value.to, file);
    else writeFileSync(file, value);
  }
  return root;
};

/** Entries of one function under `/sys/devices`, with its link on the bus; `place` is the path below `/sys/devices`. */
export const pciEntries = (
  place: string,
  attributes: Readonly<Record<string, string | Uint8Array | {readonly to: string}>>,
): Record<string, string | Uint8Array | {readonly to: string}> => {
  const address = place.slice(place.lastIndexOf('/') + 1);
  const files = Object.entries({vendor: '0x10de\n', device: '0x1c81\n', class: '0x030000\n', ...attributes});
  return {
    ...Object.fromEntries(files.map(([name, value]) => [`/sys/devices/${place}/${name}`, value])),
    [`/sys/bus/pci/devices/${address}`]: {to: `../../../devices/${place}`},
  };
};
