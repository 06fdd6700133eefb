import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {previewTrial} from '../../../src/changes/preview.ts';
import {runChecks} from '../../../src/checks/run-checks.ts';
import {sampleDevice} from '../../support/sample-profile.ts';
import {xenFacts, xlOutput} from '../../support/xen-facts.ts';
import {codesOf, decide, findingOf, textOf} from './decide.ts';

const host = xenFacts();
const dropIn = '/etc/default/grub.d/zz-vfio-pilot.cfg';

describe('a dom0 that is served', () => {
  it('has a plan without a blocker', () => {
    expect(codesOf(host)).toEqual([]);
  });

  it('gets its size and its CPUs on Xen’s own line', () => {
    const {plan} = decide(host);
    // 3583 MiB, less 512 of the guest, 256 of the guest mail and 1024 of Xen, in steps of 64.
    expect(plan.hypervisorArguments?.add.map(({text}) => text)).toEqual([
      'dom0_mem=1728M,max:1728M',
      'dom0_max_vcpus=2',
      'dom0_vcpus_pin',
    ]);
    expect(plan.kernelArguments.add.map(({text}) => text)).toEqual(['xen-pciback.hide=(0000:41:00.0)']);
  });

  it('keeps what somebody has set for Xen', () => {
    const facts = xenFacts({'/etc/default/grub.d/xen.cfg': 'GRUB_CMDLINE_XEN="dom0_mem=1G,max:1G dom0_max_vcpus=1"\n'});
    expect(decide(facts).plan.hypervisorArguments?.add).toEqual([]);
    expect(decide(facts).plan.decisions).toContainEqual(
      expect.objectContaining({subject: 'hypervisorArguments', choice: 'dom0_mem=1G,max:1G unchanged'}),
    );
  });

  it('is not pinned where the guest has the first CPUs, or wants no isolation', () => {
    const argumentsOf = (wish: Parameters<typeof decide>[1]) =>
      decide(host, wish).plan.hypervisorArguments?.add.map(({text}) => text.replace(/=.*/, ''));
    expect(argumentsOf({cpu: {pins: [0, 1]}})).toEqual(['dom0_mem', 'dom0_max_vcpus']);
    expect(argumentsOf({cpu: {isolation: 'none'}})).toEqual(['dom0_mem']);
  });

  it('is not left without memory', () => {
    expect(codesOf(host, {memory: {sizeMiB: 1536}})).toContain('blocker memory-host-reserve');
  });
});

describe('a host that is not served is refused, with what to do', () => {
  it.each([
    ['a guest of Xen', {'/proc/xen/capabilities': '\n'}, /itself a guest of Xen/, /in dom0/],
    ['an unmounted xenfs', {'/proc/xen/capabilities': null}, /is unknown/, /mount -t xenfs/],
    ['a PVH dom0', {'/sys/hypervisor/guest_type': 'PVH\n'}, /PVH domain/, /dom0=pvh/],
  ])('%s', (_, changed, message, remedy) => {
    expect(findingOf(xenFacts(changed), 'xen-unserved')).toMatchObject({
      severity: 'blocker',
      message: expect.stringMatching(message),
      remedy: expect.stringMatching(remedy),
    });
  });

  it('failure mode 88: a Xen that does not answer', () => {
    expect(codesOf(xenFacts({[xlOutput('info', '-n')]: null}))).toContain('blocker xen-silent');
  });

  it('failure mode 86: an IOMMU that Xen does not have', () => {
    const output = readFileSync(join(import.meta.dirname, '../../host/xen/outputs/xl-info-n.txt'), 'utf8');
    const facts = xenFacts({[xlOutput('info', '-n')]: output.replace('hvm_directio ', '')});
    expect(codesOf(facts)).toEqual(['blocker iommu-off']);
    expect(runChecks(facts).find(({id}) => id === 'xen-directio')?.status).toBe('error');
  });

  it('a kernel without xen-pciback', () => {
    const modules = '/usr/lib/modules/6.1.0-56-amd64/modules.dep';
    const facts = xenFacts({
      [modules]: 'kernel/drivers/vfio/pci/vfio-pci.ko:\n',
      '/usr/lib/modules/6.1.0-56-amd64/modules.builtin': '',
    });
    expect(codesOf(facts)).toContain('blocker xen-pciback-missing');
  });

  it('another boot loader than GRUB, with both lines to write by hand', () => {
    const {boot} = host;
    const facts = {...host, boot: {...boot, loader: 'systemd-boot'}};
    expect(findingOf(facts, 'boot-chain-unsupported')).toMatchObject({
      severity: 'blocker',
      remedy: expect.stringMatching(
        /to the kernel of dom0: xen-pciback\.hide=\(0000:41:00\.0\)\. To the hypervisor: dom0_mem=/,
      ),
    });
    expect(textOf(facts, dropIn)).toBeNull();
  });
});

describe('isolation without IOMMU groups', () => {
  const second = [sampleDevice('0000:02:00.0')];

  it('warns where a port above the card has no ACS, and names what could be reached', () => {
    expect(findingOf(host, 'xen-not-isolated', {devices: second})).toMatchObject({
      severity: 'warning',
      message: expect.stringMatching(/could reach 0000:03:00\.0 .* 0000:00:0b\.0 \(root port\) has no ACS/),
    });
    expect(findingOf(host, 'xen-not-isolated')).toBeUndefined();
  });

  it('hides what is accepted as lost along with the card', () => {
    const wish = {devices: second, host: {acceptGroupMates: ['0000:03:00.0' as const]}};
    expect(decide(host, wish).plan.kernelArguments.add.map(({text}) => text)).toEqual([
      'xen-pciback.hide=(0000:02:00.0)(0000:03:00.0)',
    ]);
    expect(findingOf(host, 'xen-not-isolated', wish)).toBeUndefined();
  });

  it('refuses a card that shares a conventional bus with another device', () => {
    const pci = host.pci.map((one) =>
      one.address === '0000:00:0b.0'
        ? {...one, acs: {port: 'PCI bridge' as const, isPresent: false, isIsolating: false}}
        : one.address === '0000:03:00.0'
          ? {...one, upstream: ['0000:00:0b.0' as const]}
          : one,
    );
    expect(findingOf({...host, pci}, 'xen-not-isolated', {devices: second})).toMatchObject({
      severity: 'blocker',
      message: expect.stringContaining('can only go to one guest'),
    });
  });
});

describe('checks', () => {
  it('speak of Xen, and of nothing that it does not have', () => {
    const checks = runChecks(host);
    expect(checks.filter(({status}) => status === 'error')).toEqual([]);
    expect(checks.map(({id}) => id)).toEqual(expect.arrayContaining(['xen', 'xen-directio', 'xen-pciback']));
    expect(checks.map(({id}) => id)).not.toEqual(expect.arrayContaining(['hugepages']));
    expect(checks.map(({fact}) => fact).join('\n')).not.toMatch(/vfio|libvirt|\/dev\/kvm/);
  });

  it('name a PVH dom0 and a missing IOMMU', () => {
    const statusOf = (changed: Parameters<typeof xenFacts>[0], id: string) =>
      runChecks(xenFacts(changed)).find((check) => check.id === id)?.status;
    expect(statusOf({'/sys/hypervisor/guest_type': 'PVH\n'}, 'xen')).toBe('error');
    expect(statusOf({[xlOutput('info', '-n')]: null}, 'xen')).toBe('error');
  });
});

it('arguments for KVM that count dom0’s own memory and CPUs are warned of', () => {
  const facts = xenFacts({'/etc/default/grub': 'GRUB_CMDLINE_LINUX_DEFAULT="quiet hugepages=512 isolcpus=2,3"\n'});
  expect(codesOf(facts)).toEqual(['warning kernel-argument-conflict', 'warning kernel-argument-conflict']);
});

it('a trial boot is refused for the one reason that matters', () => {
  const {findings} = previewTrial(host, decide(host), '0123456789abcdef0123456789abcdef');
  expect(findings.filter(({code}) => code === 'trial-impossible').map(({message}) => message)).toEqual([
    'A trial boot is not possible here: an entry for one boot starts a kernel without the hypervisor under it.',
  ]);
});
