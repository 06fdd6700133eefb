import {expect, it} from 'vitest';
import {readKernelLog} from '../../src/host/kernel/kernel-log.ts';
import {openSource} from '../../src/system/source.ts';
import {makeTree, openTree} from '../support/make-tree.ts';

const log = `[    0.0] Linux version 6.8.0
[    0.1] Unknown kernel command line parameters "BOOT_IMAGE=/boot/vmlinuz-6.8.0 vfio-pci-ids=10de:1c81 splash", will be passed to user space.
[    0.2] AMD-Vi: Unknown option - 'on'
[    0.3] HugeTLB: unsupported default_hugepagesz=3G
[    0.4] HugeTLB: registered 2.00 MiB page size, pre-allocated 6144 pages
[    5.0] vfio_pci: unknown parameter 'disable_vga' ignored
`;

it('what the kernel says about its arguments is read from its log, and the rest is not', () => {
  const read = readKernelLog(openTree({'/var/log/dmesg': log}));
  expect(read?.unknownArguments).toEqual(['BOOT_IMAGE=/boot/vmlinuz-6.8.0', 'vfio-pci-ids=10de:1c81', 'splash']);
  expect(read?.complaints.map((line) => line.replace(/^\[.*?\] /, ''))).toEqual([
    "AMD-Vi: Unknown option - 'on'",
    'HugeTLB: unsupported default_hugepagesz=3G',
    "vfio_pci: unknown parameter 'disable_vga' ignored",
  ]);
});

it('the log of the running machine is asked for, never an old copy, and is unknown without rights or when its beginning is gone', () => {
  const live = {...openSource(makeTree({'/var/log/dmesg': log}), null), isLive: true};
  expect(readKernelLog(live)).toBeNull();
  expect(readKernelLog({...live, run: () => log})?.unknownArguments).toHaveLength(3);
  const late = log.slice(log.indexOf('HugeTLB'));
  expect(readKernelLog({...live, run: () => late})).toBeNull();
});
