import {execFileSync} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {basename, join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {
  bootScriptPath,
  editInitramfsModules,
  renderBootScript,
} from '../../../src/image/initramfs-tools/configuration.ts';
import {samplePciFunctions} from '../../support/sample-facts.ts';
import {samplePlan} from '../../support/sample-plan.ts';

const ours = '# BEGIN vfio-pilot (profile p)\nvfio_pci\nvfio\n# END vfio-pilot\n';
const modules = ['vfio_pci', 'vfio'];

describe('editInitramfsModules', () => {
  it.each([
    ['an empty file', '', ours],
    ['a file of comments', '# List of modules\n', `# List of modules\n${ours}`],
    ['a file without a final newline', 'ext4', `ext4\n${ours}`],
    [
      'a file with our lines of another plan',
      `a\n# BEGIN vfio-pilot (profile x)\nold\n# END vfio-pilot\nb\r\n`,
      `a\n${ours}b\r\n`,
    ],
  ])('writes our lines into %s, once', (_name, before, after) => {
    expect(editInitramfsModules(before, modules, 'p')).toBe(after);
    expect(editInitramfsModules(after, modules, 'p')).toBe(after);
  });

  it('does not list a module that is listed already', () => {
    expect(editInitramfsModules('vfio-pci ids=1:2\n', modules, 'p')).toContain('(profile p)\nvfio\n#');
    expect(editInitramfsModules('vfio\nvfio_pci\n', modules, 'p')).toBe('vfio\nvfio_pci\n');
  });

  it('takes its lines away when there is nothing to load', () => {
    expect(editInitramfsModules(`a\n${ours}b`, [], 'p')).toBe('a\nb');
  });

  it('refuses damaged marks', () => {
    expect(editInitramfsModules('# BEGIN vfio-pilot\nvfio\n', modules, 'p')).toBeNull();
    expect(editInitramfsModules(ours + ours, modules, 'p')).toBeNull();
  });
});

type Device = {readonly id: string; readonly driver?: string};

/** Runs the script against an invented /sys, with a modprobe that only notes its arguments. */
const boot = (
  devices: Readonly<Record<string, Device>>,
  plan = samplePlan(),
  loadedDrivers: Readonly<Record<string, string>> = {},
): {readonly override: (address: string) => string; readonly probed: string; readonly loaded: string} => {
  const root = mkdtempSync(join(tmpdir(), 'vfio-pilot-sysfs-'));
  mkdirSync(join(root, 'bus/pci/devices'), {recursive: true});
  mkdirSync(join(root, 'bin'));
  writeFileSync(join(root, 'bin/modprobe'), `#!/bin/sh\necho "$@" >> ${root}/loaded\n`, {mode: 0o755});
  for (const [address, {id, driver}] of Object.entries(devices)) {
    const directory = join(root, 'bus/pci/devices', address);
    const [vendor, device] = id.split(':');
    mkdirSync(directory);
    writeFileSync(join(directory, 'vendor'), `0x${vendor}\n`);
    writeFileSync(join(directory, 'device'), `0x${device}\n`);
    writeFileSync(join(directory, 'driver_override'), '(null)\n');
    if (driver !== undefined) symlinkSync(root, join(directory, 'driver'));
  }
  for (const [module, driver] of Object.entries(loadedDrivers)) {
    mkdirSync(join(root, 'module', module, 'drivers'), {recursive: true});
    symlinkSync(root, join(root, 'module', module, 'drivers', `pci:${driver}`));
  }
  const script = join(root, 'script');
  writeFileSync(script, renderBootScript(plan, samplePciFunctions).replace('\nsysfs=/sys\n', `\nsysfs=${root}\n`));
  execFileSync('/bin/dash', [script], {env: {PATH: join(root, 'bin')}, stdio: 'pipe'});
  const read = (path: string): string => (existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : '');
  return {
    override: (address) => read(`bus/pci/devices/${address}/driver_override`).trim(),
    probed: read('bus/pci/drivers_probe').trim(),
    loaded: read('loaded').trim(),
  };
};

describe('renderBootScript', () => {
  const gpu = '0000:06:00.0';
  const audio = '0000:06:00.1';

  it('is a script that dash understands and that tells its prerequisites', () => {
    const text = renderBootScript(samplePlan(), []);
    execFileSync('/bin/dash', ['-n'], {input: text});
    expect(execFileSync('/bin/dash', ['-c', text, 'script', 'prereqs'], {encoding: 'utf8'})).toBe('\n');
  });

  it('failure mode 47: has a name that tsort puts before udev, and that mkinitramfs accepts', () => {
    const name = basename(bootScriptPath);
    expect(name).toMatch(/^[A-Za-z0-9._-]+$/);
    const pairs = ['all_generic_ide', 'blacklist', 'keymap', 'udev', name]
      .sort()
      .map((one) => `${one} ${one}\n`)
      .join('');
    const order = execFileSync('tsort', {input: pairs, encoding: 'utf8'}).trim().split('\n');
    expect(order.indexOf(name)).toBeLessThan(order.indexOf('udev'));
  });

  it('failure modes 35 and 48: gives both functions to vfio-pci, then loads it, then has them probed', () => {
    const done = boot({[gpu]: {id: '10de:1c81'}, [audio]: {id: '10de:0fb9'}, '0000:01:00.0': {id: '10de:1c81'}});
    expect([done.override(gpu), done.override(audio), done.override('0000:01:00.0')]).toEqual([
      'vfio-pci',
      'vfio-pci',
      '(null)',
    ]);
    expect(done.loaded).toBe('-q vfio-pci');
    expect(done.probed).toBe(audio);
    expect(renderBootScript(samplePlan(), samplePciFunctions)).not.toContain('new_id');
  });

  it('failure mode 29: leaves a device alone that has moved to the address', () => {
    const done = boot({[gpu]: {id: '144d:a808'}, [audio]: {id: '10de:0fb9'}});
    expect([done.override(gpu), done.override(audio)]).toEqual(['(null)', 'vfio-pci']);
  });

  it('goes on when there is no device at an address', () => {
    expect(boot({[audio]: {id: '10de:0fb9'}}).override(audio)).toBe('vfio-pci');
  });

  it('does not have a device probed that has a driver', () => {
    expect(
      boot({[gpu]: {id: '10de:1c81', driver: 'vfio-pci'}, [audio]: {id: '10de:0fb9', driver: 'vfio-pci'}}).probed,
    ).toBe('');
  });

  it('failure mode 44: loads the variant of vfio-pci that the plan names, whatever its driver is called, and vfio-pci for the rest of the group', () => {
    const plan = {
      ...samplePlan(),
      devices: samplePlan()
        .devices.slice(0, 1)
        .map((device) => ({...device, driver: 'xe_vfio_pci'})),
    };
    const devices = {[gpu]: {id: '10de:1c81'}, [audio]: {id: '10de:0fb9'}};
    const bound = boot(devices, plan, {xe_vfio_pci: 'xe-vfio-pci'});
    expect([bound.override(gpu), bound.override(audio)]).toEqual(['xe-vfio-pci', 'vfio-pci']);
    expect(bound.loaded).toBe('-q xe_vfio_pci\n-q vfio-pci');
  });

  it('failure mode 44: takes vfio-pci on a kernel that lacks the variant, and still only the card that was chosen', () => {
    const plan = {...samplePlan(), devices: samplePlan().devices.map((device) => ({...device, driver: 'xe_vfio_pci'}))};
    const bound = boot({[gpu]: {id: '10de:1c81'}, [audio]: {id: '1002:aaf0'}}, plan);
    expect([bound.override(gpu), bound.override(audio)]).toEqual(['vfio-pci', '(null)']);
  });
});
