import {inputDirectory, isKeyboardPath, isMousePath} from '../../facts/inputs.ts';
import {toggleKeys} from '../../hypervisor/kvm/toggle-keys.ts';
import {type GrabToggle, grabToggles} from '../../profile/grab-toggle.ts';
import type {Profile} from '../../profile/profile.ts';
import {type ChoiceField, type FieldContext, type FieldOption} from './field.ts';

const withEvdev = (profile: Profile, evdev: readonly string[]): Profile => ({
  ...profile,
  guest: {...profile.guest, evdev},
});

/** `usb-Logitech_G513-event-kbd` without what all of them have. */
const shortName = (path: string): string =>
  path
    .slice(inputDirectory.length + 1)
    .replace(/^usb-/, '')
    .replace(/-event-\w+$/, '')
    .replaceAll('_', ' ');

type Kind = {
  readonly id: string;
  readonly label: string;
  readonly isOfKind: (path: string) => boolean;
  readonly none: string;
  readonly one: string;
};

const several = 'several';

const optionsOf = ({facts, profile}: FieldContext, kind: Kind): readonly FieldOption[] => {
  const present = (facts.inputs ?? []).map(({path}) => path).filter(kind.isOfKind);
  const wanted = profile.guest.evdev.filter(kind.isOfKind);
  const missing = wanted.filter((path) => !present.includes(path));
  return [
    {value: '', label: 'not from the host', cost: kind.none},
    ...present.map((path) => ({value: path, label: shortName(path), cost: kind.one})),
    ...missing.map((path) => ({
      value: path,
      label: `${shortName(path)} (missing)`,
      cost: 'It is not plugged in now, and the guest does not start without it.',
    })),
    ...(wanted.length > 1
      ? [{value: several, label: `${wanted.length} of them`, cost: wanted.map(shortName).join(', ')}]
      : []),
  ];
};

const inputField = (kind: Kind): ChoiceField => ({
  id: kind.id,
  kind: 'choice',
  label: kind.label,
  subjects: ['guest.evdev'],
  isShown: ({facts, profile}) => (facts.inputs?.length ?? 0) > 0 || profile.guest.evdev.length > 0,
  options: (context) => optionsOf(context, kind),
  read: ({profile}) => {
    const wanted = profile.guest.evdev.filter(kind.isOfKind);
    return wanted.length > 1 ? several : (wanted[0] ?? '');
  },
  write: (profile, value) => {
    if (value === several) return profile;
    const others = profile.guest.evdev.filter((path) => !kind.isOfKind(path));
    const own = value === '' ? [] : [String(value)];
    return withEvdev(profile, kind.isOfKind === isKeyboardPath ? [...own, ...others] : [...others, ...own]);
  },
});

const toggle: ChoiceField = {
  id: 'guest.evdevToggle',
  kind: 'choice',
  label: 'Switch by',
  subjects: ['guest.evdevToggle', 'guest.evdev'],
  isShown: ({profile}) => profile.guest.evdev.length > 0,
  options: () =>
    Object.keys(grabToggles).map((value) => ({
      value,
      label: toggleKeys[value as GrabToggle],
      cost: 'These keys hand keyboard and mouse to the guest, and the same keys back to the host.',
    })),
  read: ({profile}) => profile.guest.evdevToggle,
  write: (profile, value) => ({...profile, guest: {...profile.guest, evdevToggle: value as GrabToggle}}),
};

/** Keyboard and mouse of the host, which both sides have in turn. */
export const inputFields: readonly ChoiceField[] = [
  inputField({
    id: 'guest.evdev',
    label: 'Keyboard',
    isOfKind: isKeyboardPath,
    none: 'The guest has emulated devices, whose keys come from the window that shows it.',
    one: 'The guest takes this keyboard when it starts. Both Ctrl keys at once give it back, and again to the guest.',
  }),
  inputField({
    id: 'guest.evdev:mouse',
    label: 'Mouse',
    isOfKind: isMousePath,
    none: 'The guest has an emulated pointer, which follows the window that shows it.',
    one: 'It goes to the guest and back together with the keyboard.',
  }),
  toggle,
];
