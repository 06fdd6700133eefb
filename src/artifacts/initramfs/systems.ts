import type {HostFacts, InitramfsSystem} from '../../host/facts.ts';
import {servedInitramfs} from '../../served-systems.ts';
import type {ServedInitramfsSystem} from '../../served-systems.ts';
import {dracut} from './dracut.ts';
import type {InitramfsBackend} from './initramfs-system.ts';
import {initramfsTools} from './initramfs-tools-files.ts';
import {mkinitcpio} from './mkinitcpio.ts';

const systems: Readonly<Record<ServedInitramfsSystem, InitramfsBackend>> = {
  'initramfs-tools': initramfsTools,
  dracut,
  mkinitcpio,
};

/** `null` where the image can't be made by us. */
export const initramfsBackend = (facts: HostFacts, system: InitramfsSystem | null): InitramfsBackend | null => {
  const served = servedInitramfs(facts.boot, system);
  return served === null ? null : systems[served];
};
