import type {Profile} from '../../profile/profile.ts';
import {absolutePath, largestMiB, leastDiskMiB} from '../../profile/scalars.ts';
import {
  type ChoiceField,
  type Field,
  isNew,
  isWindows,
  type NumberField,
  refuseUnless,
  type TextField,
  withGuest,
} from './field.ts';
import {exactMiB, parseMiB, renderMiB} from './size-text.ts';

const disk: TextField = {
  id: 'guest.disk',
  kind: 'text',
  label: 'Disk image',
  subjects: ['guest.disk'],
  isShown: isNew,
  whenEmpty: 'automatic',
  path: 'disk',
  read: ({profile}) => (profile.guest.disk === 'auto' ? '' : profile.guest.disk),
  write: (profile, value) => withGuest(profile, {disk: value === '' ? 'auto' : String(value)}),
  refuse: refuseUnless(['', 'auto'], absolutePath),
  cost: () =>
    `Path of the disk image. Leave it empty for a file named after the guest in /var/lib/libvirt/images. What is there is used, and never written over.`,
};

/** 0: none, which the profile has as `null`. */
const diskSize: NumberField = {
  id: 'guest.diskSize',
  kind: 'number',
  label: 'Disk size',
  subjects: ['guest.diskSize'],
  isShown: isNew,
  read: ({profile}) => profile.guest.diskSizeMiB ?? 0,
  step: () => 10 * 1024,
  range: () => [0, largestMiB],
  parse: (text) => {
    const size = parseMiB(text);
    return typeof size === 'number' && size > 0 && size < leastDiskMiB
      ? {problem: `${renderMiB(size)} is too little for a disk: the least is ${renderMiB(leastDiskMiB)}.`}
      : size;
  },
  render: (size) => (size === 0 ? 'no disk is made' : renderMiB(size)),
  renderBriefly: exactMiB,
  write: (profile, value) => withGuest(profile, {diskSizeMiB: value === 0 ? null : Number(value)}),
  cost: () =>
    'Size of a new disk image, for example 100; a number below 1024 means GiB. Apply makes it where no image is, and it grows as the guest fills it. 0: you have an image, or make one yourself.',
};

const drivers: TextField = {
  id: 'guest.drivers',
  kind: 'text',
  label: 'Driver ISO',
  subjects: ['guest.drivers'],
  isShown: (context) => isNew(context) && (isWindows(context) || context.profile.guest.drivers !== null),
  path: 'iso',
  read: ({profile}) => profile.guest.drivers ?? '',
  write: (profile, value) => withGuest(profile, {drivers: value === '' ? null : String(value)}),
  refuse: refuseUnless([''], absolutePath),
  cost: () => 'Path of virtio-win.iso, with the drivers that Windows needs for disk and network, or nothing.',
};

const phase: ChoiceField = {
  id: 'guest.phase',
  kind: 'choice',
  label: 'First start',
  subjects: ['guest.phase'],
  isShown: isNew,
  options: ({profile: {guest}}) => [
    {
      value: 'both',
      label: 'card and screen',
      cost: 'The guest has the card and an emulated screen from its first start.',
    },
    {
      value: 'install',
      label: 'installation',
      cost: 'The guest starts with an emulated screen and the media, and without the card. `vfio-pilot guest phase` gives it the card afterwards.',
    },
    ...(guest.phase === 'prepare' || guest.phase === 'run'
      ? [{value: guest.phase, label: guest.phase, cost: 'The phase that the profile has.'}]
      : []),
  ],
  read: ({profile}) => profile.guest.phase ?? 'both',
  write: (profile, value) =>
    withGuest(profile, {phase: value === 'both' ? null : (value as Profile['guest']['phase'])}),
};

const cdrom: TextField = {
  id: 'guest.cdrom',
  kind: 'text',
  label: 'ISO image',
  subjects: ['guest.cdrom'],
  isShown: isNew,
  path: 'iso',
  read: ({profile}) => profile.guest.cdrom ?? '',
  write: (profile, value) => withGuest(profile, {cdrom: value === '' ? null : String(value)}),
  refuse: refuseUnless([''], absolutePath),
  cost: () => 'Path of the ISO image that installs the operating system, or nothing.',
};

/** What a new guest starts from: its disk, the media, and the phase of its first start. */
export const mediaFields: readonly Field[] = [disk, diskSize, cdrom, drivers, phase];
