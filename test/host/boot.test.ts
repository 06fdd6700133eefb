import {describe, expect, it} from 'vitest';
import type {Finding} from '../../src/findings/finding.ts';
import {bootPorts} from '../../src/boot/chains.ts';
import {readBoot} from '../../src/host/boot/boot.ts';
import {openTree} from '../support/make-tree.ts';

const loaderGuid = '4a67b082-0a4c-41cf-b6c7-440b29bb8c4f';
const efivars = '/sys/firmware/efi/efivars';
const attributes = Buffer.from([6, 0, 0, 0]);
const variable = (text: string): Buffer => Buffer.concat([attributes, Buffer.from(`${text}\0`, 'utf16le')]);
const secureBoot = (value: number): Record<string, Buffer> => ({
  [`${efivars}/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c`]: Buffer.from([...attributes, value]),
});
type Tree = Parameters<typeof openTree>[0];

const read = (tree: Tree) => {
  const notes: Finding[] = [];
  return {...readBoot(openTree(tree), (finding) => notes.push(finding), {}, bootPorts), notes};
};

const grubPackage: Tree = {'/etc/default/grub': 'GRUB_TIMEOUT=5\n', '/usr/sbin/update-grub': ''};
const systemdBoot: Tree = {'/boot/efi/loader/loader.conf': '', '/boot/efi/loader/entries/debian.conf': ''};

describe('boot loader', () => {
  const cases: readonly (readonly [string, Tree, string | null])[] = [
    [
      'GRUB by a BOOT_IMAGE that it added',
      {...grubPackage, '/proc/cmdline': 'BOOT_IMAGE=/vmlinuz-6.1.0-18-amd64 root=/dev/sda1\n'},
      'grub',
    ],
    [
      'GRUB by its LoaderInfo (2.12 and later)',
      {...grubPackage, [`${efivars}/LoaderInfo-${loaderGuid}`]: variable('GRUB 2.12')},
      'grub',
    ],
    ['GRUB by its menu', {'/boot/grub/grub.cfg': '', '/etc/default/grub': ''}, 'grub'],
    ['GRUB by /etc/default/grub alone when nothing contradicts', {'/etc/default/grub': ''}, 'grub'],
    [
      'GRUB with BLS where its entries carry the arguments',
      {
        '/etc/default/grub': 'GRUB_ENABLE_BLSCFG=true\n',
        '/boot/grub2/grub.cfg': '',
        '/boot/loader/entries/a.conf': '',
        '/proc/cmdline': 'BOOT_IMAGE=(hd0,gpt2)/vmlinuz-6.12\n',
      },
      'grub-bls',
    ],
    [
      'GRUB although a loader.conf was left behind',
      {...grubPackage, ...systemdBoot, '/boot/grub/grub.cfg': '', '/proc/cmdline': 'BOOT_IMAGE=/vmlinuz\n'},
      'grub',
    ],
    ['systemd-boot although the GRUB package is installed', {...grubPackage, ...systemdBoot}, 'systemd-boot'],
    [
      'systemd-boot by its LoaderInfo although a GRUB menu was left behind',
      {
        ...grubPackage,
        '/boot/grub/grub.cfg': '',
        [`${efivars}/LoaderInfo-${loaderGuid}`]: variable('systemd-boot 252.39'),
      },
      'systemd-boot',
    ],
    [
      'the kernel as an EFI program by the backslashes of initrd=',
      {...grubPackage, '/proc/cmdline': 'initrd=\\EFI\\arch\\initramfs.img root=UUID=x\n'},
      'efi-stub',
    ],
    [
      'a unified kernel image by StubInfo',
      {
        ...systemdBoot,
        [`${efivars}/StubInfo-${loaderGuid}`]: variable('systemd-stub 256'),
        [`${efivars}/LoaderInfo-${loaderGuid}`]: variable('systemd-boot 256'),
      },
      'uki',
    ],
    [
      'kernelstub on Pop!_OS',
      {
        '/etc/kernelstub/configuration': '{}',
        ...systemdBoot,
        '/proc/cmdline': 'initrd=\\EFI\\Pop_OS-x\\initrd.img root=UUID=x\n',
      },
      'kernelstub',
    ],
    [
      'proxmox-boot-tool with systemd-boot',
      {
        ...grubPackage,
        '/boot/grub/grub.cfg': '',
        '/etc/kernel/proxmox-boot-uuids': 'AAAA-BBBB\n',
        '/proc/cmdline': 'initrd=\\EFI\\proxmox\\6.8.12-1-pve\\initrd.img root=ZFS=rpool/ROOT/pve-1 boot=zfs\n',
      },
      'proxmox-boot-tool',
    ],
    [
      'GRUB on a Proxmox host that GRUB starts',
      {
        ...grubPackage,
        '/boot/grub/grub.cfg': '',
        '/etc/kernel/proxmox-boot-uuids': 'AAAA-BBBB\n',
        '/proc/cmdline': 'BOOT_IMAGE=/ROOT/pve-1@/boot/vmlinuz root=ZFS=rpool/ROOT/pve-1\n',
      },
      'grub',
    ],
    [
      'rpm-ostree by ostree= although GRUB started it',
      {'/etc/default/grub': '', '/proc/cmdline': 'BOOT_IMAGE=(hd0,gpt2)/ostree/x/vmlinuz ostree=/ostree/boot.1/x\n'},
      'rpm-ostree',
    ],
    [
      'NixOS by its init',
      {...systemdBoot, '/proc/cmdline': 'initrd=\\EFI\\nixos\\x init=/nix/store/abc/init\n'},
      'nixos',
    ],
    [
      'sdbootutil of openSUSE behind GRUB2-BLS',
      {
        ...grubPackage,
        ...systemdBoot,
        '/etc/sysconfig/bootloader': 'LOADER_TYPE="grub2-bls"\n',
        '/proc/cmdline': 'BOOT_IMAGE=/opensuse/linux root=UUID=x\n',
      },
      'sdbootutil',
    ],
    [
      'sdbootutil of openSUSE behind systemd-boot',
      {
        ...systemdBoot,
        '/etc/sysconfig/bootloader': 'LOADER_TYPE=systemd-boot\n',
        '/boot/grub2/grub.cfg': '',
        '/proc/cmdline': 'initrd=\\opensuse\\initrd root=UUID=x\n',
      },
      'sdbootutil',
    ],
    [
      'sdbootutil in a tree without a command line',
      {...systemdBoot, '/etc/sysconfig/bootloader': "LOADER_TYPE='grub2-bls'\n", '/etc/default/grub': ''},
      'sdbootutil',
    ],
    [
      'GRUB of openSUSE',
      {
        '/etc/default/grub': '',
        '/boot/grub2/grub.cfg': '',
        '/etc/sysconfig/bootloader': 'LOADER_TYPE="grub2-efi"\n',
        '/proc/cmdline': 'BOOT_IMAGE=/boot/vmlinuz-6.4.0 root=UUID=x\n',
      },
      'grub',
    ],
    ['Limine by limine.conf', {'/boot/limine.conf': ''}, 'limine'],
    [
      'limine-entry-tool by the file that it reads',
      {'/boot/limine.conf': '', '/etc/default/limine': ''},
      'limine-entry-tool',
    ],
    [
      'limine-entry-tool behind a Limine that the firmware names',
      {
        '/boot/EFI/limine/limine.conf': '',
        '/etc/default/limine': '',
        [`${efivars}/LoaderInfo-${loaderGuid}`]: variable('Limine 12.9.0'),
      },
      'limine-entry-tool',
    ],
    [
      'no Limine where only settings of its tool were left behind',
      {...grubPackage, '/boot/grub/grub.cfg': '', '/etc/default/limine': ''},
      'grub',
    ],
    [
      'no systemd-boot under BIOS',
      {'/sys/firmware': {directory: true}, ...systemdBoot, '/etc/default/grub': ''},
      'grub',
    ],
    ['nothing on an empty tree', {}, null],
  ];
  it.each(cases)('finds %s', (_, tree, loader) => {
    const facts = read(tree);
    expect(facts.loader).toBe(loader);
    expect(facts.loaderEvidence.length > 0).toBe(loader !== null);
  });

  it('failure mode 15: chooses none of two real candidates and names the evidence of both', () => {
    const facts = read({...systemdBoot, '/boot/grub/grub.cfg': ''});
    expect(facts.loader).toBeNull();
    expect([...facts.loaderCandidates].sort()).toEqual(['grub', 'systemd-boot']);
    const namesBoth: unknown = expect.stringMatching(
      /(?=.*\/boot\/grub\/grub\.cfg).*\/boot\/efi\/loader\/loader\.conf/,
    );
    expect(facts.notes).toContainEqual(expect.objectContaining({code: 'boot-loader-ambiguous', message: namesBoth}));
  });

  it('names both where openSUSE is set up for systemd-boot and GRUB started it', () => {
    const facts = read({
      ...systemdBoot,
      '/etc/sysconfig/bootloader': 'LOADER_TYPE=systemd-boot\n',
      '/proc/cmdline': 'BOOT_IMAGE=/boot/vmlinuz root=UUID=x\n',
    });
    expect(facts.loaderCandidates).toEqual(['grub', 'sdbootutil']);
    expect(facts.notes[0]?.message).toMatch(/grub or sdbootutil.*BOOT_IMAGE=.*LOADER_TYPE=systemd-boot/);
  });

  it('knows GRUB 2 by the name that the distribution gave it', () => {
    const nameOf = (tree: Tree) => read({'/etc/default/grub': '', ...tree}).own;
    expect(nameOf({'/boot/grub2/grub.cfg': ''})).toMatchObject({name: 'grub2'});
    expect(nameOf({'/usr/sbin/grub2-mkconfig': ''})).toMatchObject({name: 'grub2'});
    expect(nameOf({'/boot/grub/grub.cfg': '', '/usr/sbin/grub2-mkconfig': ''})).toMatchObject({name: 'grub'});
    expect(nameOf({})).toMatchObject({name: 'grub'});
  });

  it('does not take a unified image that lies about for the one that was started, and blocks where nothing tells', () => {
    const both = {...systemdBoot, '/boot/efi/EFI/Linux/arch-linux.efi': ''};
    const info = {[`${efivars}/LoaderInfo-${loaderGuid}`]: variable('systemd-boot 257')};
    expect([...read(both).loaderCandidates].sort()).toEqual(['systemd-boot', 'uki']);
    expect(read({...both, ...info}).loader).toBe('systemd-boot');
    expect(read({...both, ...info, [`${efivars}/StubInfo-${loaderGuid}`]: variable('systemd-stub 257')}).loader).toBe(
      'uki',
    );
    expect(read({'/boot/efi/EFI/Linux/arch-linux.efi': ''}).loader).toBe('uki');
  });

  it('calls BOOT_IMAGE without any GRUB file ambiguous next to a Limine configuration', () => {
    expect(read({'/boot/limine.conf': '', '/proc/cmdline': 'BOOT_IMAGE=/vmlinuz\n'}).loader).toBeNull();
  });
});

describe('firmware', () => {
  it('tells UEFI, BIOS and unknown apart', () => {
    expect(read({'/sys/firmware/efi': {directory: true}}).firmware).toBe('uefi');
    expect(read({'/sys/firmware/acpi': {directory: true}}).firmware).toBe('bios');
    expect(read({}).firmware).toBeNull();
  });

  it('reads Secure Boot behind the four attribute bytes', () => {
    expect(read(secureBoot(1)).secureBoot).toBe(true);
    expect(read(secureBoot(0)).secureBoot).toBe(false);
    expect(read({'/sys/firmware/efi': {directory: true}}).secureBoot).toBeNull();
    expect(read({[`${efivars}/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c`]: attributes}).secureBoot).toBeNull();
  });

  it('reads the active lockdown mode', () => {
    expect(read({'/sys/kernel/security/lockdown': 'none [integrity] confidentiality\n'}).lockdown).toBe('integrity');
    expect(read({'/sys/kernel/security/lockdown': '[none] integrity confidentiality\n'}).lockdown).toBe('none');
  });
});

describe('initramfs', () => {
  const cases: readonly (readonly [string, Tree, string | null])[] = [
    [
      'initramfs-tools by its program',
      {'/usr/sbin/update-initramfs': '', '/etc/initramfs-tools/modules': ''},
      'initramfs-tools',
    ],
    [
      'dracut although /etc/initramfs-tools was left behind',
      {'/usr/bin/dracut': '', '/etc/initramfs-tools/modules': ''},
      'dracut',
    ],
    [
      "dracut although its update-initramfs has the other one's name",
      {
        '/usr/bin/dracut': '',
        '/usr/sbin/update-initramfs': '',
        '/var/lib/dpkg/diversions': '/usr/sbin/update-initramfs\n/usr/sbin/update-initramfs.initramfs-tools\ndracut\n',
      },
      'dracut',
    ],
    [
      'initramfs-tools by the directory in a tree without programs',
      {'/etc/initramfs-tools/modules': ''},
      'initramfs-tools',
    ],
    [
      'initramfs-tools by the distribution where nothing else tells',
      {'/etc/os-release': 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n'},
      'initramfs-tools',
    ],
    [
      'the program although the distribution usually has another',
      {'/etc/os-release': 'ID=ubuntu\nVERSION_ID="24.04"\n', '/usr/bin/dracut': ''},
      'dracut',
    ],
    [
      'the package database before the directory',
      {
        '/etc/initramfs-tools/modules': '',
        '/var/lib/dpkg/status': 'Package: dracut\nStatus: install ok installed\nVersion: 106-2\n\n',
      },
      'dracut',
    ],
    ['mkinitcpio', {'/etc/mkinitcpio.conf': ''}, 'mkinitcpio'],
    ['booster', {'/etc/booster.yaml': ''}, 'booster'],
    [
      'the generator that kernel-install is told to use',
      {
        '/usr/bin/dracut': '',
        '/usr/bin/mkinitcpio': '',
        '/etc/kernel/install.conf': 'layout=bls\ninitrd_generator=mkinitcpio\n',
      },
      'mkinitcpio',
    ],
    ['none of two that are installed', {'/usr/bin/dracut': '', '/usr/bin/mkinitcpio': ''}, null],
  ];
  it.each(cases)('finds %s', (_, tree, system) => {
    const facts = read(tree);
    expect(facts.initramfs).toBe(system);
    expect(facts.notes.some((finding) => finding.code === 'initramfs-ambiguous')).toBe(system === null);
  });

  it('lists kernels that have an image, rescue images left out', () => {
    const boot = {
      '/boot/vmlinuz-6.1.0-18-amd64': '',
      '/boot/vmlinuz-6.12.9+bpo-amd64': '',
      '/boot/vmlinuz-0-rescue-abc': '',
      '/boot/vmlinuz-linux': '',
      '/boot/config-5.10': '',
    };
    expect(read(boot).kernels).toEqual(['6.1.0-18-amd64', '6.12.9+bpo-amd64']);
  });
});
