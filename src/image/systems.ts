import type {InitramfsSystem} from '../facts/boot.ts';
import {booster} from './booster.ts';
import {dracut} from './dracut.ts';
import type {ImageSystem} from './image-system.ts';
import {initramfsTools} from './initramfs-tools/initramfs-tools.ts';
import {mkinitcpio} from './mkinitcpio/mkinitcpio.ts';

export const imageSystems: readonly ImageSystem[] = [initramfsTools, dracut, mkinitcpio, booster];

export const imageSystem = (
  name: InitramfsSystem | null,
  systems: readonly ImageSystem[] = imageSystems,
): ImageSystem | null => systems.find((system) => system.name === name) ?? null;
