import type {FolderEntry, Looked} from '../../system/user-folder.ts';
import type {FoundImage} from '../../host/images/find-images.ts';
import type {WizardContext} from './context.ts';
import {type TextField, valueOf} from './field.ts';
import {acceptPath, focusedField, leaveForm, moveInForm} from './form-step.ts';
import {commonStart, completionsOf, splitPath, whyNotImage} from './path-text.ts';
import type {Action, Lookup, WizardState} from './state.ts';
import {editAtEnd} from './text-edit.ts';

/** The field with the focus, where it names a file. */
export const focusedPath = (
  context: WizardContext,
  state: WizardState,
): {readonly field: TextField; readonly kind: NonNullable<TextField['path']>; readonly text: string} | null => {
  const focused = focusedField(context, state);
  if (focused?.field.kind !== 'text' || focused.field.path === undefined) return null;
  const {field, shown} = focused;
  return {field, kind: focused.field.path, text: state.typed?.text ?? String(valueOf(field, shown))};
};

/** Those that were found and fit the field. */
export const imagesFor = (context: WizardContext, state: WizardState): readonly FoundImage[] => {
  const kind = focusedPath(context, state)?.kind;
  return (state.images ?? []).filter((image) => image.kind === kind);
};

/** Tab: an empty field, or one with a found image, gets the next of those; any other text goes on as in a shell. */
export const completePath = (context: WizardContext, state: WizardState): WizardState => {
  const focused = focusedPath(context, state);
  if (focused === null) return state;
  const {field, kind, text} = focused;
  const paths = imagesFor(context, state).map(({path}) => path);
  if (text === '' || paths.includes(text)) {
    const next = paths[(paths.indexOf(text) + 1) % paths.length];
    if (next !== undefined) return withText(context, state, next);
    if (text === '') return {...state, notice: 'No image was found. Type the beginning of a path, then Tab.'};
  }
  return {
    ...state,
    notice: null,
    lookup: {kind: 'complete', field: field.id, text, place: kind === 'profile' ? 'here' : 'host'},
  };
};

const withText = (context: WizardContext, state: WizardState, text: string): WizardState =>
  acceptPath(context, {...state, notice: null, typed: editAtEnd(text)}, text);

type Answer = Extract<Action, {type: 'folder-listed' | 'path-looked-at'}>;

export const reduceLookup = (context: WizardContext, before: WizardState, action: Answer): WizardState => {
  const {lookup} = before;
  const state = {...before, lookup: null};
  if (lookup === null || focusedPath(context, before)?.field.id !== lookup.field) return state;
  if (lookup.kind === 'complete')
    return action.type === 'folder-listed' ? completed(context, state, lookup.text, action.entries) : state;
  return action.type === 'path-looked-at' ? checked(context, state, lookup, action.looked) : state;
};

const completed = (
  context: WizardContext,
  state: WizardState,
  text: string,
  entries: readonly FolderEntry[] | null,
): WizardState => {
  const kind = focusedPath(context, state)?.kind ?? 'iso';
  const {folder, start} = splitPath(text);
  if (entries === null) return {...state, notice: `${folder === '' ? 'This folder' : folder} can't be listed.`};
  const choices = completionsOf(kind, text, entries);
  if (choices.length === 0)
    return {
      ...state,
      notice: `No ${nouns[kind]} in ${folder === '' ? 'this folder' : folder}${start === '' ? '' : ` begins with "${start}"`}.`,
    };
  const next = commonStart(choices);
  const longer = next.length > text.length ? withText(context, state, next) : state;
  return {...longer, completion: {text: next, choices}};
};

const nouns = {iso: 'ISO image', disk: 'disk image', profile: 'profile'} as const;

const checked = (
  context: WizardContext,
  state: WizardState,
  {text, wanted, after}: Extract<Lookup, {kind: 'check'}>,
  looked: Looked,
): WizardState => {
  const problem = whyNotImage(wanted, text, looked);
  const focused = focusedField(context, state);
  const old =
    focused === null ? '' : String(focused.field.kind === 'text' ? valueOf(focused.field, focused.shown) : '');
  if (problem !== null)
    return {...state, notice: `${problem} ${old === '' ? 'Esc leaves the field empty.' : `Esc keeps ${old}.`}`};
  const accepted = acceptPath(context, {...state, typed: null}, text, {isChecked: true});
  return after.kind === 'go-on' ? leaveForm(context, accepted) : moveInForm(context, accepted, after.move);
};
