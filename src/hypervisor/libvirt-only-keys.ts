import type {ProfileGuest} from '../profile/profile.ts';
import type {UnusedKey} from './judge-unused-keys.ts';

/** Keys that this version serves in domains of libvirt only. */
export const libvirtOnlyKeys = [
  'guest.phase',
  'guest.evdev',
  'guest.evdevToggle',
  'guest.lookingGlass',
  'guest.share',
  'guest.sound',
  'guest.soundRuntimeDir',
] as const;

/** Those that can be told from a default. */
export const libvirtOnly = (guest: ProfileGuest): readonly UnusedKey[] => [
  {
    subject: 'guest.phase',
    isSet: guest.phase !== null,
    why: 'the phases of a guest are edits of a libvirt domain',
  },
  {
    subject: 'guest.lookingGlass',
    isSet: guest.lookingGlass !== null,
    why: 'this version sets Looking Glass up in guests of libvirt only',
  },
  {
    subject: 'guest.share',
    isSet: guest.share.length > 0,
    why: 'this version shares folders with guests of libvirt only',
  },
  {
    subject: 'guest.sound',
    isSet: guest.sound !== 'auto',
    why: 'this version gives emulated sound cards to guests of libvirt only',
  },
  {
    subject: 'guest.evdev',
    isSet: guest.evdev.length > 0,
    why: 'this version hands keyboards over in guests of libvirt only; give the guest a USB device instead',
  },
];
