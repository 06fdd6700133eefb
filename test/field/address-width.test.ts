import {describe, expect, it} from 'vitest';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import {readIommu} from '../../src/host/pci/iommu.ts';
import {editDomain} from '../../src/hypervisor/kvm/domain/edit-domain.ts';
import {renderNewDomain} from '../../src/hypervisor/kvm/domain/new-domain.ts';
import {guestRanges} from '../../src/hypervisor/judge-guest-memory.ts';
import {planPassthrough} from '../../src/pipeline/plan-passthrough.ts';
import {openSource} from '../../src/system/source.ts';
import {makeTree} from '../support/make-tree.ts';
import {defaultShape, sampleFacts} from '../support/sample-facts.ts';
import {sampleProfile} from '../support/sample-profile.ts';
import {libvirtOf} from '../../src/facts/virtualisation.ts';

const host = (version: string, overrides: Partial<HostFacts> = {}): HostFacts => {
  const {cpu, iommu} = sampleFacts();
  const virtualisation = libvirtOf(sampleFacts());
  return sampleFacts(defaultShape, {
    cpu: {...cpu, physicalBits: 46},
    iommu: {...iommu, addressBits: 39},
    virtualisation: {...virtualisation, version},
    ...overrides,
  });
};
const domainOf = (facts: HostFacts): string => {
  const result = renderNewDomain(planPassthrough(facts, sampleProfile()).plan, facts);
  return result.ok ? result.xml : '';
};
const edited = (facts: HostFacts, child: string): string => {
  const xml = `<domain type='kvm'>\n  <name>win10</name>\n  <cpu mode='host-passthrough'>\n    ${child}\n  </cpu>\n  <devices/>\n</domain>\n`;
  const result = editDomain(xml, planPassthrough(facts, sampleProfile()).plan, facts, 'win10.xml');
  return result.ok ? result.xml : '';
};

describe('an IOMMU that translates fewer bits than the CPU has', () => {
  it('is read from the capabilities, and the narrowest unit counts', () => {
    const tree = makeTree({
      '/sys/class/iommu/dmar0/intel-iommu/cap': '1c0000c40660462\n',
      '/sys/class/iommu/dmar1/intel-iommu/cap': 'd2008c222f0462\n',
    });
    expect(readIommu(openSource(tree, null), () => undefined, []).addressBits).toBe(39);
    expect(
      readIommu(openSource(makeTree({'/sys/class/iommu/dmar0/intel-iommu/cap': 'x\n'}), null), () => undefined, [])
        .addressBits,
    ).toBeNull();
  });

  it('limits a new guest, in the way that its libvirt knows', () => {
    expect(domainOf(host('10.6.0'))).toContain("<maxphysaddr mode='passthrough' limit='39'/>");
    expect(domainOf(host('9.0.0'))).toContain("<maxphysaddr mode='emulate' bits='39'/>");
    const old = planPassthrough(host('8.0.0'), sampleProfile());
    expect(old.findings.find(({code}) => code === 'guest-address-width')).toMatchObject({severity: 'warning'});
    expect(planPassthrough(host('10.6.0'), sampleProfile()).plan.decisions).toContainEqual(
      expect.objectContaining({because: expect.stringMatching(/39 bits.*CPU has 46/)}),
    );
  });

  it('leaves what an owner chose, and completes what has no limit', () => {
    const facts = host('10.6.0');
    for (const own of ["<maxphysaddr mode='emulate' bits='39'/>", "<maxphysaddr mode='passthrough' limit='38'/>"])
      expect(edited(facts, own)).toContain(own);
    expect(edited(facts, "<maxphysaddr mode='passthrough'/>")).toContain("mode='passthrough' limit='39'");
  });

  it('refuses memory that would end above it', () => {
    const {iommu} = sampleFacts();
    const facts = host('10.6.0', {iommu: {...iommu, addressBits: 33}});
    expect(planPassthrough(facts, sampleProfile()).findings).toContainEqual(
      expect.objectContaining({code: 'memory-too-large', message: expect.stringContaining('33 bits')}),
    );
  });
});

describe('a reserved range where guest memory will be', () => {
  const judge = (type: string, start: string, end: string, overrides: Partial<HostFacts> = {}, sizeMiB = 12288) => {
    const base = sampleFacts();
    const groups = base.iommu.groups.map((group) => ({...group, reservedRegions: [{start, end, type}]}));
    const facts = sampleFacts(defaultShape, {iommu: {...base.iommu, groups}, ...overrides});
    return planPassthrough(facts, sampleProfile({memory: {sizeMiB, hugepages: 'none'}})).findings.filter(
      ({code, message}) => code === 'device-reserved-region' && message.includes('memory would be'),
    );
  };

  it('is a blocker, of any type that vfio keeps from guests', () => {
    expect(judge('reserved', '0x100000000', '0x1000fffff')).toHaveLength(1);
    expect(judge('msi', '0x8000000', '0x80fffff')).toHaveLength(1);
    expect(judge('direct-relaxable', '0x7b800000', '0x7fffffff')).toEqual([]);
    expect(judge('msi', '0xfee00000', '0xfeefffff')).toEqual([]);
  });

  it('below 1 TiB on AMD counts with QEMU before 7.1 alone', () => {
    const {cpu} = sampleFacts();
    const virtualisation = libvirtOf(sampleFacts());
    const amd = (qemuVersion: string): Partial<HostFacts> => ({
      cpu: {...cpu, vendor: 'AuthenticAMD'},
      virtualisation: {...virtualisation, qemuVersion},
    });
    const hole = ['reserved', '0xfd00000000', '0xffffffffff'] as const;
    expect(judge(...hole, amd('7.0.0'), 1024 * 1024)).toMatchObject([{remedy: expect.stringMatching(/QEMU 7\.1/)}]);
    expect(judge(...hole, amd('7.2.0'), 1024 * 1024)).toEqual([]);
    expect(judge(...hole, amd('7.0.0'), 512 * 1024)).toEqual([]);
    expect(guestRanges(1024 * 1024 * 1024, true)[1]?.start).toBe(1n << 40n);
  });
});
