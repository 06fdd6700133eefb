import {describe, expect, it} from 'vitest';
import {chainOf} from '../../src/boot/chains.ts';
import type {BootFacts, GrubFacts, LineEdit} from '../../src/facts/boot.ts';
import {kernelLineSteps} from '../../src/facts/kernel-line-steps.ts';

const grub = (name: GrubFacts['name']): GrubFacts => ({kind: 'grub', name, isUnderXen: false, menu: null});
const editOf = (loader: BootFacts['loader'], own: BootFacts['own'] = null): LineEdit | null =>
  chainOf({loader})?.lineEdit(own) ?? null;

describe('a change of the kernel command line that a person makes before the first plan', () => {
  it.each([
    ['grub', grub('grub'), '/etc/default/grub, run `grub-mkconfig -o /boot/grub/grub.cfg` as root'],
    ['grub', grub('grub2'), '/etc/default/grub, run `grub2-mkconfig -o /boot/grub2/grub.cfg` as root'],
    ['grub', null, '/etc/default/grub, run `grub-mkconfig -o /boot/grub/grub.cfg` as root'],
    ['proxmox-boot-tool', null, '/etc/kernel/cmdline, run `proxmox-boot-tool refresh` as root'],
  ] as const)('by %s (%j) ends in %s', (loader, own, end) => {
    const edit = editOf(loader, own);
    expect(kernelLineSteps(edit, 'add', ['intel_iommu=on'])).toMatch(/^Add intel_iommu=on to /);
    expect(kernelLineSteps(edit, 'add', ['intel_iommu=on']).endsWith(end)).toBe(true);
    expect(kernelLineSteps(edit, 'remove', ['iommu=off'])).toBe(`Take iommu=off out of ${end}`);
  });

  it.each([
    ['grub-bls', 'grubby --update-kernel=ALL --args=a=b', 'grubby --update-kernel=ALL --remove-args=a=b'],
    ['rpm-ostree', 'rpm-ostree kargs --append-if-missing=a=b', 'rpm-ostree kargs --delete-if-present=a=b'],
    ['kernelstub', 'kernelstub -a a=b', 'kernelstub -d a=b'],
  ] as const)('is one command where %s is the loader', (loader, add, remove) => {
    expect(kernelLineSteps(editOf(loader), 'add', ['a=b'])).toBe(`Add a=b (as root: \`${add}\`)`);
    expect(kernelLineSteps(editOf(loader), 'remove', ['a=b'])).toBe(`Take a=b out (as root: \`${remove}\`)`);
  });

  it('names the file that has the word, or nothing that would be guessed', () => {
    expect(kernelLineSteps(editOf('refind'), 'remove', ['a'], '/boot/refind_linux.conf')).toBe(
      'Take a out of /boot/refind_linux.conf',
    );
    expect(kernelLineSteps(editOf(null), 'add', ['a', 'b'])).toBe('Add a and b where the boot loader is configured');
  });

  it('is a command that runs nothing else, whatever the line of a stranger’s host holds', () => {
    expect(kernelLineSteps(editOf('grub-bls'), 'remove', ['iommu=off,$(reboot)'])).toContain(
      "--remove-args='iommu=off,$(reboot)'",
    );
  });
});
