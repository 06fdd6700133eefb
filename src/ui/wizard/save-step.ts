import type {WrittenProfile} from '../../profile/profile.ts';
import type {SavedProfile} from '../services.ts';
import {fieldContextOf, profileOf, type WizardContext} from './context.ts';
import {goOn} from './move.ts';
import {saveFields} from './save-fields.ts';
import type {Action, WizardState} from './state.ts';

/** The file that was opened, where the profile would be saved into that one again and says something else now. */
export const replacedBySave = (context: WizardContext, state: WizardState): SavedProfile | null => {
  const {path} = state.draft;
  const opened = context.services.savedProfiles.find((saved) => saved.path === path);
  if (opened === undefined || pathToSave(context, state).trim() !== path) return null;
  const isSame = JSON.stringify(profileOf(context, state.draft)) === JSON.stringify(opened.profile);
  return isSame ? null : opened;
};

/** What the file would hold. */
export const profileToSave = (context: WizardContext, {draft}: WizardState): WrittenProfile =>
  context.services.asWritten(profileOf(context, draft), draft.path);

const pathToSave = (context: WizardContext, state: WizardState): string => {
  const typed = state.draft.edits['save.path'];
  return typed === undefined ? fieldContextOf(context, state).defaultPath : String(typed);
};

/** Only asks: the file is written by the task that watches for `saving`. */
export const save = (context: WizardContext, state: WizardState): WizardState => {
  if (state.draft.edits['save.isWanted'] === 'no') return goOn(context, {...state, save: {phase: 'idle'}});
  const path = pathToSave(context, state).trim();
  return {...state, notice: null, save: {phase: 'saving', path}};
};

export const reduceSave = (
  context: WizardContext,
  state: WizardState,
  action: Extract<Action, {type: 'profile-saved' | 'save-failed'}>,
): WizardState => {
  if (state.step !== 'save' || state.save.phase !== 'saving') return state;
  if (action.type === 'profile-saved') {
    const profile = profileOf(context, state.draft);
    return goOn(context, {...state, save: {phase: 'saved', path: action.path, profile}});
  }
  return {
    ...state,
    focus: {...state.focus, save: saveFields.length - 1},
    save: {phase: 'failed', path: action.path, problem: action.problem},
  };
};
