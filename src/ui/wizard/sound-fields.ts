import {libvirtOf} from '../../facts/virtualisation.ts';
import type {ProfileGuest} from '../../profile/profile.ts';
import {absolutePath} from '../../profile/scalars.ts';
import {always, type ChoiceField, type Field, refuseUnless, type TextField, withGuest} from './field.ts';

const sounds: readonly ProfileGuest['sound'][] = ['auto', 'none', 'spice', 'pipewire'];

const sound: ChoiceField = {
  id: 'guest.sound',
  kind: 'choice',
  label: 'Sound',
  subjects: ['guest.sound'],
  isShown: always,
  options: ({facts}) => [
    {
      value: 'auto',
      label: 'automatic',
      cost: 'Through the window of Looking Glass where the guest has that. Otherwise what it has stays; a graphics card plays on its own connector.',
    },
    {value: 'none', label: 'no emulated card', cost: 'The guest has no sound but that of its devices.'},
    {
      value: 'spice',
      label: 'SPICE',
      cost: `A sound card that the window of the guest plays.${libvirtOf(facts).hasSpice === false ? ' This QEMU has no SPICE.' : ''}`,
    },
    {
      value: 'pipewire',
      label: 'PipeWire',
      cost: 'A sound card that plays in the session of a user, who has to be logged in before the guest starts.',
    },
  ],
  read: ({profile}) => profile.guest.sound,
  write: (profile, value, {facts}) => {
    const chosen = sounds.find((one) => one === value) ?? 'auto';
    const [first = null] = libvirtOf(facts).pipeWireDirectories ?? [];
    const {soundRuntimeDir} = profile.guest;
    return withGuest(profile, {
      sound: chosen,
      soundRuntimeDir: chosen === 'pipewire' ? (soundRuntimeDir ?? first) : soundRuntimeDir,
    });
  },
};

const soundRuntimeDir: TextField = {
  id: 'guest.soundRuntimeDir',
  kind: 'text',
  label: 'PipeWire of',
  subjects: ['guest.soundRuntimeDir'],
  isShown: ({profile}) => profile.guest.sound === 'pipewire',
  whenEmpty: 'nobody yet',
  read: ({profile}) => profile.guest.soundRuntimeDir ?? '',
  write: (profile, value) => withGuest(profile, {soundRuntimeDir: value === '' ? null : String(value)}),
  refuse: refuseUnless([''], absolutePath),
  cost: ({facts}) =>
    `Runtime directory of the user who hears the sound: /run/user/ and the number that id -u prints.${listed(libvirtOf(facts).pipeWireDirectories ?? [])}`,
};

const listed = (directories: readonly string[]): string =>
  directories.length === 0 ? '' : ` PipeWire runs in ${directories.join(', ')}.`;

export const soundFields: readonly Field[] = [sound, soundRuntimeDir];
