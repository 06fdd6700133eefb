import {describe, expect, it} from 'vitest';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import {planPassthrough} from '../../src/pipeline/plan-passthrough.ts';
import {sampleFacts} from '../support/sample-facts.ts';
import {sampleFile} from '../support/sample-plan.ts';
import {sampleProfile} from '../support/sample-profile.ts';
import {libvirtOf} from '../../src/facts/virtualisation.ts';

type Method = 'auto' | 'none' | 'cgroup' | 'boot';

const decide = (isolation: Method, facts: Partial<HostFacts> = {}) => {
  const {plan, findings} = planPassthrough(
    sampleFacts(undefined, facts),
    sampleProfile({cpu: {isolation}, memory: {hugepages: 'none'}}),
  );
  const {because} = plan.decisions.find(({subject}) => subject === 'cpu.isolation')!;
  return {
    isolation: plan.isolation,
    because,
    add: plan.kernelArguments.add.map(({text}) => text),
    findings: findings.filter(({subject}) => subject === 'cpu.isolation'),
  };
};

const host = sampleFacts().isolation;
const kernel = (config: HostFacts['kernel']['config']) => ({...sampleFacts().kernel, config});
const full = {INTEL_IOMMU_DEFAULT_ON: 'y', CPU_ISOLATION: 'y', NO_HZ_FULL: 'y', RCU_NOCB_CPU: 'y'};

/** Four cores of node 0 with both their threads. */
const cpus = [2, 4, 6, 8, 14, 16, 18, 20];
const hostCpus = [0, 1, 3, 5, 7, 9, 10, 11, 12, 13, 15, 17, 19, 21, 22, 23];

describe('isolation', () => {
  it('is by cgroup while the guest runs, where the host can', () => {
    for (const wanted of ['auto', 'cgroup'] as const)
      expect(decide(wanted)).toMatchObject({isolation: {method: 'cgroup', cpus, hostCpus}, add: [], findings: []});
    expect(decide('auto', {isolation: {...host, hasIrqbalance: true}}).because).toContain('irqbalance rests meanwhile');
  });

  it.each([
    [{isolation: {...host, cgroupControllers: null}}, 'whether this host has cgroup v2 is unknown'],
    [{isolation: {...host, cgroupControllers: []}}, 'this host has cgroup v1'],
    [{isolation: {...host, cgroupControllers: ['cpu']}}, 'no cpuset controller'],
    [{isolation: {...host, systemdVersion: '243'}}, 'systemd 243 has no AllowedCPUs='],
    [{isolation: {...host, systemdVersion: null}}, 'the version of systemd is unknown'],
    [{virtualisation: {...libvirtOf(sampleFacts()), version: '6.0.0'}}, 'libvirt 6.0.0 runs no hooks in qemu.d'],
  ] as const)('says why it is none where the host can not (failure mode 22)', (facts, reason) => {
    expect(decide('auto', facts)).toMatchObject({
      isolation: {method: 'none', cpus: []},
      because: expect.stringContaining(reason),
      findings: [],
    });
    expect(decide('cgroup', facts).findings).toMatchObject([
      {code: 'cpu-isolation-unavailable', severity: 'warning', message: expect.stringContaining(reason)},
    ]);
  });

  it('is none on request', () => {
    expect(decide('none')).toMatchObject({
      isolation: {method: 'none'},
      because: expect.stringContaining('you chose it'),
    });
  });

  it('takes the threads next to the vCPUs’ along, although no vCPU runs there', () => {
    const {plan} = planPassthrough(sampleFacts(), sampleProfile({cpu: {vcpus: 3}}));
    expect(plan.isolation.cpus).toEqual([2, 4, 6, 14, 16, 18]);
  });

  it('at boot has the arguments that this kernel knows, and says what they cost', () => {
    const {add, findings, isolation} = decide('boot', {kernel: kernel(full)});
    expect(add).toEqual([
      'isolcpus=domain,managed_irq,2,4,6,8,14,16,18,20',
      'nohz_full=2,4,6,8,14,16,18,20',
      'rcu_nocbs=2,4,6,8,14,16,18,20',
      'irqaffinity=0-1,3,5,7,9-13,15,17,19,21-23',
    ]);
    expect(isolation).toEqual({method: 'boot', cpus, hostCpus});
    expect(findings).toMatchObject([
      {code: 'cpu-isolation-boot', severity: 'note', message: expect.stringMatching(/balances no load.*/)},
    ]);
  });

  it('at boot leaves out what the kernel was built without, or may be', () => {
    const names = (config: HostFacts['kernel']['config']) =>
      decide('boot', {kernel: kernel(config)})
        .add.map((text) => text.slice(0, text.indexOf('=')))
        .filter((name) => name !== 'intel_iommu');
    expect(names({INTEL_IOMMU_DEFAULT_ON: 'y', CPU_ISOLATION: 'y'})).toEqual(['isolcpus', 'irqaffinity']);
    expect(decide('boot', {kernel: kernel({INTEL_IOMMU_DEFAULT_ON: 'y'})})).toMatchObject({
      add: [],
      isolation: {method: 'none'},
      findings: [{code: 'cpu-isolation-unavailable'}],
    });
    expect(names(null)).toEqual(['isolcpus', 'irqaffinity']);
    expect(decide('boot', {kernel: {...kernel(full), version: {major: 5, minor: 4}}}).add[0]).toBe(
      'isolcpus=2,4,6,8,14,16,18,20',
    );
  });

  it('at boot says what it replaces, and otherwise that it stays', () => {
    const path = '/etc/default/grub';
    const files = {[path]: sampleFile(path, 'GRUB_CMDLINE_LINUX="isolcpus=4-7"\n')};
    expect(decide('boot', {files, kernel: kernel(full)}).findings).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          code: 'kernel-argument-conflict',
          severity: 'warning',
          message: expect.stringContaining('isolcpus=4-7 is configured already and is replaced'),
        }),
      ]),
    );
    expect(decide('auto', {files}).findings).toMatchObject([
      {code: 'kernel-argument-conflict', severity: 'note', message: expect.stringContaining('stays')},
    ]);
  });
});
