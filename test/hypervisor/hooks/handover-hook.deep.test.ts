import {spawnSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import {describe, expect, it} from 'vitest';
import type {FileArtifact} from '../../../src/artifacts/artifact.ts';
import {renderHandoverHook} from '../../../src/hypervisor/kvm/hooks/handover-hook.ts';
import {sampleFacts} from '../../support/sample-facts.ts';
import {samplePlan} from '../../support/sample-plan.ts';
import {handoverHost, sound} from './handover-host.ts';

const hook = (): FileArtifact => {
  const file = renderHandoverHook(
    sampleFacts(),
    samplePlan({handover: {functions: ['0000:06:00.0', sound]}}),
  ).artifacts.find((artifact) => artifact.kind === 'file');
  if (file === undefined) throw new Error('no hook was rendered');
  return file;
};
const [card, devices, drivers, state] = [
  '0000:06:00.0',
  'sys/bus/pci/devices',
  'sys/bus/pci/drivers',
  'run/vfio-pilot/handover',
];
const shellcheck = '/usr/bin/shellcheck';
const console0 = 'sys/class/vtconsole/vtcon0';
const console1 = 'sys/class/vtconsole/vtcon1/bind';
const ok = {status: 0, stderr: ''};
const restarted = 'systemctl --no-block start -- gdm.service';

describe('failure mode 34: the handover hook', () => {
  it('is a script that dash understands, and asks libvirt nothing', () => {
    expect(spawnSync('/bin/dash', ['-n'], {input: hook().text, encoding: 'utf8'})).toMatchObject({
      status: 0,
      stderr: '',
    });
    expect(hook().text).not.toMatch(/virsh/);
    expect(hook()).toMatchObject({path: '/etc/libvirt/hooks/qemu.d/vfio-pilot-20-handover-win11', mode: 0o755});
  });

  it.skipIf(!existsSync(shellcheck))('satisfies shellcheck (where it is installed)', () => {
    expect(
      spawnSync(shellcheck, ['-s', 'sh', '-S', 'warning', '-'], {input: hook().text, encoding: 'utf8'}).stdout,
    ).toBe('');
  });

  it('is written only for a plan that hands over', () =>
    expect(renderHandoverHook(sampleFacts(), samplePlan())).toEqual({artifacts: [], findings: []}));

  it('stops the display manager that runs, releases the console and frees the card', () => {
    const host = handoverHost(hook());
    expect(host.call('prepare begin')).toEqual(ok);
    expect(host.asked()).toEqual(['systemctl stop -- gdm.service']);
    expect([host.read(console1), host.read('sys/class/vtconsole/vtcon0/bind')]).toEqual(['0', '0']);
    expect([host.read(`${drivers}/amdgpu/unbind`), host.read(`${drivers}/snd_hda_intel/unbind`)]).toEqual([
      card,
      sound,
    ]);
  });

  it('brings the console and the display manager back when libvirt has given the card back', () => {
    const host = handoverHost(hook());
    host.call('prepare begin');
    host.asked();
    expect(host.call('release end')).toEqual(ok);
    expect(host.asked()).toEqual([restarted]);
    expect(host.read(console1)).toBe('1');
    expect(host.read(`${drivers}_probe`)).toBe('');
    expect(host.read(`${state}/win11/units`)).toBeNull();
  });

  it('has the stand-in leave where the kernel does not put the console into its place, and says where that does not help', () => {
    const host = handoverHost(hook());
    host.call('prepare begin');
    host.asked();
    host.write(`${console0}/name`, '(M) dummy device\n');
    host.write(`${console0}/bind`, '1\n');
    host.ignore(console1);
    expect(host.call('release end')).toMatchObject({
      status: 0,
      stderr: expect.stringContaining('vtcon1 did not come back'),
    });
    expect(host.read(`${console0}/bind`)).toBe('0');
    expect(host.asked()).toEqual([restarted]);
  });

  it('gives the card back itself where the guest left it with vfio-pci or with no driver', () => {
    const host = handoverHost(hook());
    host.call('prepare begin');
    host.bind(card, 'vfio-pci');
    host.bind(sound, null);
    const {status, stderr} = host.call('release end');
    expect(status).toBe(0);
    expect([
      host.read(`${devices}/${card}/driver_override`),
      host.read(`${drivers}/vfio-pci/unbind`),
      host.read(`${drivers}_probe`),
    ]).toEqual(['', card, sound]);
    // No kernel binds anything here, and the log says so.
    expect(stderr).toContain(`${sound} did not come back to snd_hda_intel; a reboot gives it back`);
    expect(host.asked()).toContain(restarted);
  });

  it('refuses the start, names who has the card open, and puts everything back', () => {
    const host = handoverHost(hook());
    host.write('stays');
    const {status, stderr} = host.call('prepare begin');
    expect([status, stderr]).toEqual([1, expect.stringContaining('still in use by gnome-shell[100]')]);
    expect(host.read(`${drivers}/amdgpu/unbind`)).toBe('');
    expect(host.read(console1)).toBe('1');
    expect(host.asked()).toEqual(['systemctl stop -- gdm.service', restarted]);
    expect(host.call('release end')).toEqual(ok);
    expect(host.asked()).toEqual([]);
  });

  it('waits by the clock for who has the card open, however long each look takes', () => {
    const host = handoverHost(hook());
    host.write('stays');
    const {slept} = host.slowClock(3);
    expect(host.call('prepare begin')).toMatchObject({status: 1});
    expect(slept()).toBe(3);
  });

  it('does not wait for a driver that never lets go', () => {
    const host = handoverHost(hook());
    const {release} = host.hang(`${drivers}/amdgpu/unbind`);
    try {
      const {status, stderr} = host.call('prepare begin');
      expect([status, stderr]).toEqual([1, expect.stringContaining('amdgpu did not let go of 0000:06:00.0')]);
      expect([host.read(console1), host.asked().at(-1)]).toEqual(['1', restarted]);
    } finally {
      release();
    }
  });

  it('restarts the display manager even when the console never comes back', () => {
    const host = handoverHost(hook());
    host.call('prepare begin');
    const {release} = host.hang(console1);
    try {
      expect(host.call('release end')).toMatchObject({
        status: 0,
        stderr: expect.stringContaining('vtcon1 did not come back'),
      });
      expect(host.asked().at(-1)).toBe(restarted);
    } finally {
      release();
    }
  });

  it('unloads the NVIDIA modules rather than unbind them, and lets nvidia-persistenced rest', () => {
    const host = handoverHost(hook(), 'nvidia');
    host.write('active/nvidia-persistenced.service');
    expect(host.call('prepare begin')).toEqual(ok);
    expect(host.asked()).toEqual([
      'systemctl stop -- nvidia-persistenced.service',
      'systemctl stop -- gdm.service',
      'modprobe -r nvidia_drm nvidia_modeset nvidia_uvm nvidia',
    ]);
    expect(host.read(`${drivers}/nvidia/unbind`)).toBe('');
    host.call('release end');
    expect(host.asked()).toEqual([
      'modprobe nvidia_drm',
      'systemctl --no-block start -- nvidia-persistenced.service',
      restarted,
    ]);
    expect(host.read(`${drivers}_probe`)).toBe(card);
  });

  it('refuses the start while the NVIDIA modules are in use', () => {
    const host = handoverHost(hook(), 'nvidia');
    host.write('module-in-use');
    expect(host.call('prepare begin')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('NVIDIA modules are still in use'),
    });
    expect(host.asked().at(-1)).toBe(restarted);
  });

  it('leaves a card alone that another guest has, and a host without a display manager', () => {
    const host = handoverHost(hook());
    host.bind(card, 'vfio-pci');
    host.bind(sound, 'vfio-pci');
    host.call('prepare begin');
    host.asked();
    host.call('release end');
    expect([host.read(`${drivers}/vfio-pci/unbind`), host.read(`${drivers}_probe`)]).toEqual(['', '']);
  });

  it('does nothing in the other operations, nor after an end without a start', () => {
    const host = handoverHost(hook());
    for (const operation of ['start begin', 'started begin', 'stopped end', 'release end', 'reconnect begin'])
      expect(host.call(operation)).toEqual(ok);
    expect([host.asked(), host.read(console1)]).toEqual([[], '1']);
  });

  it('remembers what it took before when the end of the guest was never told', () => {
    const host = handoverHost(hook());
    host.call('prepare begin');
    host.call('prepare begin');
    host.asked();
    host.call('release end');
    expect([host.asked(), host.read(console1)]).toEqual([[restarted], '1']);
  });
});
