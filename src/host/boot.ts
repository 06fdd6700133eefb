import type {Source} from '../system/source.ts';
import {readBootLoader} from './boot-loader.ts';
import {readFirmware, readLoaderVariable, readSecureBoot} from './efi-variables.ts';
import type {BootFacts, EntryChoice} from './facts.ts';
import {readGrubMenu} from './grub-menu.ts';
import {readInitramfsSystem} from './initramfs-system.ts';
import {readKernelImages} from './kernel-images.ts';
import {readDeployment} from './ostree-deployment.ts';
import type {Note} from './reader.ts';
import {readUnifiedImages} from './unified-images.ts';

export const readBoot = (source: Source, note: Note): BootFacts => {
  const firmware = readFirmware(source);
  const commandLine = source.text('/proc/cmdline')?.trim() ?? null;
  const loader = readBootLoader(source, note, {firmware, commandLine});
  return {
    firmware,
    secureBoot: readSecureBoot(source, firmware),
    lockdown: parseLockdown(source.text('/sys/kernel/security/lockdown')),
    ...loader,
    ...readInitramfsSystem(source, note),
    commandLine,
    entryChoice: readEntryChoice(source),
    unifiedImages: readUnifiedImages(source),
    ...readKernelImages(source),
    ...readGrubMenu(source, commandLine),
    watchdog: source.text('/sys/class/watchdog/watchdog0/identity')?.trim() ?? null,
    grubName: readGrubName(source),
    // nixpkgs: nixos/modules/system/activation/top-level.nix
    ...(loader.loader === 'nixos' ? {generationArguments: source.text('/nix/var/nix/profiles/system/kernel-params')?.trim() ?? null} : {}),
    ...(loader.loader === 'rpm-ostree' ? {deployment: readDeployment(source)} : {}),
  };
};

const readEntryChoice = (source: Source): EntryChoice => ({
  loader: readLoaderVariable(source, 'LoaderInfo'),
  selected: readLoaderVariable(source, 'LoaderEntrySelected'),
  preferred: readLoaderVariable(source, 'LoaderEntryPreferred'),
  default: readLoaderVariable(source, 'LoaderEntryDefault'),
  lastBooted: readLoaderVariable(source, 'LoaderEntryLastBooted'),
  hasBootctl: source.exists('/usr/bin/bootctl'),
});
/** The menu tells; its directory may be closed to this user, and then the program does. */
const readGrubName = (source: Source): 'grub' | 'grub2' => {
  const hasMenu = source.exists('/boot/grub2/grub.cfg');
  const hasProgram = ['/usr/sbin/grub2-mkconfig', '/usr/bin/grub2-mkconfig'].some(source.exists) && !source.exists('/boot/grub/grub.cfg');
  return hasMenu || hasProgram ? 'grub2' : 'grub';
};

/** `none [integrity] confidentiality`: the active one stands in brackets. */
const parseLockdown = (text: string | null): string | null => /\[(\w+)\]/.exec(text ?? '')?.[1] ?? null;
