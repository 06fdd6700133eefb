import {describe, expect, it} from 'vitest';
import {previewChanges} from '../../src/changes/preview.ts';
import type {Hypervisor} from '../../src/hypervisor/hypervisor.ts';
import {hypervisors} from '../../src/hypervisor/hypervisors.ts';
import {kvm} from '../../src/hypervisor/kvm/kvm.ts';
import {planPassthrough} from '../../src/pipeline/plan-passthrough.ts';
import {type Ports, servedPorts} from '../../src/pipeline/ports.ts';
import {sampleFacts, samplePci} from '../support/sample-facts.ts';
import {sampleProfile} from '../support/sample-profile.ts';

const base = sampleFacts();
const underXen = {...base, kernel: {...base.kernel, hypervisor: 'xen'}};

/** A hypervisor that the boot loader starts before the kernel: it owns the IOMMU, and has neither huge pages nor I/O threads. */
const bare: Hypervisor = {
  ...kvm,
  isHere: ({kernel}) => kernel.hypervisor === 'xen',
  can: (facts) => ({...kvm.can(facts), groups: false, hugepages: false, ioThreads: false, emulatorPins: false}),
  argumentParts: () => ({
    kernel: [{add: [{text: 'hide=all', because: 'a made-up binding'}]}],
    hypervisor: [{add: [{text: 'dom0_mem=4G', because: 'a made-up line'}], owned: ['dom0_mem']}],
  }),
  judgeTogether: () => ({mates: [], tell: () => undefined}),
  guests: () => [],
  renderHost: () => ({artifacts: [], findings: []}),
  renderGuest: () => ({artifacts: [], findings: []}),
};
const ports: Ports = {...servedPorts, hypervisors: [...hypervisors, bare]};

describe('a hypervisor that only this file knows', () => {
  it('is taken where it runs, and decides what there is', () => {
    const {plan, findings} = planPassthrough(underXen, sampleProfile(), () => null, ports);
    expect(findings.map(({code}) => code)).not.toContain('xen-unserved');
    expect(plan.memory.hugepages).toBeNull();
    expect(plan.pinning).toMatchObject({emulator: [], iothreads: []});
    expect(plan.pinning.vcpus).toHaveLength(8);
  });

  it('has a command line of its own next to that of the kernel', () => {
    const {plan} = planPassthrough(underXen, sampleProfile(), () => null, ports);
    expect(plan.kernelArguments.add.map(({text}) => text)).toEqual(['hide=all']);
    expect(plan.hypervisorArguments).toMatchObject({add: [{text: 'dom0_mem=4G'}], ownedKeys: ['dom0_mem']});
  });

  it('needs no IOMMU groups, where it gives devices out without them', () => {
    const mate = samplePci('0000:05:00.0', {class: '020000', driver: 'igb', iommuGroup: 17});
    const mates = sampleFacts(undefined, {kernel: underXen.kernel, pci: [...base.pci, mate]});
    const codes = (table: Ports) =>
      planPassthrough(mates, sampleProfile(), () => null, table).findings.map(({code}) => code);
    expect(codes(ports)).not.toContain('iommu-group-shared');
    expect(codes({...ports, hypervisors})).toContain('iommu-group-shared');
  });

  it('writes its own guest, and nothing of libvirt', () => {
    const {changes} = previewChanges(underXen, sampleProfile(), undefined, ports);
    expect(changes.map(({path}) => path).filter((path) => path.includes('libvirt'))).toEqual([]);
  });

  it('is refused by name where the table has none for it, and elsewhere it is KVM', () => {
    const codes = (facts: typeof base) => planPassthrough(facts, sampleProfile()).findings.map(({code}) => code);
    expect(codes(underXen)).toContain('xen-unserved');
    expect(codes(base)).not.toContain('xen-unserved');
    expect(planPassthrough(base, sampleProfile()).plan.hypervisorArguments).toBeNull();
  });
});
