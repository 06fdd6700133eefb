import {writeBigCpus} from './big-host-cpus.ts';
import {type BigHostSize, openTree} from './big-host-files.ts';
import {writeBigPci} from './big-host-pci.ts';

/**
 * Writes an invented tree of a very large machine, to measure on: SMT pairs n and n + cpus/2, L3 caches of 16 threads,
 * NUMA nodes in two packages, PCI functions below root ports in four domains, IOMMU groups.
 * `cpus` must be a multiple of 16 × `nodes`, and `functions` at most 7,900.
 */
export const makeBigHost = (directory: string, size: BigHostSize): void => {
  const tree = openTree(directory);
  tree.file('/HOST.md', hostNote(size));
  writeBigCpus(tree, size);
  writeBigPci(tree, size);
  tree.file(
    '/proc/cmdline',
    'BOOT_IMAGE=/boot/vmlinuz-6.12.0 root=UUID=00000000-0000-4000-8000-000000000000 ro quiet\n',
  );
  tree.file('/proc/version', 'Linux version 6.12.0 (invented) #1 SMP\n');
  tree.file('/proc/sys/kernel/osrelease', '6.12.0\n');
  tree.file(
    '/etc/default/grub',
    'GRUB_DEFAULT=0\nGRUB_TIMEOUT=5\nGRUB_CMDLINE_LINUX_DEFAULT="quiet"\nGRUB_CMDLINE_LINUX=""\n',
  );
  tree.file('/etc/os-release', 'ID=debian\nVERSION_ID="13"\n');
};

const hostNote = ({cpus, nodes, functions}: BigHostSize): string =>
  `# An invented machine\n\nMade by test/support/make-big-host.ts to measure on: ${cpus} CPUs, ${nodes} nodes, ${functions} PCI functions. No such machine was captured.\n`;
