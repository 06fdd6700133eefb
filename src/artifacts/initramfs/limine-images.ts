import type {InitramfsBackend} from './initramfs-system.ts';
import {mkinitcpio} from './mkinitcpio.ts';

/**
 * mkinitcpio's settings; the images are in places and with checksums that limine-mkinitcpio alone knows, and no preset
 * tells of them. It makes the entries as well, and stands with the boot loader, where it is judged whether that is safe.
 */
export const limineImages: InitramfsBackend = {...mkinitcpio, renderImages: () => [], judgeImages: () => []};
