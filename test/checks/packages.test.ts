import {describe, expect, it} from 'vitest';
import {installRemedy} from '../../src/facts/packages.ts';
import {checkLibvirt} from '../../src/hypervisor/kvm/checks.ts';
import {planPassthrough} from '../../src/pipeline/plan-passthrough.ts';
import {libvirtOf} from '../../src/facts/virtualisation.ts';
import {sampleFacts} from '../support/sample-facts.ts';
import {sampleProfile} from '../support/sample-profile.ts';

describe('what has to be installed', () => {
  it.each([
    ['apt', '`apt install libvirt-daemon-system libvirt-clients qemu-system-x86 ovmf`'],
    ['dnf', '`dnf install libvirt-daemon-kvm libvirt-client qemu-kvm edk2-ovmf`'],
    ['pacman', '`pacman -S libvirt dnsmasq qemu-desktop edk2-ovmf`'],
    ['zypper', '`zypper install libvirt-daemon-qemu libvirt-client qemu-x86 qemu-ovmf-x86_64`'],
    ['rpm-ostree', '`rpm-ostree install libvirt-daemon-kvm libvirt-client qemu-kvm edk2-ovmf`'],
  ] as const)('by %s has the names of that distribution', (packageManager, command) => {
    const facts = sampleFacts();
    const none = {...libvirtOf(facts), version: null, qemuVersion: null};
    expect(checkLibvirt({...facts, packageManager, virtualisation: none, isLive: true}).remedy).toBe(
      `Install libvirt, QEMU and OVMF as root: ${command}.`,
    );
  });

  it('is named without a command where it is unknown what installs programs', () => {
    expect(installRemedy(null, ['swtpm'])).toBe('Install swtpm');
  });

  it('is a command in the findings of a plan', () => {
    const facts = sampleFacts();
    const bare = {...libvirtOf(facts), hasSwtpm: false, firmware: []};
    const remedies = planPassthrough(
      {...facts, packageManager: 'pacman', virtualisation: bare},
      sampleProfile({guest: {domain: 'new', os: 'windows-11'}}),
    ).findings.map(({remedy}) => remedy);
    expect(remedies).toContain('Install swtpm as root: `pacman -S swtpm`, before the guest is started.');
    expect(remedies).toContain('Install OVMF as root: `pacman -S edk2-ovmf`; or set guest.firmware: bios.');
  });
});
