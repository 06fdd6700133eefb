import {describe, expect, it} from 'vitest';
import {kernelLineSteps} from '../../src/facts/kernel-line-steps.ts';

type Host = Parameters<typeof kernelLineSteps>[0];
const on = (loader: Host['boot']['loader'], packageManager: Host['packageManager']): Host => ({
  boot: {loader},
  packageManager,
});

describe('a change of the kernel command line that a person makes before the first plan', () => {
  it.each([
    ['grub', 'apt', '/etc/default/grub, run `update-grub` as root'],
    ['grub', 'pacman', '/etc/default/grub, run `grub-mkconfig -o /boot/grub/grub.cfg` as root'],
    ['grub', 'zypper', '/etc/default/grub, run `grub2-mkconfig -o /boot/grub2/grub.cfg` as root'],
    ['grub', null, '/etc/default/grub'],
    ['proxmox-boot-tool', 'apt', '/etc/kernel/cmdline, run `proxmox-boot-tool refresh` as root'],
  ] as const)('by %s with %s ends in %s', (loader, packages, end) => {
    expect(kernelLineSteps(on(loader, packages), 'add', ['intel_iommu=on'])).toMatch(/^Add intel_iommu=on to /);
    expect(kernelLineSteps(on(loader, packages), 'add', ['intel_iommu=on']).endsWith(end)).toBe(true);
    expect(kernelLineSteps(on(loader, packages), 'remove', ['iommu=off'])).toBe(`Take iommu=off out of ${end}`);
  });

  it.each([
    ['grub-bls', 'dnf', 'grubby --update-kernel=ALL --args=a=b', 'grubby --update-kernel=ALL --remove-args=a=b'],
    [
      'rpm-ostree',
      'rpm-ostree',
      'rpm-ostree kargs --append-if-missing=a=b',
      'rpm-ostree kargs --delete-if-present=a=b',
    ],
    ['kernelstub', 'apt', 'kernelstub -a a=b', 'kernelstub -d a=b'],
  ] as const)('is one command where %s is the loader', (loader, packages, add, remove) => {
    expect(kernelLineSteps(on(loader, packages), 'add', ['a=b'])).toBe(`Add a=b (as root: \`${add}\`)`);
    expect(kernelLineSteps(on(loader, packages), 'remove', ['a=b'])).toBe(`Take a=b out (as root: \`${remove}\`)`);
  });

  it('names the file that has the word, or nothing that would be guessed', () => {
    const other = on('refind', 'pacman');
    expect(kernelLineSteps(other, 'remove', ['a'], '/boot/refind_linux.conf')).toBe(
      'Take a out of /boot/refind_linux.conf',
    );
    expect(kernelLineSteps(on(null, null), 'add', ['a', 'b'])).toBe('Add a and b where the boot loader is configured');
  });
});
