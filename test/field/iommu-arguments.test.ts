import {describe, expect, it} from 'vitest';
import {checkArguments} from '../../src/checks/argument-checks.ts';
import {checkIommuActive} from '../../src/checks/iommu-checks.ts';
import {iommuSwitches} from '../../src/facts/iommu-switches.ts';
import type {FileFacts} from '../../src/facts/files.ts';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import {describeGroups} from '../../src/groups/describe-groups.ts';
import {planPassthrough} from '../../src/pipeline/plan-passthrough.ts';
import {defaultShape, sampleFacts, samplePci} from '../support/sample-facts.ts';
import {sampleDevice, sampleProfile} from '../support/sample-profile.ts';

const host = (line: string, vendor: string, overrides: Partial<HostFacts> = {}): HostFacts => {
  const base = sampleFacts();
  const path = '/etc/default/grub';
  const file: FileFacts = {
    path,
    state: 'file',
    text: `# ${line}\nGRUB_CMDLINE_LINUX_DEFAULT="quiet ${line}"\n`,
    encoding: 'utf8',
    target: null,
    sha256: '',
    mode: 0o644,
    uid: 0,
    gid: 0,
    stamp: null,
  };
  return sampleFacts(defaultShape, {
    boot: {...base.boot, commandLine: `BOOT_IMAGE=/vmlinuz quiet ${line}`},
    cpu: {...base.cpu, vendor},
    files: {[path]: file},
    iommu: {
      ...base.iommu,
      active: false,
      groups: [],
      units: [],
      acpiTable: vendor === 'AuthenticAMD' ? 'IVRS' : 'DMAR',
    },
    pci: base.pci.map((one) => ({...one, iommuGroup: null})),
    ...overrides,
  });
};
const profile = sampleProfile({memory: {hugepages: 'none'}});

describe('an argument that turns the IOMMU off', () => {
  it.each([
    ['amd_iommu=off', 'AuthenticAMD'],
    ['iommu=off', 'AuthenticAMD'],
    ['iommu=off', 'GenuineIntel'],
    ['iommu=noforce,off', 'GenuineIntel'],
  ])('%s of %s is named with its file, and the plan takes it out', (argument, vendor) => {
    const facts = host(argument, vendor);
    const {plan, findings} = planPassthrough(facts, profile);
    const [off, ...more] = findings.filter(({code}) => code === 'iommu-off');
    // Once, although the card has two functions.
    expect(more).toEqual([]);
    expect(off?.message).toContain(`${argument} in /etc/default/grub turns it off`);
    expect(off?.remedy).toContain(`Take ${argument} out`);
    expect(plan.kernelArguments.remove.map(({text}) => text)).toEqual([argument]);
    expect(checkIommuActive(facts)).toMatchObject({status: 'error', fact: expect.stringContaining(argument)});
    expect(checkIommuActive(facts).remedy).not.toContain('intel_iommu=on');
    if (vendor === 'AuthenticAMD') expect(JSON.stringify([off, plan.kernelArguments])).not.toMatch(/intel/i);
  });

  it('is the reason that `groups` gives, and no other argument', () => {
    const [heading] = describeGroups(host('iommu=off', 'GenuineIntel')).slice(0, 1);
    expect(heading).toMatch(/iommu=off on the kernel command line turns the IOMMU off/);
    expect(heading).not.toMatch(/intel_iommu=on/);
  });

  it('is that of the IOMMU that the firmware describes, whatever CPU a virtual machine shows', () => {
    const base = host('intel_iommu=off', 'GenuineIntel');
    const facts = {...base, cpu: {...base.cpu, vendor: 'AuthenticAMD'}};
    const {plan, findings} = planPassthrough(facts, profile);
    expect(findings.find(({code}) => code === 'iommu-off')?.message).toContain('intel_iommu=off in /etc/default/grub');
    expect(plan.kernelArguments.add.map(({text}) => text)).toContain('intel_iommu=on');
    expect(checkIommuActive(facts).fact).toContain('intel_iommu=off');
    const silent = {...facts, boot: {...facts.boot, commandLine: 'quiet'}, files: {}};
    expect(checkIommuActive(silent).remedy).toContain('Add intel_iommu=on');
  });

  it('of the other vendor, or undone by a later one, counts for nothing', () => {
    expect(iommuSwitches('intel_iommu=off', 'amd')).toEqual([]);
    expect(iommuSwitches('amd_iommu=off', 'intel')).toEqual([]);
    expect(iommuSwitches('intel_iommu=off intel_iommu=on', 'intel')).toEqual([]);
    expect(iommuSwitches('quiet -- iommu=off', 'intel')).toEqual([]);
  });

  it('igfx_off is the reason that the integrated GPU is in no group, and goes', () => {
    const base = sampleFacts();
    const igd = samplePci('0000:00:02.0', {vendor: '8086', device: '3e92', driver: 'i915'});
    const facts = host('intel_iommu=on,igfx_off', 'GenuineIntel', {pci: [...base.pci, igd], iommu: base.iommu});
    const {plan, findings} = planPassthrough(
      facts,
      sampleProfile({
        devices: [sampleDevice('0000:00:02.0')],
        memory: {hugepages: 'none'},
      }),
    );
    const found = findings.find(({code}) => code === 'device-no-iommu-group');
    expect(found?.remedy).toMatch(/Take igfx_off out of intel_iommu=on,igfx_off in \/etc\/default\/grub/);
    expect(found?.remedy).not.toMatch(/slot/);
    expect(plan.kernelArguments.add.map(({text}) => text)).toEqual(['intel_iommu=on']);
    expect(plan.kernelArguments.ownedKeys).toContain('intel_iommu');
  });

  it.each(['amd_iommu=pt', 'amd_iommu=1', 'iommu=on', 'iommu=1'])('%s is said to mean nothing', (argument) =>
    expect(checkArguments(host(argument, 'AuthenticAMD'))).toMatchObject({
      status: 'warning',
      fact: expect.stringMatching(new RegExp(`${argument} (?:means nothing|does not exist)`)),
    }),
  );
});
