import type {CommandArtifact} from '../artifact.ts';
import type {InitramfsBackend} from './initramfs-system.ts';
import {mkinitcpio} from './mkinitcpio.ts';

/** It makes the entries as well, and is run once for both. */
export const limineArgv: CommandArtifact['argv'] = ['/usr/bin/limine-mkinitcpio'];

/** mkinitcpio's settings, and images in places and with checksums that only this tool knows; no preset tells of them. */
const makeImages: CommandArtifact = {
  kind: 'command',
  argv: limineArgv,
  undo: limineArgv,
  triggers: mkinitcpio.triggers,
  timeoutSeconds: 1800,
  why: ['Each kernel reads modules, modprobe.d and the hook from its initramfs, before the root file system is there.'],
};

/** Whether it is safe to have them made is judged with the boot loader. */
export const limineImages: InitramfsBackend = {...mkinitcpio, renderImages: () => [makeImages], judgeImages: () => []};
