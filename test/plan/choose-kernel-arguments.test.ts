import {describe, expect, it} from 'vitest';
import type {FileFacts} from '../../src/facts/files.ts';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import {planPassthrough} from '../../src/pipeline/plan-passthrough.ts';
import {defaultShape, sampleFacts, samplePci, samplePciFunctions} from '../support/sample-facts.ts';
import {sampleProfile} from '../support/sample-profile.ts';

const grubFile = (line: string): HostFacts['files'] => {
  const file: FileFacts = {
    path: '/etc/default/grub',
    state: 'file',
    text: `# intel_iommu=on in a comment\nGRUB_CMDLINE_LINUX_DEFAULT="${line}"\n`,
    encoding: 'utf8',
    target: null,
    sha256: '',
    mode: 0o644,
    uid: 0,
    gid: 0,
    stamp: null,
  };
  return {'/etc/default/grub': file};
};
const running = (commandLine: string): Pick<HostFacts, 'boot'> => ({boot: {...sampleFacts().boot, commandLine}});
const config = (values: Record<string, string> | null) => ({...sampleFacts().kernel, config: values});
const decide = (overrides: Partial<HostFacts> = {}, profile = sampleProfile({memory: {hugepages: 'none'}})) => {
  const result = planPassthrough(sampleFacts(defaultShape, overrides), profile);
  const {add, remove} = result.plan.kernelArguments;
  return {...result, add: add.map((one) => one.text), remove: remove.map((one) => one.text)};
};

describe('kernel arguments', () => {
  it('adds nothing that is the default of this kernel', () => {
    expect(decide().add).toEqual([]);
    expect(decide({kernel: config({INTEL_IOMMU_DEFAULT_ON: 'y'})}).add).toEqual([]);
  });

  it('turns VT-d on where the kernel leaves it off, and keeps a value that says more than on', () => {
    const off = {kernel: config({VFIO: 'm'})};
    expect(decide(off).add).toEqual(['intel_iommu=on']);
    expect(decide({...off, ...running('intel_iommu=on'), files: grubFile('quiet intel_iommu=on')}).add).toEqual([]);
    expect(decide({...off, files: grubFile('quiet')}).add).toEqual(['intel_iommu=on']);
  });

  it('keeps what stands beside “on” when it is configured and not booted with', () => {
    expect(decide({kernel: config({VFIO: 'm'}), files: grubFile('quiet intel_iommu=on,sm_on')}).add).toEqual([
      'intel_iommu=on,sm_on',
    ]);
  });

  it('does not take an argument of this boot, or one in our own drop-in, for one that stays', () => {
    const off = {kernel: config({VFIO: 'm'}), ...running('quiet intel_iommu=on')};
    expect(decide({...off, files: grubFile('quiet')}).add).toEqual(['intel_iommu=on']);
    expect(decide({...off, kernel: config(null), files: grubFile('quiet')}).add).toEqual(['intel_iommu=on']);
    const [file] = Object.values(grubFile('quiet intel_iommu=on'));
    const path = '/etc/default/grub.d/zz-vfio-pilot.cfg';
    expect(decide({...off, files: {...grubFile('quiet'), [path]: {...file!, path}}}).add).toEqual(['intel_iommu=on']);
  });

  it('replaces intel_iommu=off', () => {
    const {add, plan} = decide({files: grubFile('intel_iommu=off')});
    expect(add).toEqual(['intel_iommu=on']);
    expect(plan.kernelArguments.ownedKeys).toContain('intel_iommu');
  });

  it('failure mode 18: never writes amd_iommu=on, which does not exist', () => {
    expect(decide({cpu: {...sampleFacts().cpu, vendor: 'AuthenticAMD'}, kernel: config(null)}).add).toEqual([]);
  });

  it('adds iommu=pt only on request', () => {
    expect(decide({}, sampleProfile({memory: {hugepages: 'none'}, host: {iommuPassthrough: true}})).add).toEqual([
      'iommu=pt',
    ]);
  });

  it('removes stale ids, and keeps ids that bind another card', () => {
    expect(decide({files: grubFile('quiet vfio-pci.ids=dead:beef')}).remove).toContain('vfio-pci.ids=dead:beef');
    const other = samplePci('0000:09:00.0', {vendor: '1002', device: '67df', iommuGroup: 30});
    const kept = decide({pci: [...samplePciFunctions, other], files: grubFile('vfio-pci.ids=1002:67df')});
    expect(kept.remove).toEqual([]);
    expect(kept.findings.map((finding) => finding.code)).toContain('kernel-argument-conflict');
  });

  it('failure mode 9: puts ids on the command line when vfio-pci is built in, because modprobe.d does not reach it', () => {
    const kernel = {...sampleFacts().kernel, builtin: ['vfio_pci', 'vfio', 'vfio_iommu_type1']};
    const {add, plan} = decide({kernel}, sampleProfile({binding: 'ids', memory: {hugepages: 'none'}}));
    expect(add).toEqual(['vfio-pci.ids=10de:1c81,10de:0fb9']);
    expect(plan.binding.moduleOptions).toEqual([]);
  });

  it('says that hugepages configured by somebody else are replaced', () => {
    const {findings} = decide({files: grubFile('hugepages=12400')}, sampleProfile());
    expect(findings.find((finding) => finding.code === 'kernel-argument-conflict')?.message).toContain(
      'hugepages=12400',
    );
  });

  // The kernel of the lab, Debian's 6.1, says 2047 in its header.
  it('blocks what the kernel would cut off its command line, and counts what the boot loader adds', () => {
    const off = {kernel: config({VFIO: 'm'})};
    const codes = (overrides: Partial<HostFacts>) => decide(overrides).findings.map(({code}) => code);
    const full = 'x'.repeat(2047 - ' intel_iommu=on'.length);
    expect(codes({...off, ...running(full), files: grubFile('quiet')})).not.toContain('kernel-line-too-long');
    const {findings} = decide({...off, ...running(`${full}x`), files: grubFile('quiet')});
    expect(findings.find(({code}) => code === 'kernel-line-too-long')).toMatchObject({
      severity: 'blocker',
      message: 'The kernel command line would have 2048 bytes, and the kernel reads only the first 2047.',
    });
    expect(codes({...off, files: grubFile(`${full}x`)})).toContain('kernel-line-too-long');
    expect(codes({...off, files: grubFile(full.replace('x', 'é'))})).toContain('kernel-line-too-long');
    expect(codes({...off, files: grubFile(full)})).not.toContain('kernel-line-too-long');
    expect(codes({...running('x'.repeat(4000))})).not.toContain('kernel-line-too-long');
  });
});
