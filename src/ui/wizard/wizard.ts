import type {WizardOutcome, WizardServices} from '../services.ts';
import {reduceTask, stopAndRestore} from './apply-step.ts';
import {createContext, type WizardContext} from './context.ts';
import {firstVerify, reduceVerify} from './home-step.ts';
import {appliedTo} from './home-rows.ts';
import {leave, noSearch} from './move.ts';
import {reduceLookup} from './path-step.ts';
import {pressKey} from './press-key.ts';
import {firstOffer} from './resume.ts';
import {reduceSave} from './save-step.ts';
import {proposeDraft, withDraft} from './open-draft.ts';
import {type Action, isBusy, isTooSmall, type Size, viewOf, type WizardState} from './state.ts';
import {reduceTodo} from './todo-step.ts';
import {reduceUndo, stopUndo} from './undo-step.ts';

export const startWizard = (
  services: WizardServices,
  size: Size,
  earlier: WizardOutcome | null = null,
): {readonly context: WizardContext; readonly state: WizardState} => {
  const context = createContext(services);
  const draft = proposeDraft(context);
  const empty: WizardState = {
    step: 'home',
    overlay: 'none',
    size,
    draft,
    preview: {plan: null, findings: [], changes: []},
    isPreviewWhole: false,
    focus: {},
    scroll: {},
    devices: {showsOthers: context.cards.length === 0, filter: '', isFiltering: false, extras: [], refused: null},
    mapFrom: 'checks',
    returnTo: null,
    search: noSearch,
    typed: null,
    cores: null,
    images: null,
    lookup: null,
    completion: null,
    notice: null,
    resume: {offer: firstOffer(context), isContinued: false, isDiscarding: false},
    exporting: null,
    save: {phase: 'idle'},
    apply: {phase: 'typing', word: ''},
    elapsedSeconds: 0,
    verify: firstVerify(context),
    undo: {phase: 'idle'},
    todo: {phase: 'idle', done: appliedTo(context)?.done ?? [], path: null},
    earlier,
    outcome: null,
  };
  return {context, state: withDraft(context, empty, draft)};
};

/** Pure: nothing is read, written or run here; `saving` and `running` are watched by tasks outside. */
export const reduce = (context: WizardContext, state: WizardState, action: Action): WizardState => {
  if (state.outcome !== null) return state;
  switch (action.type) {
    case 'pressed':
      return pressKeys(context, state, action);
    case 'resized':
      return {...state, size: action.size};
    case 'interrupted':
      return interrupt(state);
    case 'profile-saved':
    case 'save-failed':
      return reduceSave(context, state, action);
    case 'apply-progressed':
    case 'apply-succeeded':
    case 'apply-failed':
      return reduceTask(context, state, action);
    case 'ticked':
      return {...state, elapsedSeconds: action.seconds};
    case 'exported':
      return {...state, notice: action.notice, exporting: null};
    case 'draft-discarded':
      return {...state, notice: action.problem, resume: {...state.resume, isDiscarding: false}};
    case 'todo-saved':
    case 'todo-failed':
      return reduceTodo(state, action);
    case 'images-found':
      return {...state, images: action.images};
    case 'folder-listed':
    case 'path-looked-at':
      return reduceLookup(context, state, action);
    case 'verified':
    case 'verify-failed':
      return reduceVerify(state, action);
    case 'rollback-planned':
    case 'rollback-refused':
    case 'rollback-progressed':
    case 'rolled-back':
    case 'rollback-failed':
      return reduceUndo(state, action);
  }
};

/** A machine half changed is never left behind: while applying, an interrupt stops and restores. */
const interrupt = (state: WizardState): WizardState =>
  isBusy(state) ? stopUndo(stopAndRestore(state)) : leave(state, 'interrupted');

/** Keys that were meant for another screen than the present one do nothing: a second Enter must not fall through. */
const pressKeys = (
  context: WizardContext,
  state: WizardState,
  {keys, shown}: Extract<Action, {type: 'pressed'}>,
): WizardState => {
  let next = state;
  for (const key of keys) {
    if (key.name === 'interrupt') next = interrupt(next);
    else if (viewOf(next) === shown.view && !isTooSmall(next.size) && next.lookup === null)
      next = pressKey(context, next, key, shown);
    if (next.outcome !== null) return next;
  }
  return next;
};
