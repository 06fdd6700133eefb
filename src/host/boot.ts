import type {Source} from '../system/source.ts';
import {readBootLoader} from './boot-loader.ts';
import {readFirmware, readSecureBoot} from './efi-variables.ts';
import type {BootFacts} from './facts.ts';
import {readGrubMenu} from './grub-menu.ts';
import {readInitramfsSystem} from './initramfs-system.ts';
import {readKernelImages} from './kernel-images.ts';
import type {Note} from './reader.ts';

export const readBoot = (source: Source, note: Note): BootFacts => {
  const firmware = readFirmware(source);
  const commandLine = source.text('/proc/cmdline')?.trim() ?? null;
  return {
    firmware,
    secureBoot: readSecureBoot(source, firmware),
    lockdown: parseLockdown(source.text('/sys/kernel/security/lockdown')),
    ...readBootLoader(source, note, {firmware, commandLine}),
    ...readInitramfsSystem(source, note),
    commandLine,
    ...readKernelImages(source),
    ...readGrubMenu(source, commandLine),
    watchdog: source.text('/sys/class/watchdog/watchdog0/identity')?.trim() ?? null,
  };
};

/** `none [integrity] confidentiality`: the active one stands in brackets. */
const parseLockdown = (text: string | null): string | null => /\[(\w+)\]/.exec(text ?? '')?.[1] ?? null;
