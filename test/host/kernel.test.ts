import {gzipSync} from 'node:zlib';
import {describe, expect, it} from 'vitest';
import {readKernel} from '../../src/host/kernel/kernel.ts';
import {openTree} from '../support/make-tree.ts';

const silent = (): void => undefined;
const read = (tree: Parameters<typeof openTree>[0]) => readKernel(openTree(tree), silent);

describe('kernel', () => {
  it.each([
    ['osrelease', {'/proc/sys/kernel/osrelease': '6.1.0-18-amd64\n'}, '6.1.0-18-amd64'],
    ['/proc/version', {'/proc/version': 'Linux version 6.8.12-1-pve (build@proxmox) (gcc 12)\n'}, '6.8.12-1-pve'],
    [
      'the image that was booted',
      {'/proc/cmdline': 'BOOT_IMAGE=/boot/vmlinuz-6.5.0-14-generic root=/dev/sda1\n'},
      '6.5.0-14-generic',
    ],
    ['the only module directory', {'/lib/modules/6.12.9/modules.dep': ''}, '6.12.9'],
    ['the only image in /boot', {'/boot/vmlinuz-6.1.0-18-amd64': ''}, '6.1.0-18-amd64'],
    ['nothing where there are two', {'/boot/vmlinuz-6.1.0-18-amd64': '', '/boot/vmlinuz-6.12.9': ''}, null],
  ])('takes the release from %s', (_, tree, release) => {
    expect(read(tree).release).toBe(release);
  });

  it('splits the version into numbers', () => {
    expect(read({'/proc/sys/kernel/osrelease': '5.10.223-custom\n'}).version).toEqual({major: 5, minor: 10});
    expect(read({}).version).toBeNull();
  });

  it('keeps the options that decisions ask for, from /boot or packed in /proc', () => {
    const text =
      '# CONFIG_VFIO_PCI_VGA is not set\nCONFIG_VFIO_PCI=m\nCONFIG_INTEL_IOMMU_DEFAULT_ON=y\nCONFIG_SOUND=m\n';
    const expected = {VFIO_PCI: 'm', INTEL_IOMMU_DEFAULT_ON: 'y'};
    expect(read({'/proc/sys/kernel/osrelease': '6.1.0\n', '/boot/config-6.1.0': text}).config).toEqual(expected);
    expect(read({'/proc/config.gz': gzipSync(text)}).config).toEqual(expected);
    expect(read({'/proc/config.gz': Buffer.from('no gzip')}).config).toBeNull();
  });

  it('names modules as the kernel does, packed or not', () => {
    const facts = read({
      '/proc/sys/kernel/osrelease': '6.1.0\n',
      '/usr/lib/modules/6.1.0/modules.builtin': 'kernel/drivers/vfio/pci/vfio-pci.ko\nkernel/fs/ext4/ext4.ko\n',
      '/usr/lib/modules/6.1.0/modules.dep':
        'kernel/drivers/gpu/drm/nouveau/nouveau.ko.xz: kernel/drivers/video/backlight.ko.xz\nkernel/sound/snd-hda-intel.ko:\n',
      '/proc/modules': 'kvm_intel 380928 4 - Live 0x0\nkvm 1000 1 kvm_intel, Live 0x0\n',
    });
    expect(facts.builtin).toEqual(['vfio_pci', 'ext4']);
    expect(facts.modules).toEqual(['nouveau', 'snd_hda_intel']);
    expect(facts.loaded).toEqual(['kvm_intel', 'kvm']);
  });

  it('leaves unknown what is not there', () => {
    expect(read({})).toMatchObject({
      config: null,
      builtin: null,
      modules: null,
      loaded: null,
      hasKvmDevice: false,
      parameters: {},
      hypervisor: null,
    });
  });

  it('reads module parameters and the hypervisor', () => {
    const facts = read({
      '/sys/module/kvm/parameters/ignore_msrs': 'N\n',
      '/proc/cpuinfo': 'flags\t\t: fpu hypervisor lm\n',
      '/dev/kvm': '',
    });
    expect(facts).toMatchObject({parameters: {'kvm.ignore_msrs': 'N'}, hypervisor: 'unknown', hasKvmDevice: true});
    expect(read({'/sys/hypervisor/type': 'xen\n'}).hypervisor).toBe('xen');
  });
});
