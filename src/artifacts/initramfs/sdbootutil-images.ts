import type {CommandArtifact} from '../artifact.ts';
import {dracut} from './dracut.ts';
import type {InitramfsBackend} from './initramfs-system.ts';

const argv: CommandArtifact['argv'] = ['/usr/bin/sdbootutil', 'mkinitrd'];

/**
 * dracut makes the images, and sdbootutil puts them on the EFI partition under the checksum of their content: a new one
 * stands beside the old, which entries of other snapshots go on using.
 */
const mkinitrd: CommandArtifact = {
  kind: 'command',
  argv,
  undo: argv,
  triggers: dracut.triggers,
  timeoutSeconds: 1800,
  why: ['Each kernel of this snapshot reads modules, modprobe.d and the hook from its initramfs, before the root file system is there.'],
};

/** Whether it is safe to have entries written is judged with the boot loader. */
export const sdbootutilImages: InitramfsBackend = {...dracut, renderImages: () => [mkinitrd], judgeImages: () => []};
