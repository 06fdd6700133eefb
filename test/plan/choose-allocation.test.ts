import {describe, expect, it} from 'vitest';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import {planPassthrough} from '../../src/pipeline/plan-passthrough.ts';
import type {Profile} from '../../src/profile/profile.ts';
import {sampleFacts} from '../support/sample-facts.ts';
import {sampleFile} from '../support/sample-plan.ts';
import {sampleProfile} from '../support/sample-profile.ts';

const decide = (memory: Partial<Profile['memory']>, facts: Partial<HostFacts> = {}) => {
  const {plan, findings} = planPassthrough(sampleFacts(undefined, facts), sampleProfile({memory}));
  return {
    hugepages: plan.memory.hugepages,
    add: plan.kernelArguments.add.map(({text}) => text),
    findings: findings.filter(({subject}) => subject === 'memory.allocation'),
    because: plan.decisions.find(({subject}) => subject === 'memory.allocation')?.because,
  };
};

const memory = sampleFacts().memory;

describe('allocation of huge pages', () => {
  it('is at boot unless the user says otherwise', () => {
    for (const allocation of ['auto', 'boot'] as const)
      expect(decide({allocation})).toMatchObject({
        hugepages: {method: 'argument'},
        findings: [],
        because: expect.stringContaining('in one piece'),
      });
  });

  it('at start needs no kernel argument, takes small pages, and says that a start may fail', () => {
    expect(decide({allocation: 'start', hugepages: 'auto'})).toMatchObject({
      hugepages: {sizeKiB: 2048, perNode: {0: 6144}, method: 'hook'},
      add: [],
      findings: [
        {
          code: 'memory-allocation-start',
          severity: 'note',
          message: expect.stringMatching(
            /6144 free pages of 2 MiB on node 0.*the guest does not start and the pages go back/,
          ),
        },
      ],
    });
  });

  it('at start says when there is not enough free now', () => {
    const nodes = sampleFacts().nodes.map((node) => ({...node, freeKiB: 1048576}));
    expect(decide({allocation: 'start'}, {nodes}).findings[0]?.message).toContain('Node 0 has less than that free now');
  });

  it('at start warns of pages of 1 GiB, and mounts them where libvirt finds none', () => {
    const chosen = decide({allocation: 'start', hugepages: '1GiB'});
    expect(chosen).toMatchObject({hugepages: {mount: '/dev/hugepages1G'}, findings: [{severity: 'warning'}]});
    for (const mounts of [[{path: '/mnt/huge', sizeKiB: 1048576}], [{path: '/dev/hugepages1G', sizeKiB: 1048576}]])
      expect(
        decide({allocation: 'start', hugepages: '1GiB'}, {memory: {...memory, hugetlbfsMounts: mounts}}).hugepages
          ?.mount,
      ).toBeNull();
    const unit = '/etc/systemd/system/dev-hugepages1G.mount';
    const ours = {
      files: {[unit]: sampleFile(unit, '')},
      memory: {...memory, hugetlbfsMounts: [{path: '/dev/hugepages1G', sizeKiB: 1048576}]},
    };
    expect(decide({allocation: 'start', hugepages: '1GiB'}, ours).hugepages?.mount).toBe('/dev/hugepages1G');
  });

  it('mounts pages of 2 MiB where the host’s default are those of 1 GiB', () => {
    expect(decide({allocation: 'start'}, {memory: {...memory, defaultHugepageKiB: 1048576}}).hugepages?.mount).toBe(
      '/dev/hugepages2M',
    );
    expect(decide({hugepages: '1GiB'}).hugepages?.mount).toBeNull();
  });

  it('falls back to the boot where libvirt runs no hooks', () => {
    const libvirt = {...sampleFacts().virtualisation, version: '6.0.0'};
    expect(decide({allocation: 'start'}, {virtualisation: libvirt})).toMatchObject({
      hugepages: {method: 'argument'},
      findings: [{code: 'memory-allocation-unavailable', severity: 'warning'}],
    });
  });

  it('at start says that pages which are set aside at boot stay', () => {
    const path = '/etc/default/grub';
    expect(
      decide(
        {allocation: 'start'},
        {files: {[path]: sampleFile(path, 'GRUB_CMDLINE_LINUX="hugepages=12400"\n')}},
      ).findings.map(({code}) => code),
    ).toEqual(['memory-allocation-start', 'kernel-argument-conflict']);
  });
});
