import {spawnSync} from 'node:child_process';
import {describe, expect, it} from 'vitest';
import type {FileArtifact} from '../../../src/artifacts/artifact.ts';
import {renderIsolationHook} from '../../../src/hypervisor/kvm/hooks/isolation-hook.ts';
import {sampleFacts} from '../../support/sample-facts.ts';
import {samplePlan} from '../../support/sample-plan.ts';
import {measureIn} from '../../support/work.ts';
import {hookHost, hookOf} from './run-hook.ts';

const hookFor = (name: string, cpus: readonly number[]): FileArtifact => {
  const plan = samplePlan();
  return hookOf(
    renderIsolationHook(sampleFacts(), {
      ...plan,
      guest: {...plan.guest, name},
      isolation: {method: 'cgroup', cpus, hostCpus: []},
    }),
  );
};

const one = hookFor('one', [2, 3]);
const two = hookFor('two', [6, 7]);

const files = {
  'sys/fs/cgroup/cgroup.controllers': 'cpuset cpu io\n',
  'sys/devices/system/cpu/online': '0-7\n',
  'sys/devices/system/cpu/possible': '0-7\n',
  'proc/irq/default_smp_affinity': 'ff\n',
  'proc/irq/24/smp_affinity_list': '0-7\n',
  'proc/irq/25/smp_affinity_list': '3\n',
  'proc/irq/26/smp_affinity_list': '0,4-5\n',
};
const units = ['system.slice', 'user.slice', 'init.scope'];
const allowed = (host: ReturnType<typeof hookHost>) => units.map((unit) => host.read(`allowed/${unit}`));
const interrupts = (host: ReturnType<typeof hookHost>) =>
  ['24', '25', '26'].map((irq) => host.read(`proc/irq/${irq}/smp_affinity_list`));

describe('the isolation hook', () => {
  it('is a script that dash understands, with nothing in it but words and numbers of our own', () => {
    expect(spawnSync('/bin/dash', ['-n'], {input: one.text, encoding: 'utf8'})).toMatchObject({status: 0, stderr: ''});
    expect(one.text).not.toMatch(/virsh|libvirtd/);
    expect(one.text).toContain("own_cpus='2 3'");
  });

  it('keeps programs and interrupts off the CPUs while the guest runs, and lets them back after', () => {
    const host = hookHost(files);
    expect(host.call(one, 'started begin')).toEqual({status: 0, stderr: ''});
    expect(allowed(host)).toEqual(Array(3).fill('0 1 4 5 6 7'));
    expect(interrupts(host)).toEqual(['0,1,4,5,6,7', '0,1,4,5,6,7', '0,4-5']);
    expect(host.read('proc/irq/default_smp_affinity')).toBe('f3');
    expect(host.asked().filter((line) => line.includes('machine.slice'))).toEqual([]);
    expect(host.call(one, 'release end')).toEqual({status: 0, stderr: ''});
    expect(allowed(host)).toEqual(['', '', '']);
    expect(interrupts(host)).toEqual(['0-7', '3', '0,4-5']);
    expect(host.read('proc/irq/default_smp_affinity')).toBe('ff');
    for (const unit of units) {
      expect(host.read(`cgroup-${unit}`)).toBe('0-7');
    }
    expect(host.find('run/systemd')).toEqual([]);
    expect(host.read('run/vfio-pilot/isolation/irq/24')).toBeNull();
  });

  it('gives back only what the last guest leaves, in whichever order they end', () => {
    const host = hookHost(files);
    host.call(one, 'started begin');
    host.call(two, 'started begin');
    expect(allowed(host)).toEqual(Array(3).fill('0 1 4 5'));
    expect(interrupts(host)).toEqual(['0,1,4,5', '0,1,4,5', '0,4-5']);
    expect(host.read('proc/irq/default_smp_affinity')).toBe('33');
    host.call(one, 'release end');
    expect(allowed(host)).toEqual(Array(3).fill('0 1 2 3 4 5'));
    expect(interrupts(host)).toEqual(['0,1,2,3,4,5', '3', '0,4-5']);
    host.call(two, 'release end');
    expect(allowed(host)).toEqual(['', '', '']);
    expect(interrupts(host)).toEqual(['0-7', '3', '0,4-5']);
  });

  it('keeps what the host had set itself, and leaves a unit alone that would have no CPU', () => {
    const host = hookHost({
      ...files,
      'allowed/system.slice': '0-2\n',
      'run/systemd/system.control/system.slice.d/50-AllowedCPUs.conf': '',
      'allowed/user.slice': '3\n',
    });
    expect(host.call(one, 'started begin').stderr).toContain('user.slice may use the CPUs of the guest only');
    expect(allowed(host)).toEqual(['0 1', '3', '0 1 4 5 6 7']);
    host.call(one, 'release end');
    expect(allowed(host)).toEqual(['0-2', '3', '']);
    expect(host.read('run/systemd/system.control/system.slice.d/50-AllowedCPUs.conf')).toBe('');
  });

  it('changes nothing when the start failed, or when it is called twice', () => {
    const host = hookHost(files);
    for (const operation of ['prepare begin', 'start begin', 'stopped end', 'release end', 'reconnect begin'])
      expect(host.call(one, operation)).toEqual({status: 0, stderr: ''});
    expect(host.asked()).toEqual([]);
    host.call(one, 'started begin');
    host.call(one, 'started begin');
    host.call(one, 'release end');
    host.call(one, 'release end');
    expect(interrupts(host)).toEqual(['0-7', '3', '0,4-5']);
    expect(allowed(host)).toEqual(['', '', '']);
  });

  it('lets irqbalance rest as long as any guest runs, if it was at work', () => {
    const host = hookHost({...files, irqbalance: ''});
    host.call(one, 'started begin');
    host.call(two, 'started begin');
    expect(host.read('irqbalance')).toBeNull();
    host.call(two, 'release end');
    expect(host.read('irqbalance')).toBeNull();
    host.call(one, 'release end');
    expect(host.read('irqbalance')).toBe('');
  });

  it('lets the guest run where the host has no cpuset controller after all, and still moves interrupts', () => {
    const host = hookHost({...files, 'sys/fs/cgroup/cgroup.controllers': 'cpu io\n'});
    expect(host.call(one, 'started begin')).toMatchObject({
      status: 0,
      stderr: expect.stringContaining('no cpuset controller'),
    });
    expect(allowed(host)).toEqual([null, null, null]);
    expect(interrupts(host)[0]).toBe('0,1,4,5,6,7');
  });

  it('handles 512 CPUs and a thousand interrupts with work in proportion', () => {
    const many = Object.fromEntries(
      Array.from({length: 1000}, (_, irq) => [
        `proc/irq/${irq + 30}/smp_affinity_list`,
        irq % 2 === 0 ? '0-511\n' : `${irq % 512}\n`,
      ]),
    );
    const words = Array(16).fill('ffffffff').join(',');
    const host = hookHost({
      ...files,
      ...many,
      'sys/devices/system/cpu/online': '0-511\n',
      'sys/devices/system/cpu/possible': '0-511\n',
      'proc/irq/default_smp_affinity': `${words}\n`,
    });
    const large = hookFor(
      'large',
      Array.from({length: 128}, (_, index) => index * 2),
    );
    const inSmallHosts = measureIn(() => hookHost(files).call(one, 'started begin'));
    expect(inSmallHosts(() => host.call(large, 'started begin'), 2000)).toBeLessThan(2000);
    expect(host.read('proc/irq/30/smp_affinity_list')?.split(',').length).toBe(384);
    expect(host.read('proc/irq/default_smp_affinity')).toBe(
      [...Array(8).fill('ffffffff'), ...Array(8).fill('aaaaaaaa')].join(','),
    );
  });
});
