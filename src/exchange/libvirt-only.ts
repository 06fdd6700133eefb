import type {Plan} from '../plan/plan.ts';

/** What a guest of libvirt has of its host for the person in front of it, and a guest of a cluster has not. */
export const libvirtOnly = ({guest}: Plan): readonly string[] => {
  if (guest.kind !== 'kvm') return [];
  return [
    ...(guest.evdev.length === 0 ? [] : ['The keyboard and mouse of the host (guest.evdev).']),
    ...(guest.lookingGlass === null ? [] : ['The picture in a window of the host (guest.lookingGlass).']),
    ...(guest.sound === null || guest.sound.backend === 'none'
      ? []
      : ['The sound card that plays on the host (guest.sound).']),
    ...(guest.shares.length === 0
      ? []
      : [`Folders of the host: ${guest.shares.map(({dir}) => dir).join(', ')} (guest.share).`]),
  ];
};
