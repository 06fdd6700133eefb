import {mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {previewChanges} from '../../../src/changes/preview.ts';
import {hostOf} from '../../../src/hosts/here.ts';
import type {HostFacts} from '../../../src/facts/host-facts.ts';
import {readHost} from '../../../src/host/read-host.ts';
import {rollback} from '../../../src/hosts/transactions.ts';
import {decodeProfile} from '../../../src/pipeline/profile-file.ts';
import type {Program} from '../../../src/system/machine.ts';
import {realMachine} from '../../../src/system/real-machine.ts';
import {openSource} from '../../../src/system/source.ts';
import {unpackHost} from '../../support/host-tree.ts';
import {fillTree} from '../../support/make-tree.ts';
import {never, silent} from '../../transaction/scenario.ts';
import {archBooster} from './chain-trees.ts';
import {rpmOstree, silverblue} from './ostree-stand-in.ts';
import {standIns} from './stand-ins.ts';

/** Invented: the configuration that nixos-generate-config leaves, shortened. */
const nixos = {
  '/etc/NIXOS': '',
  '/proc/cmdline': 'initrd=\\EFI\\nixos\\a-initrd.efi init=/nix/store/1x-nixos-system-host-24.05/init\n',
  '/boot/loader/loader.conf': 'timeout 5\n',
  '/etc/nixos/configuration.nix': '{ ... }:\n{\n  imports = [ ./vfio-pilot.nix ];\n}\n',
};

const profile = (name: string, bus: string, host = ''): string => `version: 1
name: ${name}
devices:
  - address: 0000:${bus}:00.0
    id: 10de:2504
cpu:
  vcpus: 4
memory:
  size: 4 GiB
  hugepages: 2MiB
guest:
  name: ${name}
  os: linux
${host}`;

/** The host with two equal cards, with the boot of another distribution. */
const hostWith = (boot: Parameters<typeof fillTree>[1]): string => {
  const root = unpackHost('two-identical-cards');
  for (const path of [
    'boot',
    'etc/default',
    'etc/initramfs-tools',
    'usr/sbin',
    'usr/bin',
    'var/lib/dpkg',
    'proc/cmdline',
  ])
    rmSync(join(root, path), {recursive: true, force: true});
  mkdirSync(join(root, 'boot'));
  fillTree(root, boot);
  return root;
};

const applyTo = async (root: string, text: string, programs: Readonly<Record<string, Program>>): Promise<HostFacts> => {
  const decoded = decodeProfile(text, 'profile.yaml');
  if (decoded.profile === null) throw new Error(JSON.stringify(decoded.findings));
  const source = openSource(root, null);
  const facts = readHost(source);
  const preview = previewChanges(facts, decoded.profile, decoded.positionOf);
  expect(preview.findings.filter(({severity}) => severity === 'blocker')).toEqual([]);
  const host = hostOf({
    name: root,
    isLive: false,
    isDry: false,
    mayWrite: true,
    toolVersion: '0.0.0',
    machine: async () => realMachine(root, programs),
    source: async () => source,
    reader: async () => readHost,
  });
  await host.apply({preview, facts, trial: null}, silent, never);
  return readHost(source);
};

const first = profile('one', '0b');
const second = profile('two', '0a', 'host:\n  acceptLossOf: [0000:0a:00.0, 0000:0a:00.1]\n');
const ofBoth = ['0000:0a:00.0', '0000:0a:00.1', '0000:0b:00.0', '0000:0b:00.1'];

describe('a second guest', () => {
  it.each<[string, Parameters<typeof fillTree>[1], string, Readonly<Record<string, Program>>]>([
    ['booster', archBooster, '/etc/udev/rules.d/10-vfio-pilot.rules', standIns],
    ['rpm-ostree', silverblue(), '/etc/udev/rules.d/10-vfio-pilot.rules', {'rpm-ostree': rpmOstree}],
    ['NixOS', nixos, '/etc/nixos/vfio-pilot.nix', {}],
  ])('keeps the early binding of the first on %s, with its record and without', async (_, boot, path, programs) => {
    const root = hostWith(boot);
    const bound = (): readonly string[] => [
      ...new Set(
        [...readFileSync(join(root, path), 'utf8').matchAll(/KERNEL=="(\S+?)"/g)].map(([, address = '']) => address),
      ),
    ];
    const after = await applyTo(root, first, programs);
    expect(after.guests.printed).toBeNull();
    expect(after.guests.recorded).toMatchObject([{guest: 'one', hugepages: {takenAt: 'boot'}}]);
    expect(bound()).toEqual(ofBoth.slice(2));

    await applyTo(root, second, programs);
    expect(bound().toSorted()).toEqual(ofBoth);
    const both = readHost(openSource(root, null));
    expect(both.guests.recorded.map(({guest, functions}) => [guest, functions.map(({address}) => address)])).toEqual([
      ['one', ofBoth.slice(2)],
      ['two', ofBoth.slice(0, 2)],
    ]);
    expect(both.notes.filter(({code}) => code === 'guest-claims-unrecorded')).toEqual([]);

    await rollback(realMachine(root, programs), {}, silent, never);
    expect(bound()).toEqual(ofBoth.slice(2));

    // As a version before the record has left it, or one whose record cannot be read.
    const journals = join(root, 'var/lib/vfio-pilot/journal');
    for (const id of readdirSync(journals)) writeFileSync(join(journals, id, 'guest.json'), '{');
    const before = readHost(openSource(root, null));
    expect(before.guests.recorded).toEqual([]);
    expect(before.notes.filter(({code}) => code === 'guest-claims-unrecorded')).toHaveLength(1);
    await applyTo(root, second, programs);
    expect(bound().toSorted()).toEqual(ofBoth);
  });
});
