import type {BootLoader, HostFacts, InitramfsSystem} from '../../host/facts.ts';
import {dracut} from './dracut.ts';
import type {InitramfsBackend} from './initramfs-system.ts';
import {initramfsTools} from './initramfs-tools-files.ts';
import {mkinitcpio} from './mkinitcpio.ts';

const systems: Readonly<Partial<Record<InitramfsSystem, InitramfsBackend>>> = {
  'initramfs-tools': initramfsTools,
  dracut,
  mkinitcpio,
};

/** There the image is part of a deployment or a generation, and what lies in /boot is made anew from elsewhere. */
const imageKeepers: ReadonlySet<BootLoader | null> = new Set(['rpm-ostree', 'nixos', 'uki']);

/** `null` where the image can't be made by us. */
export const initramfsBackend = (facts: HostFacts, system: InitramfsSystem | null): InitramfsBackend | null =>
  system === null || imageKeepers.has(facts.boot.loader) ? null : (systems[system] ?? null);

export const servedSystems: readonly string[] = Object.keys(systems);
