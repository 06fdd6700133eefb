import type {GuestPhase} from '../../profile/profile.ts';
import type {SavedProfile} from '../services.ts';
import type {WizardContext} from './context.ts';
import {draftFromProfile} from './draft.ts';
import {appliedProfile, appliedTo, focusedHomeRow} from './home-rows.ts';
import {enterStep, goOn, leave} from './move.ts';
import {proposeDraft, withDraft} from './open-draft.ts';
import {continueDraft} from './resume.ts';
import type {Action, WizardState} from './state.ts';

/** What is applied is verified as soon as the screen is there. */
export const firstVerify = (context: WizardContext): WizardState['verify'] => ({
  phase: appliedTo(context) === null ? 'idle' : 'running',
});

export const chooseHome = (context: WizardContext, state: WizardState): WizardState => {
  const row = focusedHomeRow(context, state);
  switch (row.kind) {
    case 'continue':
      return continueDraft(context, state);
    case 'verify':
      return {...state, notice: null, verify: {phase: 'running'}};
    case 'todo':
      return enterStep(context, state, 'todo');
    case 'undo':
      return enterStep(context, {...state, undo: {phase: 'planning'}}, 'undo');
    case 'new':
      return goOn(
        context,
        state.draft.path === null && !isOfGuest(state) ? state : withDraft(context, state, proposeDraft(context)),
      );
    case 'profile':
      return goOn(context, openProfile(context, state, row.saved));
    case 'phase':
      return row.saved === null
        ? {...state, notice: 'Its profile is not in this folder. The command that is shown does the same.'}
        : enterStep(context, openInPhase(context, state, row.saved, row.to), 'review');
    case 'guest':
      return goOn(context, openGuest(context, state, row.name));
    case 'history':
      return {...state, notice: 'The runs are below; PgDn and PgUp scroll.'};
    case 'leave':
      return leave(state, 'left');
  }
};

const isOfGuest = ({draft}: WizardState): boolean => String(draft.edits['guest.domain'] ?? '').startsWith('existing:');

/** The same profile again keeps what was changed since. */
const openProfile = (context: WizardContext, state: WizardState, {profile, path}: SavedProfile): WizardState =>
  state.draft.path === path ? state : withDraft(context, state, draftFromProfile(profile, path));

const openInPhase = (
  context: WizardContext,
  state: WizardState,
  {profile, path}: SavedProfile,
  phase: GuestPhase,
): WizardState => withDraft(context, state, draftFromProfile({...profile, guest: {...profile.guest, phase}}, path));

/** The profile of what is applied, where it is among the saved ones. */
export const openAppliedProfile = (context: WizardContext, state: WizardState): WizardState | null => {
  const saved = appliedProfile(context);
  return saved === null ? null : openProfile(context, state, saved);
};

const openGuest = (context: WizardContext, state: WizardState, name: string): WizardState => {
  const domain = `existing:${name}`;
  if (state.draft.path === null && state.draft.edits['guest.domain'] === domain) return state;
  const draft = proposeDraft(context);
  return withDraft(context, state, {...draft, edits: {...draft.edits, 'guest.domain': domain}});
};

export const reduceVerify = (
  state: WizardState,
  action: Extract<Action, {type: 'verified' | 'verify-failed'}>,
): WizardState => {
  if (state.verify.phase !== 'running') return state;
  return {
    ...state,
    verify:
      action.type === 'verified' ? {phase: 'done', results: action.results} : {phase: 'failed', error: action.error},
  };
};
