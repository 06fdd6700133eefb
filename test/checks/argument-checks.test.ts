import {describe, it} from 'vitest';
import {checkArguments} from '../../src/checks/argument-checks.ts';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import type {KernelLog} from '../../src/facts/kernel.ts';
import {sampleFacts} from '../support/sample-facts.ts';
import {expectCheck} from './expect-check.ts';

const {boot, kernel} = sampleFacts();
const started = (commandLine: string | null, log: KernelLog | null = null): HostFacts =>
  sampleFacts(undefined, {boot: {...boot, commandLine}, kernel: {...kernel, log}});

describe('failure mode 18: kernel arguments', () => {
  it.each([
    'vfio-pci-ids=10de:1c81',
    'amd_iommu=on',
    'intel_iommu=on,pt',
    'vfio_pci',
    'mdev',
    'nomodeset',
    'pcie_acs_override=downstream',
  ])('%s is a mistake, and is named', (token) => {
    expectCheck(checkArguments(started(`BOOT_IMAGE=/vmlinuz ro quiet ${token}`)), 'warning', new RegExp(`^${token} `));
  });

  it('that this kernel does not know are named, those for init are not', () => {
    const log = {unknownArguments: ['BOOT_IMAGE=/vmlinuz', 'splash', 'vfio_pcii.ids=1'], complaints: []};
    expectCheck(
      checkArguments(started('BOOT_IMAGE=/vmlinuz splash vfio_pcii.ids=1', log)),
      'warning',
      /^vfio_pcii\.ids=1 is unknown to this kernel\.$/,
    );
    expectCheck(checkArguments(started('BOOT_IMAGE=/vmlinuz splash', log)), 'warning', /vfio_pcii/);
  });

  it('that are right are fine', () => {
    expectCheck(
      checkArguments(
        started('BOOT_IMAGE=/vmlinuz intel_iommu=on iommu=pt vfio-pci.ids=10de:1c81 kvm.ignore_msrs=1', {
          unknownArguments: ['splash'],
          complaints: [],
        }),
      ),
      'ok',
      /log names none/,
    );
    expectCheck(checkArguments(started('quiet')), 'ok', /could not be asked/);
  });

  it('are unknown without /proc/cmdline', () => expectCheck(checkArguments(started(null)), 'info', /not known/));
});
