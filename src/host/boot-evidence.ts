import type {Source} from '../system/source.ts';
import {readLoaderVariable} from './efi-variables.ts';
import type {BootLoader} from './facts.ts';
import {ownValue} from '../own-value.ts';
import {readUnifiedImages} from './unified-images.ts';

/**
 * What speaks for a loader, strongest first: `system` means the whole system is made that way whatever loads it,
 * `boot` that it loaded the running kernel, `files` that somebody set it up, `package` only that it is installed.
 */
export type BootEvidence = {
  readonly loader: BootLoader;
  readonly strength: 'system' | 'boot' | 'files' | 'package';
  readonly sentence: string;
};

type Boot = {readonly firmware: 'uefi' | 'bios' | null; readonly commandLine: string | null};

export const readBootEvidence = (source: Source, boot: Boot): readonly BootEvidence[] => {
  const evidence = [
    ...systemEvidence(source, boot),
    ...variableEvidence(source),
    ...commandLineEvidence(boot),
    ...systemdBootFiles(source),
    ...unifiedFiles(source),
    ...otherFiles(source),
    ...grubFiles(source),
  ];
  return boot.firmware === 'bios' ? evidence.filter((item) => !needsUefi.has(item.loader)) : evidence;
};

const needsUefi: ReadonlySet<BootLoader> = new Set(['systemd-boot', 'uki', 'kernelstub', 'sdbootutil']);

const systemEvidence = (source: Source, {commandLine}: Boot): readonly BootEvidence[] => {
  const found: BootEvidence[] = [];
  const add = (loader: BootLoader, sentence: string): number => found.push({loader, strength: 'system', sentence});
  if (hasArgument(commandLine, 'ostree=')) add('rpm-ostree', 'The kernel command line has ostree=: this is an OSTree deployment, whose arguments rpm-ostree keeps.');
  else if (source.exists('/run/ostree-booted')) add('rpm-ostree', '/run/ostree-booted exists: this is an OSTree deployment.');
  if (hasArgument(commandLine, 'init=/nix/store/')) add('nixos', 'The kernel command line has init=/nix/store/…: NixOS made this boot entry.');
  else if (source.exists('/etc/NIXOS')) add('nixos', '/etc/NIXOS exists: boot entries are made from the NixOS configuration.');
  return found;
};

/** systemd: systemd-boot(7), systemd-stub(7). GRUB 2.12 and later set LoaderInfo too. */
const variableEvidence = (source: Source): readonly BootEvidence[] => {
  const stub = readLoaderVariable(source, 'StubInfo');
  const info = readLoaderVariable(source, 'LoaderInfo');
  const loader = loaderInfoNames.find(([pattern]) => pattern.test(info ?? ''))?.[1];
  const found: BootEvidence[] = [];
  if (stub !== null) found.push({loader: 'uki', strength: 'boot', sentence: `The EFI variable StubInfo says "${stub}": a unified kernel image was started.`});
  if (loader !== undefined) found.push({loader, strength: 'boot', sentence: `The EFI variable LoaderInfo says "${info}".`});
  return found;
};

const loaderInfoNames: readonly (readonly [RegExp, BootLoader])[] = [
  [/^systemd-boot\b/i, 'systemd-boot'],
  [/^GRUB\b/i, 'grub'],
  [/^Limine\b/i, 'limine'],
];

const commandLineEvidence = ({commandLine}: Boot): readonly BootEvidence[] => {
  const found: BootEvidence[] = [];
  if (hasArgument(commandLine, 'initrd=\\')) {
    found.push({loader: 'systemd-boot', strength: 'boot', sentence: 'The kernel command line has initrd=\\…: systemd-boot hands the initramfs over in this way.'});
  }
  if (hasArgument(commandLine, 'BOOT_IMAGE=')) {
    found.push({loader: 'grub', strength: 'boot', sentence: 'The kernel command line has BOOT_IMAGE=, which GRUB adds.'});
  }
  return found;
};

const systemdBootFiles = (source: Source): readonly BootEvidence[] => {
  const places = ['/boot', '/boot/efi', '/efi'];
  const program = places.map((place) => `${place}/EFI/systemd/systemd-bootx64.efi`).find(source.exists);
  const settings = places.map((place) => `${place}/loader/loader.conf`).find(source.exists);
  const entries = places.map((place) => `${place}/loader/entries`).find((path) => source.list(path).some((name) => name.endsWith('.conf')));
  const own = settings ?? program;
  if (own !== undefined) {
    const also = entries === undefined ? '' : ` and ${entries} holds boot entries`;
    return [{loader: 'systemd-boot', strength: 'files', sentence: `${own} exists${also}: systemd-boot is set up.`}];
  }
  if (entries === undefined) return [];
  // GRUB with BLS keeps its entries in the same place, so that entries alone say little.
  return [{loader: 'systemd-boot', strength: 'package', sentence: `${entries} holds boot entries, but no loader.conf lies beside them.`}];
};

/** Limine: CONFIG.md; beside its EFI program in the first place. */
export const limineFiles = ['/boot/limine/limine.conf', '/boot/limine.conf', '/limine/limine.conf', '/limine.conf', '/boot/efi/limine.conf', '/boot/EFI/BOOT/limine.conf', '/boot/EFI/limine/limine.conf', '/efi/limine.conf', '/efi/EFI/limine/limine.conf'] as const;

/** Such an image is an entry of systemd-boot too: where nothing tells what was started, both are possible. */
const unifiedFiles = (source: Source): readonly BootEvidence[] => {
  const [first] = readUnifiedImages(source);
  return first === undefined ? [] : [{loader: 'uki', strength: 'files', sentence: `${first.path} exists: a unified kernel image is set up.`}];
};

const otherFiles = (source: Source): readonly BootEvidence[] => {
  const limine = limineFiles.find(source.exists);
  const found: BootEvidence[] = [];
  if (limine !== undefined) found.push({loader: 'limine', strength: 'files', sentence: `${limine} exists: Limine is set up.`});
  if (source.exists('/etc/default/limine')) found.push({loader: 'limine-entry-tool', strength: 'files', sentence: '/etc/default/limine exists: limine-entry-tool writes the entries of Limine.'});
  if (source.exists('/etc/kernelstub/configuration')) {
    found.push({loader: 'kernelstub', strength: 'files', sentence: '/etc/kernelstub/configuration exists: kernelstub writes the entries of systemd-boot.'});
  }
  if (source.exists('/etc/kernel/proxmox-boot-uuids')) {
    found.push({loader: 'proxmox-boot-tool', strength: 'files', sentence: '/etc/kernel/proxmox-boot-uuids exists: proxmox-boot-tool fills the EFI partitions.'});
  }
  return [...found, ...suseEvidence(source)];
};

/**
 * openSUSE's perl-bootloader: `LOADER_TYPE` of /etc/sysconfig/bootloader decides what its tools write. With loader
 * entries it is sdbootutil that writes them, whether systemd-boot or GRUB reads them.
 */
const suseEvidence = (source: Source): readonly BootEvidence[] => {
  const type = /^LOADER_TYPE=["']?([\w-]+)/m.exec(source.text('/etc/sysconfig/bootloader') ?? '')?.[1];
  const loaders = type === undefined ? [] : (ownValue(suseTypes, type) ?? []);
  return loaders.map((loader) => ({loader, strength: 'files', sentence: `/etc/sysconfig/bootloader has LOADER_TYPE=${type}.`}));
};

const suseTypes: Readonly<Record<string, readonly BootLoader[]>> = {
  grub2: ['grub'],
  'grub2-efi': ['grub'],
  'grub2-bls': ['sdbootutil', 'grub-bls'],
  'systemd-boot': ['sdbootutil'],
};

const grubFiles = (source: Source): readonly BootEvidence[] => {
  const menu = ['/boot/grub/grub.cfg', '/boot/grub2/grub.cfg'].find(source.exists);
  const hasDefaults = source.exists('/etc/default/grub');
  if (menu !== undefined) return [{loader: 'grub', strength: 'files', sentence: `${menu} exists: somebody made a GRUB menu.`}];
  const tool = ['/usr/sbin/update-grub', '/usr/sbin/grub-mkconfig', '/usr/bin/grub-mkconfig', '/usr/sbin/grub2-mkconfig'].find(source.exists);
  if (!hasDefaults) return [];
  const sentence =
    tool === undefined
      ? '/etc/default/grub exists; that is weak evidence for GRUB, for nothing else speaks for it.'
      : `/etc/default/grub and ${tool} exist: GRUB is installed, which does not prove that it starts this machine.`;
  return [{loader: 'grub', strength: 'package', sentence}];
};

const hasArgument = (commandLine: string | null, start: string): boolean =>
  (commandLine ?? '').split(/\s+/).some((argument) => argument.startsWith(start));
