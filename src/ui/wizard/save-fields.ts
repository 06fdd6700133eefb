import {oneLine, plainName} from '../../profile/scalars.ts';
import {
  always,
  type ChoiceField,
  type Field,
  type FieldContext,
  refuseBy,
  refuseUnless,
  type TextField,
} from './field.ts';

const isKept = ({edits}: FieldContext): boolean => edits['save.isWanted'] !== 'no';

const isWanted: ChoiceField = {
  id: 'save.isWanted',
  kind: 'choice',
  label: 'Save the profile',
  subjects: [],
  isShown: always,
  options: () => [
    {
      value: 'yes',
      label: 'yes',
      cost: 'A small YAML file with your choices. `vfio-pilot apply` applies it, here or on another machine.',
    },
    {
      value: 'no',
      label: 'no',
      cost: 'Your choices are lost when the wizard ends. You can still roll back what you applied.',
    },
  ],
  read: ({edits}) => (edits['save.isWanted'] === 'no' ? 'no' : 'yes'),
  write: (profile) => profile,
};

const name: TextField = {
  id: 'name',
  kind: 'text',
  label: 'Name',
  subjects: [],
  isShown: isKept,
  read: ({profile}) => profile.name,
  write: (profile, value) => ({...profile, name: String(value)}),
  refuse: refuseBy(plainName),
  cost: () => 'The name of this set-up in `vfio-pilot history`, and of the file unless you change that.',
};

const description: TextField = {
  id: 'description',
  kind: 'text',
  label: 'Description',
  subjects: [],
  isShown: isKept,
  read: ({profile}) => profile.description ?? '',
  write: (profile, value) => ({...profile, description: value === '' ? null : String(value)}),
  refuse: refuseUnless([''], oneLine),
  cost: () => 'A note for yourself, in one line. It may be empty.',
};

const path: TextField = {
  id: 'save.path',
  kind: 'text',
  label: 'File',
  subjects: [],
  isShown: isKept,
  path: 'profile',
  read: ({defaultPath}) => defaultPath,
  write: (profile) => profile,
  refuse: (text) => (text.trim() === '' ? 'Type a file name, or choose not to save.' : null),
  cost: ({openedPath, defaultPath, edits}) =>
    openedPath !== null && (edits['save.path'] ?? defaultPath) === openedPath
      ? `This is the profile that you opened: it is replaced, and the old one is kept as ${openedPath}.bak. Type another name to keep both.`
      : 'The folder must exist. An existing file is never overwritten.',
};

export const saveFields: readonly Field[] = [isWanted, name, description, path];
