import type {HostFacts, InitramfsSystem} from '../../host/facts.ts';
import {servedInitramfs} from '../../served-systems.ts';
import type {ServedImage} from '../../served-systems.ts';
import {booster} from './booster.ts';
import {dracut} from './dracut.ts';
import type {InitramfsBackend} from './initramfs-system.ts';
import {initramfsTools} from './initramfs-tools-files.ts';
import {limineImages} from './limine-images.ts';
import {mkinitcpio} from './mkinitcpio.ts';
import {ostreeOverlay} from './ostree-overlay.ts';
import {sdbootutilImages} from './sdbootutil-images.ts';

const systems: Readonly<Record<ServedImage, InitramfsBackend | null>> = {
  'initramfs-tools': initramfsTools,
  dracut,
  mkinitcpio,
  booster,
  // Its module has all of it.
  nixos: null,
  'limine-entry-tool': limineImages,
  'rpm-ostree': ostreeOverlay,
  sdbootutil: sdbootutilImages,
};

/** `null` where the image can't be made by us. */
export const initramfsBackend = (facts: HostFacts, system: InitramfsSystem | null): InitramfsBackend | null => {
  const served = servedInitramfs(facts.boot, system);
  return served === null ? null : systems[served];
};
