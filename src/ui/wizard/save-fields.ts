import {oneLine, plainName} from '../../profile/scalars.ts';
import {always} from './field.ts';
import type {ChoiceField, Field, FieldContext, TextField} from './field.ts';
import {refuseBy, refuseUnless} from './grammar.ts';

const isKept = ({edits}: FieldContext): boolean => edits['save.isWanted'] !== 'no';

const isWanted: ChoiceField = {
  id: 'save.isWanted',
  kind: 'choice',
  label: 'Save the profile',
  subjects: [],
  isShown: always,
  options: () => [
    {value: 'yes', label: 'yes', cost: 'A small YAML file with what you decided; it can be replayed with `vfio-pilot apply`, here or on another machine.'},
    {value: 'no', label: 'no', cost: 'Your choices are gone when the wizard ends; what was applied can still be rolled back.'},
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
  cost: () => 'What the history calls this set-up. The file is named after it until you name the file yourself.',
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
  cost: () => 'One line for people, or nothing.',
};

const path: TextField = {
  id: 'save.path',
  kind: 'text',
  label: 'File',
  subjects: [],
  isShown: isKept,
  read: ({defaultPath}) => defaultPath,
  write: (profile) => profile,
  refuse: (text) => (text.trim() === '' ? 'Name a file, or choose not to save.' : null),
  cost: () => 'In a folder that is there already. A file that exists is never overwritten.',
};

export const saveFields: readonly Field[] = [isWanted, name, description, path];
