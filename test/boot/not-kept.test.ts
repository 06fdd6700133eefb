import {readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {bootChains} from '../../src/boot/chains.ts';
import {compareArtifacts} from '../../src/changes/compare-artifacts.ts';
import {renderHost} from '../../src/changes/render-host.ts';
import type {HostFacts} from '../../src/facts/host-facts.ts';
import {readHost} from '../../src/host/read-host.ts';
import {applyChanges} from '../../src/hosts/transactions.ts';
import type {Program} from '../../src/system/machine.ts';
import {realMachine} from '../../src/system/real-machine.ts';
import {openSource} from '../../src/system/source.ts';
import {verifyPlan} from '../../src/verify/verify-plan.ts';
import {makeTree} from '../support/make-tree.ts';
import {sampleFacts} from '../support/sample-facts.ts';
import {samplePlan} from '../support/sample-plan.ts';
import {never, request, silent} from '../transaction/scenario.ts';
import {arch, fedora, proxmox} from './chains/chain-trees.ts';
import {limineMkinitcpio} from './chains/limine-stand-in.ts';
import {ostreeEntry, ostreeOrigin, rpmOstree} from './chains/ostree-stand-in.ts';
import {sdbootutil} from './chains/sdbootutil-stand-in.ts';
import {standIns} from './chains/stand-ins.ts';
import {xenCmdline} from './chains/xen-cmdline-stand-in.ts';

type Tree = Parameters<typeof makeTree>[0];
type Case = {
  readonly tree: Tree;
  /** Where the arguments of the next boot are on such a host, whatever we think: a path, or how one begins. */
  readonly holder: string;
  readonly programs?: Readonly<Record<string, Program>>;
  /** What `verify` names where it is a program's file. */
  readonly promise?: string;
};

/** Other people's arguments, each nearly one of our own. */
const lookAlikes =
  'hugepages_x=0:6144,1:0 intel_iommu_x=on xintel_iommu=on hugepagesz_x=2M my.hugepages=0:6144,1:0 note=intel_iommu=on';
const ours = ['intel_iommu=on', 'hugepagesz=2M', 'hugepages=0:6144,1:0'] as const;
const line = `root=UUID=1-2 ro ${lookAlikes}`;
const variable = (name: string, text: string): Tree => ({
  [`/sys/firmware/efi/efivars/${name}-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f`]: Buffer.concat([
    Buffer.from([6, 0, 0, 0]),
    Buffer.from(`${text}\0`, 'utf16le'),
  ]),
});
const snapshotLine = (number: number): string => `${line} rootflags=subvol=@/.snapshots/${number}/snapshot`;
const snapshotEntry = (number: number): string =>
  `title openSUSE\nlinux /opensuse-tumbleweed/6.16.3-1-default/linux-a1\ninitrd /opensuse-tumbleweed/6.16.3-1-default/initrd-b1\noptions ${snapshotLine(number)}\n`;
const program = Buffer.alloc(310);
program.write('MZ', 0, 'latin1');
program.writeUInt32LE(0x80, 0x3c);
program.write('PE\0\0', 0x80, 'latin1');
program.writeUInt16LE(0x20b, 0x80 + 24);
const stubOptions = {esp_path: '/boot/efi', setup_loader: true, manage_mode: true, force_update: false};
const stubSettings = {...stubOptions, live_mode: false, unified_kernel: false, config_rev: 4};

/** The least that each chain is known by, with the look-alikes wherever it keeps arguments. */
const cases: Readonly<Record<string, Case>> = {
  grub: {
    tree: {...arch('base udev'), '/etc/default/grub': `GRUB_CMDLINE_LINUX_DEFAULT="quiet ${lookAlikes}"\n`},
    holder: '/etc/default/grub',
  },
  'grub-bls': {
    tree: {
      ...fedora,
      '/boot/loader/entries/0123-6.12.5-200.fc41.x86_64.conf': `title Fedora\nlinux /vmlinuz-6.12.5-200.fc41.x86_64\noptions ${line}\n`,
    },
    holder: '/boot/loader/entries/0123-6.12.5-200.fc41.x86_64.conf',
  },
  'proxmox-boot-tool': {
    tree: {...proxmox, '/etc/kernel/cmdline': `root=ZFS=rpool/ROOT/pve-1 boot=zfs ${lookAlikes}\n`},
    holder: '/etc/kernel/cmdline',
  },
  kernelstub: {
    tree: {
      '/proc/cmdline': `initrd=\\EFI\\Pop_OS-1-2\\initrd.img ${line}\n`,
      '/sys/firmware/efi': {directory: true},
      '/etc/kernelstub/configuration': JSON.stringify(
        {
          default: {kernel_options: [], ...stubSettings},
          user: {kernel_options: ['quiet', ...lookAlikes.split(' ')], ...stubSettings},
        },
        null,
        2,
      ),
      '/boot/efi/loader/entries/Pop_OS-current.conf': `title Pop\nlinux /EFI/vmlinuz.efi\noptions ${line}\n`,
      '/boot/initrd.img-6.9.3-76060903-generic': 'image',
      '/boot/efi/EFI/Pop_OS-1-2/initrd.img': 'image',
    },
    holder: '/etc/kernelstub/configuration',
  },
  'systemd-boot': {
    tree: {
      '/proc/cmdline': `${line}\n`,
      ...variable('LoaderInfo', 'systemd-boot 257.5'),
      '/boot/loader/loader.conf': 'timeout 3\n',
      '/boot/loader/entries/arch.conf': `title Arch\nlinux /vmlinuz-linux\ninitrd /initramfs-linux.img\noptions ${line}\n`,
    },
    holder: '/boot/loader/entries/arch.vfio-pilot-',
  },
  uki: {
    tree: {
      '/proc/cmdline': `${line}\n`,
      ...variable('StubInfo', 'systemd-stub 257.5'),
      ...variable('LoaderInfo', 'systemd-boot 257.5'),
      '/efi/EFI/Linux/arch-linux.efi': program,
      '/efi/loader/loader.conf': 'timeout 3\n',
      '/efi/loader/entries': {directory: true},
      '/etc/kernel/cmdline': `${line}\n`,
      '/boot/vmlinuz-linux': '',
      '/usr/bin/mkinitcpio': {text: '', mode: 0o755},
      '/etc/mkinitcpio.conf': 'MODULES=()\nBINARIES=()\nFILES=()\nHOOKS=(base udev block filesystems)\n',
      '/etc/mkinitcpio.conf.d': {directory: true},
      '/etc/mkinitcpio.d/linux.preset':
        'ALL_kver="/boot/vmlinuz-linux"\nPRESETS=(\'default\')\ndefault_uki="/efi/EFI/Linux/arch-linux.efi"\n',
    },
    holder: '/etc/kernel/cmdline',
  },
  sdbootutil: {
    tree: {
      '/proc/cmdline': `BOOT_IMAGE=/linux-a1 ${snapshotLine(1)}\n`,
      '/sys/firmware/efi': {directory: true},
      '/etc/sysconfig/bootloader': 'LOADER_TYPE="grub2-bls"\n',
      '/etc/kernel/cmdline': `${snapshotLine(1)}\n`,
      '/boot/efi/loader/entries/system-1.conf': snapshotEntry(1),
      '/boot/efi/loader/entries/snapper-7.conf': snapshotEntry(7),
      '/boot/efi/opensuse-tumbleweed/6.16.3-1-default/initrd-b1': 'image',
    },
    programs: {sdbootutil},
    holder: '/boot/efi/loader/entries/system-1.conf',
    promise: '/usr/bin/sdbootutil update-all-entries has taken effect.',
  },
  'limine-entry-tool': {
    tree: {
      '/proc/cmdline': `${line}\n`,
      '/boot/limine.conf': `/+CachyOS\n  //linux\n  ### auto-generated by limine-entry-tool\n  protocol: linux\n  module_path: boot():/0123/linux/initramfs#00\n  cmdline: ${line}\n\n  //Snapshots\n   ///2\n     protocol: linux\n     cmdline: root=UUID=1-2\n`,
      '/boot/0123/linux/initramfs': 'image',
      '/etc/default/limine': `KERNEL_CMDLINE[default]="${line}"\n`,
      '/usr/bin/mkinitcpio': {text: '', mode: 0o755},
      '/etc/mkinitcpio.conf': 'MODULES=()\nFILES=()\nHOOKS=(base udev block filesystems)\n',
    },
    programs: {'limine-mkinitcpio': limineMkinitcpio},
    holder: '/boot/limine.conf',
    promise: '/usr/bin/limine-mkinitcpio has taken effect.',
  },
  'rpm-ostree': {
    tree: {
      '/proc/cmdline': `${line} ostree=/ostree/boot.0/fedora/1/0\n`,
      '/boot/loader': {link: 'loader.0'},
      [ostreeEntry]: `title Fedora\nversion 2\noptions ${line} ostree=/ostree/boot.0/fedora/1/0\nlinux /vmlinuz\n`,
      [ostreeOrigin]: '[origin]\nrefspec=fedora\n',
    },
    programs: {'rpm-ostree': rpmOstree},
    holder: ostreeEntry,
    promise: '/usr/bin/rpm-ostree kargs --append-if-missing=',
  },
  nixos: {
    tree: {'/proc/cmdline': `init=/nix/store/x/init ${line}\n`, '/etc/NIXOS': '', '/etc/nixos': {directory: true}},
    holder: '/etc/nixos/vfio-pilot.nix',
  },
  'xen-cmdline': {
    tree: {
      '/proc/cmdline': `${line}\n`,
      '/etc/xensource-inventory': "PRODUCT_BRAND='XCP-ng'\n",
      '/boot/grub/grub.cfg': `menuentry 'XCP-ng' {\n\tmultiboot2 /boot/xen.gz watchdog\n\tmodule2 /boot/vmlinuz ${line}\n}\n`,
    },
    programs: {'xen-cmdline': xenCmdline},
    holder: '/boot/grub/grub.cfg',
    promise: '/opt/xensource/libexec/xen-cmdline --',
  },
};

const plan = (facts: HostFacts) => {
  const sample = samplePlan();
  const binding = {...sample.binding, softdeps: [], moduleOptions: [], initramfsModules: [], byAddress: []};
  return {...sample, initramfs: facts.boot.initramfs, binding};
};
const read = (root: string): HostFacts => readHost(openSource(root, null));
const brokenIn = (root: string): readonly string[] => {
  const facts = read(root);
  return (
    verifyPlan(facts, {version: 3, plan: plan(facts), bootId: null}, null)
      .filter(({id, status}) => (id === 'file' || id === 'command') && status === 'broken')
      .map(({promise}) => promise)
      // No guest is defined here.
      .filter((promise) => !promise.startsWith('/etc/libvirt/'))
  );
};

const applyTo = async ({
  tree,
  holder,
  programs = {},
}: Case): Promise<{readonly root: string; readonly file: string}> => {
  const root = makeTree(tree);
  const facts = read(root);
  const changes = compareArtifacts(facts, renderHost(facts, plan(facts)).artifacts);
  await applyChanges(realMachine(root, {...standIns, ...programs}), request(changes), silent, never);
  const directory = join(root, holder.slice(0, holder.lastIndexOf('/')));
  const name = readdirSync(directory).find((one) => one.startsWith(holder.slice(holder.lastIndexOf('/') + 1)));
  return {root, file: join(directory, name ?? 'missing')};
};

const wordsOf = (text: string): readonly string[] => text.split(/[\s"',[\]]+/);
/** Only what stands as a word of its own: the look-alikes hold these letters too. */
const replaceWord = (text: string, word: string, by: string): string =>
  text.replace(new RegExp(`(?<=[\\s"'])${word.replaceAll('.', '\\.')}(?=[\\s"',\\]]|$)`), by);

describe('verify says NOT KEPT', () => {
  it('is tried with every chain that is written', () => {
    expect(Object.keys(cases).sort()).toEqual(
      bootChains.flatMap(({name, writer}) => (writer === null ? [] : [name])).sort(),
    );
  });

  it.each(Object.entries(cases))('of %s when the entry is changed behind our back', async (name, one) => {
    const {root, file} = await applyTo(one);
    const applied = readFileSync(file, 'utf8');
    expect(read(root).boot.loader).toBe(name);
    // A NixOS module adds to a list that is elsewhere.
    const foreign = name === 'nixos' ? [] : lookAlikes.split(' ').filter((word) => !word.includes(',1:0'));
    expect(wordsOf(applied)).toEqual(expect.arrayContaining([...foreign, 'intel_iommu=on', 'hugepagesz=2M']));
    if (name !== 'nixos') expect(applied).toContain('hugepages_x=0:6144,1:0');
    expect(applied).toMatch(/[\s"']hugepages=0:6144,1:0/);
    expect(brokenIn(root)).toEqual([]);
    for (const [word, nearly] of [
      ['hugepages=0:6144,1:0', 'hugepages=0:614'],
      ['hugepages=0:6144,1:0', 'hugepages=0:6144,1:01'],
      ['intel_iommu=on', 'intel_iommu_x=on'],
      ['intel_iommu=on', ''],
    ] as const) {
      const changed = replaceWord(applied, word, nearly);
      expect(changed).not.toBe(applied);
      writeFileSync(file, changed);
      const shown = file.slice(root.length);
      expect(brokenIn(root), nearly).toContainEqual(
        expect.stringContaining(one.promise ?? `${shown} still has what was applied.`),
      );
    }
  });

  it('of a generation of NixOS that lacks an argument, and not of one with another spelling', () => {
    const tree = (line: string): Tree => ({
      '/etc/NIXOS': '',
      '/nix/var/nix/profiles/system/kernel-params': `${line} ${lookAlikes}\n`,
    });
    const of = (line: string): readonly string[] =>
      brokenIn(makeTree(tree(line))).filter((promise) => promise.includes('generation'));
    expect(of('intel_iommu=on hugepagesz=2M hugepages=0:614')).toHaveLength(1);
    expect(of('intel-iommu=on hugepagesz=2M hugepages=0:6144,1:0')).toEqual([]);
  });
});

describe('the running command line', () => {
  const statuses = (commandLine: string): readonly string[] => {
    const facts = sampleFacts();
    return verifyPlan(
      {...facts, isLive: true, boot: {...facts.boot, commandLine}},
      {version: 3, plan: plan(facts), bootId: null},
      null,
    )
      .filter(({id}) => id === 'kernel-argument')
      .map(({status}) => status);
  };

  it('has an argument as a whole word, in either spelling of its name', () => {
    expect(statuses(`root=/dev/sda1 ${lookAlikes} ${ours.join(' ')}`)).toEqual(['kept', 'kept', 'kept']);
    expect(statuses(`${lookAlikes} intel-iommu=on hugepagesz=2M hugepages=0:6144,1:0`)).toEqual([
      'kept',
      'kept',
      'kept',
    ]);
  });

  it.each([
    ['nothing but look-alikes', lookAlikes],
    ['the beginning of a value', `${lookAlikes} hugepages=0:614 hugepagesz=2 intel_iommu=o`],
    ['more than the value', `${lookAlikes} hugepages=0:6144,1:01 hugepagesz=2MB intel_iommu=on,sm_on`],
    ['them for init only', `quiet -- ${ours.join(' ')}`],
    ['them inside a quotation', `note="${ours.join(' ')}"`],
    ['values of another spelling', 'intel_iommu=ON hugepagesz=2m hugepages=0:6144_1:0'],
  ])('lacks them where it has %s', (_what, commandLine) => {
    expect(statuses(commandLine)).toEqual(['broken', 'broken', 'broken']);
  });
});
