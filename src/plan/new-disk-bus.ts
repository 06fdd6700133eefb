import type {ProfileGuest} from '../profile/profile.ts';

/**
 * Of the disk of a new guest. Windows' installer sees no virtio disk without a driver; a system that is installed keeps
 * the bus that it began with.
 */
export const newDiskBus = ({
  diskBus,
  os,
  phase,
  drivers,
}: Pick<ProfileGuest, 'diskBus' | 'os' | 'phase' | 'drivers'>): 'virtio' | 'sata' => {
  if (diskBus !== 'auto') return diskBus;
  return os.startsWith('windows') && phase === 'install' && drivers === null ? 'sata' : 'virtio';
};
