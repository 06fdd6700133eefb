import {describe, expect, it} from 'vitest';
import {checkVfioModule} from '../../src/binding/vfio/check-module.ts';
import {checkBootChain, checkSecureBoot} from '../../src/checks/software-checks.ts';
import {checkFirmwareImages, checkLibvirt} from '../../src/hypervisor/kvm/checks.ts';
import type {BootFacts} from '../../src/facts/boot.ts';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import type {KernelFacts} from '../../src/facts/kernel.ts';
import {type KvmFacts, libvirtOf} from '../../src/facts/virtualisation.ts';
import {defaultShape, sampleFacts} from '../support/sample-facts.ts';
import {expectCheck} from './expect-check.ts';

const {boot, kernel} = sampleFacts();
const libvirt = libvirtOf(sampleFacts());
const withBoot = (values: Partial<BootFacts>): HostFacts => sampleFacts(defaultShape, {boot: {...boot, ...values}});
const withKernel = (values: Partial<KernelFacts>): HostFacts =>
  sampleFacts(defaultShape, {kernel: {...kernel, ...values}});
const withLibvirt = (values: Partial<KvmFacts>, isLive = false): HostFacts =>
  sampleFacts(defaultShape, {virtualisation: {...libvirt, ...values}, isLive});

describe('Secure Boot and lockdown', () => {
  it('failure mode 33: off is fine, on tells what stops working', () => {
    expectCheck(
      checkSecureBoot(withBoot({secureBoot: false, lockdown: 'none'})),
      'ok',
      /Secure Boot is off, lockdown is none/,
    );
    expectCheck(checkSecureBoot(withBoot({firmware: 'uefi', secureBoot: null})), 'ok', /unknown/);
    expectCheck(
      checkSecureBoot(withBoot({secureBoot: true, lockdown: 'integrity'})),
      'info',
      /is on.*unsigned modules/,
    );
    expectCheck(
      checkSecureBoot(withBoot({secureBoot: false, lockdown: 'confidentiality'})),
      'info',
      /lockdown is confidentiality/,
    );
  });
});

describe('the boot chain', () => {
  it('that is served is fine', () => expectCheck(checkBootChain(withBoot({})), 'ok', /grub with initramfs-tools/));

  it('that is not clear names the evidence', () => {
    expectCheck(
      checkBootChain(
        withBoot({loader: null, loaderCandidates: ['grub', 'systemd-boot'], loaderEvidence: ['Both are installed.']}),
      ),
      'warning',
      /ambiguous \(grub or systemd-boot\): Both are installed/,
      /Nothing is written/,
    );
  });

  it('of which there is no trace asks for what would tell, and not for anything to be removed', () => {
    const none = {loader: null, loaderCandidates: []} as const;
    const look = (overrides: Partial<HostFacts>) => checkBootChain({...withBoot(none), ...overrides});
    expectCheck(
      look({isLive: false}),
      'warning',
      /no evidence was found/,
      /capture \/proc\/cmdline, \/etc\/default and \/boot/,
    );
    expectCheck(look({isLive: true, isPrivileged: false}), 'warning', /unknown/, /again as root/);
    expectCheck(look({isLive: true, isPrivileged: true}), 'warning', /unknown/, /Mount \/boot and the EFI partition/);
    expect(look({isLive: false}).remedy).not.toContain('Remove');
  });

  it('that is not served says what is left to do by hand', () => {
    expectCheck(
      checkBootChain(withBoot({initramfs: null})),
      'warning',
      /grub with an unknown initramfs system/,
      /by hand/,
    );
  });

  it('that was never booted in the lab says so', () => {
    expectCheck(
      checkBootChain(withBoot({initramfs: 'mkinitcpio'})),
      'warning',
      /grub with mkinitcpio: .* no machine was started/,
      /rescue medium/,
    );
  });
});

describe('vfio-pci', () => {
  it('is fine built in and as a module', () => {
    expectCheck(checkVfioModule(withKernel({builtin: ['vfio_pci']})), 'ok', /Built into/);
    expectCheck(checkVfioModule(withKernel({})), 'ok', /A module/);
  });

  it('that another installed kernel lacks is reported', () => {
    const lists = {builtin: [], modules: ['vfio_pci']};
    const installed = [
      {release: '6.1.0-1-amd64', ...lists, parameters: {}},
      {release: '6.1.0-1-cloud-amd64', builtin: [], modules: [], parameters: {}},
    ];
    const {kernel} = sampleFacts();
    expectCheck(
      checkVfioModule(sampleFacts(undefined, {kernel: {...kernel, ...lists, installed}})),
      'warning',
      /6\.1\.0-1-cloud-amd64, which is installed as well, does not/,
    );
  });

  it('that this kernel lacks names the kernel to install', () => {
    expectCheck(
      checkVfioModule(withKernel({modules: ['kvm']})),
      'error',
      /6\.1\.0-1-amd64 has no vfio-pci/,
      /linux-image-amd64/,
    );
    expectCheck(checkVfioModule(withKernel({modules: null})), 'info', /not known/);
  });
});

describe('libvirt and QEMU', () => {
  it('of this decade are fine', () => {
    expectCheck(checkLibvirt(withLibvirt({})), 'ok', /libvirt 9\.0\.0, QEMU 7\.2\.0, 0 domains/);
    expectCheck(checkLibvirt(withLibvirt({version: '5.10.0'})), 'warning', /5\.10\.0 is old/, /Upgrade/);
  });

  it('that are missing name the packages on a live host', () => {
    const none = {version: null, qemuVersion: null};
    expectCheck(checkLibvirt(withLibvirt(none, true)), 'error', /Neither/, /Install libvirt, QEMU and OVMF/);
    expectCheck(checkLibvirt(withLibvirt(none)), 'info', /Neither/);
    expectCheck(checkLibvirt(withLibvirt({version: null})), 'warning', /QEMU 7\.2\.0 is there/, /Install/);
  });
});

describe('firmware images for guests', () => {
  it('are listed with what Windows 11 needs', () => {
    expectCheck(checkFirmwareImages(withLibvirt({})), 'ok', /1 image, with Secure Boot and enrolled keys.*swtpm gives/);
    const plain = libvirt.firmware.map((image) => ({...image, hasEnrolledKeys: false}));
    expectCheck(
      checkFirmwareImages(withLibvirt({firmware: plain, hasSwtpm: false})),
      'ok',
      /none with Secure Boot.*not installed/,
    );
  });

  it('that are missing name the package on a live host', () => {
    expectCheck(checkFirmwareImages(withLibvirt({firmware: []}, true)), 'warning', /No OVMF/, /Install OVMF/);
    expectCheck(checkFirmwareImages(withLibvirt({firmware: []})), 'info', /No OVMF/);
  });
});
