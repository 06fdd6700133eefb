import {always} from './field.ts';
import type {ChoiceField, Field, TextField} from './field.ts';

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

const path: TextField = {
  id: 'save.path',
  kind: 'text',
  label: 'File',
  subjects: [],
  isShown: ({edits}) => edits['save.isWanted'] !== 'no',
  read: ({defaultPath}) => defaultPath,
  write: (profile) => profile,
  cost: () => 'The folder is made if it is missing; a profile that is there already is replaced.',
};

export const saveFields: readonly Field[] = [isWanted, path];
