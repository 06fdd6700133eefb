import {spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, describe, expect, it} from 'vitest';
import type {FileArtifact} from '../../src/artifacts/artifact.ts';
import {renderUnit, unitPaths} from '../../src/devices/virtual-function/unit.ts';
import {unitNamePart} from '../../src/devices/unit-name.ts';
import type {AssignedVirtualFunction} from '../../src/plan/plan.ts';
import {sampleFacts} from '../support/sample-facts.ts';
import {samplePlan} from '../support/sample-plan.ts';

const roots: string[] = [];
afterAll(() => {
  for (const root of roots) rmSync(root, {recursive: true, force: true});
});

const nic = '0000:04:00.0';

const rendered = (more: Partial<AssignedVirtualFunction> = {}, guest = 'nas'): readonly FileArtifact[] => {
  const plan = samplePlan();
  const [first] = plan.devices;
  if (first === undefined) throw new Error('the sample has no device');
  const assigned = {
    type: 'virtual-function',
    address: '0000:04:10.0',
    formerly: null,
    of: nic,
    index: 0,
    count: 4,
    probesDrivers: true,
    network: {mac: null, vlan: null},
    vgpu: null,
    ...more,
  } as const;
  const {artifacts} = renderUnit(sampleFacts(), {
    ...plan,
    guest: {...plan.guest, name: guest},
    devices: [{...first, kind: 'virtual-function', address: null, assigned}],
  });
  return artifacts.flatMap((artifact) => (artifact.kind === 'file' ? [artifact] : []));
};

/**
 * A card in a made /sys, where writing the count is a write to a plain file: what the kernel makes of it is not played.
 * `sleep` stands in for time: `onSleep` is what happens meanwhile.
 */
const card = ({driver, count, used = false}: {driver: string | null; count: number; used?: boolean}, onSleep = '') => {
  const root = mkdtempSync(join(tmpdir(), 'vfio-pilot-vf-'));
  roots.push(root);
  const device = join(root, 'sys/bus/pci/devices', nic);
  mkdirSync(device, {recursive: true});
  mkdirSync(join(root, 'run'));
  mkdirSync(join(root, 'bin'));
  const bind = (at: string, name: string): void => {
    mkdirSync(join(root, 'sys/bus/pci/drivers', name), {recursive: true});
    mkdirSync(at, {recursive: true});
    symlinkSync(`../../../../bus/pci/drivers/${name}`, join(at, 'driver'));
  };
  // The link must lead somewhere, as `[ -e ]` follows it.
  mkdirSync(join(root, 'sys/bus/bus/pci/drivers/igb'), {recursive: true});
  if (driver !== null) {
    mkdirSync(join(root, `sys/bus/bus/pci/drivers/${driver}`), {recursive: true});
    symlinkSync(`../../../bus/pci/drivers/${driver}`, join(device, 'driver'));
  }
  if (used) bind(join(device, 'virtfn0'), 'vfio-pci');
  writeFileSync(join(device, 'sriov_numvfs'), `${count}\n`);
  writeFileSync(join(device, 'sriov_drivers_autoprobe'), '1\n');
  writeFileSync(
    join(root, 'bin/sleep'),
    `#!/bin/dash\necho >> ${root}/slept\n${onSleep.replaceAll('DEVICE', device)}\n`,
    {
      mode: 0o755,
    },
  );
  return {
    run: (files: readonly FileArtifact[] = rendered()) => {
      const script = join(root, 'script');
      const text = (files[0]?.text ?? '')
        .replace(/^PATH=/m, `PATH=${root}/bin:`)
        .replace(/^run=\/run$/m, `run=${root}/run`)
        .replace(/^sysfs=\/sys$/m, `sysfs=${root}/sys`);
      expect(text).toContain(`${root}/sys`);
      writeFileSync(script, text);
      const {status, stderr} = spawnSync('/bin/dash', [script], {encoding: 'utf8'});
      return {status, stderr};
    },
    read: (name: string) => readFileSync(join(device, name), 'utf8').trim(),
    slept: () => (existsSync(join(root, 'slept')) ? readFileSync(join(root, 'slept'), 'utf8').length : 0),
  };
};

describe('the script that makes virtual functions', () => {
  it('makes as many as guests need, and leaves what is enough', () => {
    const none = card({driver: 'igb', count: 0});
    expect(none.run()).toEqual({status: 0, stderr: ''});
    expect(none.read('sriov_numvfs')).toBe('4');
    expect(none.read('sriov_drivers_autoprobe')).toBe('1');
    const more = card({driver: 'igb', count: 6});
    expect(more.run().status).toBe(0);
    expect(more.read('sriov_numvfs')).toBe('6');
    const fewer = card({driver: 'igb', count: 2});
    expect(fewer.run().status).toBe(0);
    expect(fewer.read('sriov_numvfs')).toBe('4');
  });

  it('keeps the host’s drivers off where guests get all of them', () => {
    const host = card({driver: 'nvme', count: 0});
    expect(host.run(rendered({probesDrivers: false, network: null})).status).toBe(0);
    expect(host.read('sriov_drivers_autoprobe')).toBe('0');
  });

  it('failure mode 55: waits for the driver of the card, and ends with a word where none comes', () => {
    const late = card({driver: null, count: 0}, 'ln -s ../../../bus/pci/drivers/igb DEVICE/driver');
    expect(late.run()).toEqual({status: 0, stderr: ''});
    expect(late.slept()).toBe(1);
    const never = card({driver: null, count: 0});
    expect(never.run()).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(`${nic} has no driver after 120 seconds`),
    });
    expect(never.slept()).toBe(120);
    expect(never.read('sriov_numvfs')).toBe('0');
  });

  it('never takes virtual functions from under a guest', () => {
    const host = card({driver: 'igb', count: 2, used: true});
    expect(host.run()).toMatchObject({status: 1, stderr: expect.stringContaining('a guest uses one of them')});
    expect(host.read('sriov_numvfs')).toBe('2');
    expect(card({driver: 'igb', count: 4, used: true}).run().status).toBe(0);
  });

  it('fails where the card is with vfio-pci', () => {
    const host = card({driver: 'vfio-pci', count: 0});
    expect(host.run()).toMatchObject({status: 1, stderr: expect.stringContaining('makes no virtual functions')});
    expect(host.read('sriov_numvfs')).toBe('0');
  });
});

describe('the unit', () => {
  const systemd = '/usr/bin/systemd-analyze';

  it.skipIf(!existsSync(systemd)).each([
    ['of a network card', {}],
    ['of any other card', {network: null}],
  ])('%s is one that systemd reads without a word', (_, more) => {
    const directory = mkdtempSync(join(tmpdir(), 'vfio-pilot-unit-'));
    roots.push(directory);
    const [, unit] = rendered(more);
    const path = join(directory, 'vfio-pilot-vfs-nas.service');
    writeFileSync(path, unit?.text ?? '');
    const {status, stderr} = spawnSync(systemd, ['verify', '--man=no', path], {encoding: 'utf8'});
    expect({status, own: stderr.split('\n').filter((line) => line.includes('vfio-pilot'))}).toEqual({
      status: 0,
      own: [],
    });
  });

  it('and its script have a name of their own for each guest', () => {
    expect(unitPaths('win11')).toMatchObject({
      unit: '/etc/systemd/system/vfio-pilot-vfs-win11.service',
      script: '/usr/local/lib/vfio-pilot/virtual-functions-win11',
    });
    const names = ['my vm', 'my_vm', 'my@vm', 'ゲーム', 'ゲーマ', 'a'.repeat(63), `${'a'.repeat(62)}b`];
    const parts = names.map(unitNamePart);
    expect(new Set(parts).size).toBe(names.length);
    for (const part of parts) expect(part).toMatch(/^[\w.-]{1,80}$/);
    expect(rendered({}, 'my vm').map(({path}) => path)[1]).toBe(unitPaths('my vm').unit);
  });
});
