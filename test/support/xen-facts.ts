import {existsSync, mkdirSync, rmSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import {readHost} from '../../src/host/read-host.ts';
import {openSource, outputFile} from '../../src/system/source.ts';
import {unpackHost} from './host-tree.ts';

type Changed = Readonly<Record<string, string | Buffer | null>>;

/** The host tree with other files; `null`: it is not there. */
const changedHost = (name: string, changed: Changed): string => {
  const root = unpackHost(name);
  for (const [path, text] of Object.entries(changed)) {
    const file = join(root, path);
    if (existsSync(file)) rmSync(file);
    mkdirSync(dirname(file), {recursive: true});
    if (text !== null) writeFileSync(file, text);
  }
  return root;
};

export const xenFacts = (changed: Changed = {}): HostFacts =>
  readHost(openSource(changedHost('xen-desktop', changed), null));

export const xcpFacts = (changed: Changed = {}): HostFacts =>
  readHost(openSource(changedHost('xcp-ng-one-gpu', changed), null));

export const xlOutput = (...args: readonly string[]): string => outputFile(['xl', ...args]);

/** A table of VT-d as Xen leaves it, with one reserved region for these devices, each on the root bus: `[slot, function]`. */
export const regionTable = (
  devices: readonly (readonly [bus: number, path: readonly (readonly [number, number])[]])[],
): Buffer => {
  const scopes = devices.map(([bus, path]) => Buffer.from([1, 6 + path.length * 2, 0, 0, 0, bus, ...path.flat()]));
  const region = Buffer.concat([Buffer.alloc(24), ...scopes]);
  region.writeUInt16LE(1, 0);
  region.writeUInt16LE(region.length, 2);
  region.writeBigUInt64LE(0x7f000000n, 8);
  region.writeBigUInt64LE(0x7f0fffffn, 16);
  const bytes = Buffer.concat([Buffer.alloc(48), region]);
  bytes.write('RMAD', 0, 'latin1');
  bytes.writeUInt32LE(bytes.length, 4);
  bytes[9] = (256 - (bytes.reduce((sum, byte) => sum + byte, 0) % 256)) % 256;
  return bytes;
};
