import {spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, describe, expect, it} from 'vitest';
import type {FileArtifact} from '../../src/artifacts/artifact.ts';
import {mediatedUnitPaths, renderMediated} from '../../src/devices/mediated-device/unit.ts';
import type {AssignedMediatedDevice} from '../../src/plan/plan.ts';
import {sampleFacts} from '../support/sample-facts.ts';
import {samplePlan} from '../support/sample-plan.ts';

const roots: string[] = [];
afterAll(() => {
  for (const root of roots) rmSync(root, {recursive: true, force: true});
});

const uuid = '11111111-2222-4333-8444-000000000001';

const rendered = (more: Partial<AssignedMediatedDevice> = {}): readonly FileArtifact[] => {
  const plan = samplePlan();
  const [first] = plan.devices;
  if (first === undefined) throw new Error('the sample has no device');
  const assigned = {
    type: 'mediated-device',
    uuid,
    parent: 'mbochs',
    of: null,
    mdevType: 'mbochs-small',
    vramMiB: 4,
    attributes: [],
    display: false,
    madeBy: 'unit',
    ...more,
  } as const;
  const {artifacts} = renderMediated(sampleFacts(), {
    ...plan,
    guest: {...plan.guest, name: 'nas'},
    devices: [{...first, kind: 'mediated-device', address: null, assigned}],
  });
  return artifacts.flatMap((artifact) => (artifact.kind === 'file' ? [artifact] : []));
};

const fileAt = (files: readonly FileArtifact[], path: string): string =>
  files.find((file) => file.path === path)?.text ?? '';

/**
 * A parent in a made /sys, where `create` is a plain file: a stand-in for `sleep` is what the kernel does after the write.
 * `onSleep` is what happens meanwhile.
 */
const parent = ({name = 'mbochs', hasTypes = true} = {}, onSleep = '') => {
  const root = mkdtempSync(join(tmpdir(), 'vfio-pilot-mdev-'));
  roots.push(root);
  const device = join(root, 'sys/devices/virtual', name, name);
  const devices = join(root, 'sys/bus/mdev/devices');
  for (const path of [join(device), devices, join(root, 'sys/class/mdev_bus'), join(root, 'run'), join(root, 'bin')])
    mkdirSync(path, {recursive: true});
  symlinkSync(device, join(root, 'sys/class/mdev_bus', name));
  const type = join(device, 'mdev_supported_types/mbochs-small');
  const addTypes = `mkdir -p ${type} && touch ${type}/create && echo 3 > ${type}/available_instances`;
  if (hasTypes) spawnSync('/bin/sh', ['-c', addTypes]);
  const make = (as = 'mbochs-small', at = device): void => {
    mkdirSync(join(at, uuid), {recursive: true});
    symlinkSync(`../mdev_supported_types/${as}`, join(at, uuid, 'mdev_type'));
    symlinkSync(join(at, uuid), join(devices, uuid));
  };
  const made = `mkdir -p ${device}/${uuid} && ln -s ../mdev_supported_types/mbochs-small ${device}/${uuid}/mdev_type && ln -s ${device}/${uuid} ${devices}/${uuid}`;
  const stub = (file: string, text: string): void =>
    writeFileSync(join(root, 'bin', file), `#!/bin/dash\n${text}\n`, {mode: 0o755});
  stub('sleep', `echo >> ${root}/slept\n${onSleep.replaceAll('TYPES', addTypes).replaceAll('MADE', made)}`);
  stub('modprobe', `echo "$@" >> ${root}/modprobed`);
  return {
    make,
    /** `kernel`: the slice is there right after the write, as the kernel does it. */
    run: (files: readonly FileArtifact[] = rendered(), kernel = true) => {
      const script = join(root, 'script');
      const own = fileAt(files, mediatedUnitPaths('nas').script);
      const text = own
        .replace(/^PATH=/m, `PATH=${root}/bin:`)
        .replace(/^run=\/run$/m, `run=${root}/run`)
        .replace(/^sysfs=\/sys$/m, `sysfs=${root}/sys`)
        .replace('for attribute; do', kernel ? `${made}\n\tfor attribute; do` : 'for attribute; do');
      expect(text).toContain(`${root}/sys`);
      writeFileSync(script, text);
      const {status, stderr} = spawnSync('/bin/dash', [script], {encoding: 'utf8'});
      return {status, stderr};
    },
    created: () => readFileSync(join(type, 'create'), 'utf8').trim(),
    attribute: (file: string) => readFileSync(join(device, uuid, file), 'utf8').trim(),
    slept: () => (existsSync(join(root, 'slept')) ? readFileSync(join(root, 'slept'), 'utf8').length : 0),
    modprobed: () =>
      existsSync(join(root, 'modprobed')) ? readFileSync(join(root, 'modprobed'), 'utf8').trim() : null,
  };
};

describe('the script that makes mediated devices', () => {
  it('writes the UUID, then the attributes in their order', () => {
    const host = parent();
    const attributes = [
      {name: 'one', value: 'a=b c'},
      {name: 'two', value: "it's"},
    ];
    expect(host.run(rendered({attributes}))).toEqual({status: 0, stderr: ''});
    expect(host.created()).toBe(uuid);
    expect([host.attribute('one'), host.attribute('two')]).toEqual(['a=b c', "it's"]);
    expect(host.modprobed()).toBeNull();
  });

  it('leaves one that is there and right, and says so where it is another', () => {
    const right = parent();
    right.make();
    expect(right.run(rendered(), false)).toEqual({status: 0, stderr: ''});
    expect(right.created()).toBe('');
    const other = parent();
    other.make('mbochs-large');
    expect(other.run(rendered(), false)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(`${uuid} is there, but it is no mbochs-small`),
    });
    const elsewhere = parent({name: 'mdpy'});
    elsewhere.make();
    expect(elsewhere.run(rendered(), false)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('mbochs did not make it'),
    });
  });

  it('failure mode 59: waits for the driver of the parent, and ends with a word where none comes', () => {
    const late = parent({hasTypes: false}, 'TYPES');
    expect(late.run()).toEqual({status: 0, stderr: ''});
    expect(late.slept()).toBe(1);
    const never = parent({hasTypes: false});
    expect(never.run()).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('mbochs offers no mbochs-small after 120 seconds'),
    });
    expect(never.slept()).toBe(120);
  });

  it('loads the module that makes GVT-g’s types', () => {
    const host = parent();
    expect(host.run(rendered({mdevType: 'i915-GVTg_V5_4'})).status).toBe(1);
    expect(host.modprobed()).toBe('-q kvmgt');
  });

  it('is content where something else makes the slice in between, and fails where nothing does', () => {
    expect(parent({}, 'MADE').run(rendered(), false).status).toBe(1);
    const closed = (onSleep: string) => {
      const host = parent({}, onSleep);
      const files = rendered().map((file) => ({
        ...file,
        // The kernel refuses the write: EINVAL, EEXIST.
        text: file.text.replace('> "$types/$type/create"', '> "$types/$type/none/create"'),
      }));
      return {...host.run(files, false), slept: host.slept()};
    };
    expect(closed('MADE')).toEqual({status: 0, stderr: '', slept: 1});
    expect(closed('')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('mbochs makes no mbochs-small: it has 3 left'),
      slept: 4,
    });
  });
});

describe('the unit', () => {
  const systemd = '/usr/bin/systemd-analyze';

  it.skipIf(!existsSync(systemd))('is one that systemd reads without a word', () => {
    const directory = mkdtempSync(join(tmpdir(), 'vfio-pilot-unit-'));
    roots.push(directory);
    const path = join(directory, 'vfio-pilot-mdev-nas.service');
    writeFileSync(path, fileAt(rendered(), mediatedUnitPaths('nas').unit));
    const {status, stderr} = spawnSync(systemd, ['verify', '--man=no', path], {encoding: 'utf8'});
    expect({status, own: stderr.split('\n').filter((line) => line.includes('vfio-pilot'))}).toEqual({
      status: 0,
      own: [],
    });
  });
});
