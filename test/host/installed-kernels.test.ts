import {describe, expect, it} from 'vitest';
import {readInstalledKernels, readKernelImages} from '../../src/host/kernel/installed-kernels.ts';
import {readHost} from '../../src/host/read-host.ts';
import {openSource} from '../../src/system/source.ts';
import {makeTree, openTree} from '../support/make-tree.ts';

const none = {builtin: null, modules: null};
const two = {
  '/proc/sys/kernel/osrelease': '6.12.9-amd64\n',
  '/boot/vmlinuz-6.1.0-37-amd64': '',
  '/boot/vmlinuz-6.12.9-amd64': '',
  '/lib/modules/6.1.0-37-amd64/modules.dep':
    'kernel/drivers/vfio/pci/vfio-pci.ko: kernel/drivers/vfio/vfio_virqfd.ko\nkernel/drivers/vfio/vfio_virqfd.ko:\nkernel/fs/ext4/ext4.ko:\n',
  '/lib/modules/6.1.0-37-amd64/modules.builtin': 'kernel/drivers/pci/pci-stub.ko\n',
  '/lib/modules/6.12.9-amd64/modules.dep': 'kernel/fs/ext4/ext4.ko.xz:\n',
  '/lib/modules/6.12.9-amd64/modules.builtin': 'kernel/drivers/vfio/vfio.ko\nkernel/drivers/vfio/pci/vfio-pci.ko\n',
  '/lib/modules/6.12.9-amd64/modules.builtin.modinfo': [
    'vfio_pci.description=VFIO PCI',
    'vfio_pci.parmtype=disable_idle_d3:bool',
    'vfio_pci.parm=disable_idle_d3:Disable',
    'vfio_pci.parmtype=ids:string',
    'vfio_pci_core.parm=other:x',
    '',
  ].join('\0'),
  '/lib/modules/5.10.0-1-amd64/modules.dep': '',
};

describe('the installed kernels', () => {
  it('are those with an image, the running one first, each with what it has of vfio', () => {
    expect(readHost(openSource(makeTree(two), null)).kernel.installed).toEqual([
      {
        release: '6.12.9-amd64',
        builtin: ['vfio', 'vfio_pci'],
        modules: [],
        parameters: {vfio_pci: ['disable_idle_d3', 'ids']},
      },
      {release: '6.1.0-37-amd64', builtin: [], modules: ['vfio_pci', 'vfio_virqfd'], parameters: {}},
    ]);
  });

  it('are those with modules where images tell no release, and the running one where nothing tells', () => {
    const arch = openTree({
      '/boot/vmlinuz-linux': '',
      '/usr/lib/modules/6.12.9-arch1-1/modules.dep': 'kernel/drivers/vfio/vfio.ko.zst:\n',
      '/usr/lib/modules/6.11.1-arch1-1/pkgbase': 'gone\n',
    });
    expect(readInstalledKernels(arch, {release: null, ...none})).toEqual([
      {release: '6.12.9-arch1-1', builtin: null, modules: ['vfio'], parameters: {}},
    ]);
    expect(readInstalledKernels(openTree({}), {release: '6.1.0', ...none})).toEqual([
      {release: '6.1.0', builtin: null, modules: null, parameters: {}},
    ]);
    expect(readInstalledKernels(openTree({}), {release: null, ...none})).toEqual([]);
  });

  it('tell the parameters of a module through modinfo, asked about that kernel', () => {
    const root = makeTree({
      '/boot/vmlinuz-6.1.0': '',
      '/lib/modules/6.1.0/modules.dep': 'kernel/vfio-pci.ko:\n',
      '/lib/modules/6.1.0/modules.builtin': '',
    });
    const asked: string[] = [];
    const answer =
      'ids:Initial PCI IDs to add to the vfio driver, format is\n"vendor:device" (string)\ndisable_vga:Disable VGA (bool)\nenable_sriov: (bool)\n';
    const source = {
      ...openSource(root, null),
      run: (program: string, args: readonly string[]) => (asked.push([program, ...args].join(' ')), answer),
    };
    const [kernel] = readInstalledKernels(source, {release: '6.1.0', builtin: [], modules: ['vfio_pci']});
    expect(kernel?.parameters).toEqual({vfio_pci: ['ids', 'disable_vga', 'enable_sriov']});
    expect(asked).toEqual(['modinfo -k 6.1.0 -p vfio_pci']);
  });

  it('tell those of the graphics driver too where it is loaded, of each kernel: another one may lack SR-IOV', () => {
    const root = makeTree({
      '/boot/vmlinuz-6.1.0': '',
      '/boot/vmlinuz-6.8.0': '',
      '/lib/modules/6.1.0/modules.dep': 'kernel/i915.ko:\nkernel/xe.ko:\n',
      '/lib/modules/6.8.0/modules.dep': 'updates/dkms/i915.ko:\n',
      '/sys/module/i915/refcnt': '1\n',
    });
    const source = {
      ...openSource(root, null),
      run: (_: string, args: readonly string[]) =>
        args.includes('6.8.0') ? 'max_vfs:Limit (uint)\n' : 'enable_guc:GuC (int)\n',
    };
    const kernels = readInstalledKernels(source, {release: null, ...none});
    expect(Object.fromEntries(kernels.map(({release, parameters}) => [release, parameters]))).toEqual({
      '6.1.0': {i915: ['enable_guc']},
      '6.8.0': {i915: ['max_vfs']},
    });
  });

  it('looks into directories of /boot only, however many files are there', () => {
    const files = Object.fromEntries(Array.from({length: 50}, (_, number) => [`/boot/file-${number}`, '']));
    const source = openTree({...files, '/boot/token/6.1.0/linux': '', '/boot/token/6.1.0/initrd': ''});
    const listed: string[] = [];
    const watched = {...source, list: (path: string) => (listed.push(path), source.list(path))};
    expect(readKernelImages(watched)).toEqual({
      kernels: ['6.1.0'],
      images: [{release: '6.1.0', path: '/boot/token/6.1.0/initrd'}],
    });
    expect(listed).toEqual(['/boot', '/boot/token']);
  });
});
