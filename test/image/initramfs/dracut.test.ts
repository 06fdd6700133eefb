import {execFileSync} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {dracut, renderDracutConf, renderDracutHook, renderDracutSetup} from '../../../src/image/dracut.ts';
import {renderMkinitcpioHook} from '../../../src/image/mkinitcpio/files.ts';
import {sampleFacts, samplePciFunctions} from '../../support/sample-facts.ts';
import {samplePlan} from '../../support/sample-plan.ts';

const plan = samplePlan();
const byIds = samplePlan({binding: {...plan.binding, byAddress: []}});

describe('renderDracutConf', () => {
  it('failure mode 7: keeps blanks inside the quotes, so that words of other files stay apart', () => {
    const text = renderDracutConf(plan);
    for (const line of text.split('\n').filter((one) => one.includes('+='))) expect(line).toMatch(/^[a-z_]+\+=" .* "$/);
    const joined = execFileSync(
      '/bin/bash',
      ['--norc', '-c', `add_drivers="xfs"\n${text}\nprintf '%s' "$add_drivers"`],
      {encoding: 'utf8'},
    );
    expect(joined.trim().split(/\s+/)).toEqual(['xfs', 'vfio_pci', 'vfio', 'vfio_iommu_type1']);
  });

  it('failure mode 48: forces drivers only by ids: by address that would come before the hook', () => {
    expect(renderDracutConf(plan)).not.toContain('force_drivers');
    expect(renderDracutConf(byIds)).toContain('force_drivers+=" vfio_pci vfio vfio_iommu_type1 "\n');
    expect(renderDracutConf(byIds)).not.toContain('add_dracutmodules');
  });

  it('is empty when the image needs nothing', () => {
    expect(
      renderDracutConf(
        samplePlan({
          binding: {
            kind: 'vfio',
            by: 'address',
            softdeps: [],
            moduleOptions: [],
            builtInOptions: [],
            initramfsModules: [],
            byAddress: [],
          },
        }),
      ),
    ).toBe('');
  });
});

describe('renderDracutSetup', () => {
  it('gives dracut the hook for pre-udev, and is used only when asked for', () => {
    const script = `inst_hook() { echo "$@"; }; moddir=/m\n${renderDracutSetup(plan)}\ncheck; echo $?; install`;
    expect(execFileSync('/bin/bash', ['--norc', '-c', script], {encoding: 'utf8'})).toBe(
      '255\npre-udev 00 /m/vfio-pilot.sh\n',
    );
  });
});

/** Reads the hook into a shell as dracut and mkinitcpio do, over an invented /sys where vfio-pci is loaded already. */
const sourceHook = (text: string, call: string): {readonly root: string; readonly out: string} => {
  const root = mkdtempSync(join(tmpdir(), 'vfio-pilot-hook-'));
  mkdirSync(join(root, 'bin'));
  writeFileSync(join(root, 'bin/modprobe'), '#!/bin/sh\n', {mode: 0o755});
  for (const [address, vendor, device] of [
    ['0000:06:00.0', '0x10de', '0x1c81'],
    ['0000:06:00.1', '0x10de', '0x0fb9'],
    ['0000:07:00.0', '0x10de', '0x1c81'],
  ] as const) {
    const directory = join(root, 'bus/pci/devices', address);
    mkdirSync(directory, {recursive: true});
    writeFileSync(join(directory, 'vendor'), `${vendor}\n`);
    writeFileSync(join(directory, 'device'), `${device}\n`);
  }
  symlinkSync(root, join(root, 'bus/pci/devices/0000:06:00.1/driver'));
  writeFileSync(join(root, 'hook'), text.replace('\nsysfs=/sys\n', `\nsysfs=${root}\n`));
  const out = execFileSync('/bin/dash', ['-c', `vendor=mine; . ${root}/hook; ${call} echo "went on with $vendor"`], {
    encoding: 'utf8',
    env: {PATH: join(root, 'bin')},
  });
  return {root, out: out.trim()};
};

describe.each([
  ['renderDracutHook', renderDracutHook(plan, samplePciFunctions), ''],
  ['renderMkinitcpioHook', renderMkinitcpioHook(plan, samplePciFunctions), 'run_earlyhook;'],
])('%s', (_name, text, call) => {
  it('failure mode 48: writes the address to drivers_probe too, without which a loaded vfio-pci takes nothing', () => {
    const {root} = sourceHook(text, call);
    const read = (path: string): string =>
      existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8').trim() : '';
    expect(read('bus/pci/devices/0000:06:00.0/driver_override')).toBe('vfio-pci');
    expect(read('bus/pci/drivers_probe')).toBe('0000:06:00.0');
    expect(read('bus/pci/devices/0000:07:00.0/driver_override')).toBe('');
  });

  it('neither ends nor changes the shell that reads it', () => {
    expect(sourceHook(text, call).out).toBe('went on with mine');
  });
});

describe('dracut', () => {
  const boot = sampleFacts().boot;

  it('failure mode 5: blocks where the image of a kernel is not found, for it would start without the hook', () => {
    const images = [{release: '6.1.0-1-amd64', path: '/boot/initrd.img-6.1.0-1-amd64'}];
    expect(dracut.judgeImages(sampleFacts(undefined, {boot: {...boot, images}}))).toEqual([]);
    expect(
      dracut.judgeImages(sampleFacts(undefined, {boot: {...boot, images, kernels: ['6.1.0-1-amd64', '6.9.0']}})),
    ).toMatchObject([{code: 'initramfs-unsupported', message: expect.stringContaining('6.9.0') as string}]);
    expect(dracut.judgeImages(sampleFacts(undefined, {boot: {...boot, kernels: []}}))).toHaveLength(1);
  });

  it('makes the copy next to a boot entry as well as the one in /boot', () => {
    const images = ['/boot/initrd.img-6.1.0-1-amd64', '/boot/efi/abc/6.1.0-1-amd64/initrd'].map((path) => ({
      release: '6.1.0-1-amd64',
      path,
    }));
    expect(
      dracut
        .renderImages(sampleFacts(undefined, {boot: {...boot, images}}), plan)
        .map((artifact) => ('path' in artifact ? artifact.path : '')),
    ).toEqual(images.map(({path}) => path));
  });
});
