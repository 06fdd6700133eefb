import type {WizardServices} from '../services.ts';
import {reduceTask, stopAndRestore} from './apply-step.ts';
import {createContext, profileOf} from './context.ts';
import type {WizardContext} from './context.ts';
import {leave} from './leave.ts';
import {pressKey} from './press-key.ts';
import {reduceSave} from './save-step.ts';
import {proposeDraft, withDraft} from './start-step.ts';
import {isTooSmall, viewOf} from './state.ts';
import type {Action, Size, WizardState} from './state.ts';
import {firstStep} from './steps.ts';

export const startWizard = (services: WizardServices, size: Size): {readonly context: WizardContext; readonly state: WizardState} => {
  const context = createContext(services);
  const draft = proposeDraft(context);
  const empty: WizardState = {
    step: 'checks',
    overlay: 'none',
    size,
    draft,
    preview: {plan: null, findings: [], changes: []},
    isPreviewWhole: false,
    focus: {},
    scroll: {},
    devices: {showsOthers: context.cards.length === 0, filter: '', isFiltering: false, extras: [], refused: null},
    digits: '',
    notice: null,
    save: {phase: 'idle'},
    apply: {phase: 'typing', word: ''},
    outcome: null,
  };
  const state = withDraft(context, empty, draft, (profile) => ({...services.judge(profile), changes: []}));
  return {context, state: {...state, step: firstStep(context, state)}};
};

/** Pure: nothing is read, written or run here; `saving` and `running` are watched by tasks outside. */
export const reduce = (context: WizardContext, state: WizardState, action: Action): WizardState => {
  if (state.outcome !== null) return state;
  switch (action.type) {
    case 'pressed': return pressKeys(context, withWholePreview(context, state), action);
    case 'resized': return {...state, size: action.size};
    case 'interrupted': return interrupt(state);
    case 'profile-saved':
    case 'save-failed': return reduceSave(context, state, action);
    case 'apply-progressed':
    case 'apply-succeeded':
    case 'apply-failed': return reduceTask(context, state, action);
  }
};

const withWholePreview = (context: WizardContext, state: WizardState): WizardState =>
  state.isPreviewWhole ? state : {...state, isPreviewWhole: true, preview: context.services.preview(profileOf(context, state.draft))};

/** A machine half changed is never left behind: while applying, an interrupt stops and restores. */
const interrupt = (state: WizardState): WizardState =>
  state.apply.phase === 'running' || state.apply.phase === 'restoring' ? stopAndRestore(state) : leave(state, 'interrupted');

/** Keys that were meant for another screen than the present one do nothing: a second Enter must not fall through. */
const pressKeys = (context: WizardContext, state: WizardState, {keys, view}: Extract<Action, {type: 'pressed'}>): WizardState => {
  let next = state;
  for (const key of keys) {
    if (key.name === 'interrupt') next = interrupt(next);
    else if (viewOf(next) === view && !isTooSmall(next.size)) next = pressKey(context, next, key);
    if (next.outcome !== null) return next;
  }
  return next;
};
