import {describe, expect, it} from 'vitest';
import {renderChain} from '../../src/boot/chains.ts';
import {checkBootChain} from '../../src/checks/software-checks.ts';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import {readHost} from '../../src/host/read-host.ts';
import {openSource} from '../../src/system/source.ts';
import {makeTree} from '../support/make-tree.ts';
import {samplePlan} from '../support/sample-plan.ts';

const efi = {'/sys/firmware/efi/efivars': {directory: true}} as const;
const line = 'root=UUID=1-2 rw quiet initrd=\\initramfs-linux.img';
const startedByEfi = {...efi, '/proc/cmdline': `${line}\n`};
const refind = {
  ...startedByEfi,
  '/boot/refind_linux.conf': `"Boot with standard options"  "${line}"\n`,
  '/boot/EFI/refind/refind_x64.efi': 'x',
};
const leftover = {
  '/boot/loader/loader.conf': 'default arch.conf\n',
  '/boot/loader/entries/arch.conf': 'title Arch\nlinux /vmlinuz-linux\noptions root=UUID=1-2 rw\n',
};
const unraid = {
  '/sys/firmware/acpi': {directory: true},
  '/proc/cmdline': 'BOOT_IMAGE=/bzimage initrd=/bzroot\n',
  '/boot/syslinux/syslinux.cfg': 'label Host OS\n  kernel /bzimage\n  append initrd=/bzroot\n',
} as const;

const read = (tree: Parameters<typeof makeTree>[0]): HostFacts => readHost(openSource(makeTree(tree), null));
const loaderOf = (tree: Parameters<typeof makeTree>[0]) => read(tree).boot.loader;
const adviceOf = (facts: HostFacts) =>
  renderChain(facts, samplePlan())
    .findings.map(({message, remedy}) => `${message} ${remedy}`)
    .join();

describe('initrd= with backslashes', () => {
  it('is rEFInd where its files are, with the line of refind_linux.conf to add to', () => {
    const facts = read(refind);
    expect(facts.boot.loader).toBe('refind');
    expect(facts.boot.next).toEqual([line]);
    expect(checkBootChain(facts).remedy).toMatch(/\/boot\/refind_linux\.conf, inside the second pair of quotes/);
    expect(renderChain(facts, samplePlan())).toMatchObject({artifacts: [], findings: [{severity: 'blocker'}]});
  });

  it('is ambiguous where files of rEFInd and of systemd-boot are there, and nothing is written', () => {
    const facts = read({...refind, ...leftover});
    expect(facts.boot.loaderCandidates).toEqual(['systemd-boot', 'refind']);
    expect(renderChain(facts, samplePlan()).artifacts).toEqual([]);
    expect(adviceOf(facts)).toMatch(/unclear which boot loader.*systemd-boot or refind/);
  });

  it('is systemd-boot where only its files are there, also without a loader.conf in sight', () => {
    expect(loaderOf({...startedByEfi, ...leftover})).toBe('systemd-boot');
    const {'/boot/loader/loader.conf': _, ...entries} = leftover;
    expect(loaderOf({...startedByEfi, ...entries})).toBe('systemd-boot');
  });

  it('is the firmware where no loader is, a left GRUB menu included', () => {
    expect(loaderOf(startedByEfi)).toBe('efi-stub');
    const facts = read({...startedByEfi, '/boot/grub/grub.cfg': '', '/etc/default/grub': ''});
    expect(facts.boot.loader).toBe('efi-stub');
    expect(adviceOf(facts)).toMatch(/efibootmgr/);
  });

  it('does not make rEFInd out of its files where GRUB left its own mark', () =>
    expect(loaderOf({...refind, '/proc/cmdline': 'BOOT_IMAGE=/vmlinuz ro\n', '/boot/grub/grub.cfg': ''})).toBe('grub'));
});

describe('BOOT_IMAGE=', () => {
  it('with initrd=/ is SYSLINUX where its file is, with the append line to add to', () => {
    const facts = read(unraid);
    expect(facts.boot.loader).toBe('syslinux');
    expect(adviceOf(facts)).toMatch(/\/boot\/syslinux\/syslinux\.cfg, in the append line/);
    expect(adviceOf(facts)).not.toMatch(/grub/i);
  });

  it('with initrd= and without any file is unknown, as of PXELINUX and iPXE', () =>
    expect(loaderOf({'/proc/cmdline': 'BOOT_IMAGE=vmlinuz initrd=initrd.img\n'})).toBeNull());

  it('is GRUB next to a file of SYSLINUX that was left behind', () =>
    expect(loaderOf({...unraid, '/proc/cmdline': 'BOOT_IMAGE=/vmlinuz ro\n', '/boot/grub/grub.cfg': '### BEGIN'})).toBe(
      'grub',
    ));
});
