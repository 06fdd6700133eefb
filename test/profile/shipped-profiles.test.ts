import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {describe, expect, it} from 'vitest';
import {isProfileFunction} from '../../src/devices/function/function-format.ts';
import {isProfileVirtualFunction} from '../../src/devices/virtual-function/virtual-function-format.ts';
import {decodeProfile} from '../../src/pipeline/profile-file.ts';
import {encodeProfile} from '../../src/pipeline/profile-file.ts';
import type {WrittenProfile} from '../../src/profile/profile.ts';
import {hostNames, unpackHost} from '../support/host-tree.ts';

const directory = resolve(import.meta.dirname, '../../profiles');
const files = readdirSync(directory).filter((name) => name.endsWith('.yaml'));

const shipped = (file: string): WrittenProfile => {
  const {profile, findings} = decodeProfile(readFileSync(join(directory, file), 'utf8'), file);
  expect(findings).toEqual([]);
  if (profile === null) throw new Error(`${file} does not decode`);
  return profile;
};

const attribute = (root: string, address: string, name: string): string =>
  readFileSync(join(root, 'sys/bus/pci/devices', address, name), 'utf8')
    .trim()
    .replace('0x', '');

describe.each(files)('the shipped profile %s', (file) => {
  it('decodes, carries its file’s name, and survives being written again', () => {
    const profile = shipped(file);
    expect(`${profile.name}.yaml`).toBe(file);
    expect(decodeProfile(encodeProfile(profile), file).profile).toEqual(profile);
  });

  it('names devices of the host of the same name', () => {
    const {name, devices} = shipped(file);
    expect(hostNames()).toContain(name);
    const root = unpackHost(name);
    const named = [
      ...devices.filter(isProfileFunction),
      ...devices.filter(isProfileVirtualFunction).map((device) => device.function.of),
    ];
    for (const {address, id, subsystem, upstream} of named) {
      expect(`${attribute(root, address, 'vendor')}:${attribute(root, address, 'device')}`).toBe(id);
      const board = `${attribute(root, address, 'subsystem_vendor')}:${attribute(root, address, 'subsystem_device')}`;
      expect(board).toBe(subsystem ?? board);
      for (const bridge of upstream ?? [])
        expect(existsSync(join(root, 'sys/devices', `pci${bridge.slice(0, 7)}`, bridge, address))).toBe(true);
    }
  });
});
