import {withProgress} from './apply-step.ts';
import type {Action, WizardState} from './state.ts';

/** Typed by hand, as the word that applies. */
export const undoWord = 'rollback';

export const typeUndoWord = (state: WizardState, change: (word: string) => string): WizardState =>
  state.undo.phase === 'typing'
    ? {...state, notice: null, undo: {...state.undo, word: change(state.undo.word).slice(0, 20)}}
    : state;

export const submitUndo = (state: WizardState): WizardState => {
  if (state.undo.phase !== 'typing') return state;
  const {view, word} = state.undo;
  if (word.trim().toLowerCase() !== undoWord)
    return {
      ...state,
      notice: `Type ${undoWord}, then press Enter. Nothing was written.`,
      undo: {phase: 'typing', view, word: ''},
    };
  return {...state, notice: null, undo: {phase: 'running', view, finished: [], title: null, lastLines: []}};
};

export const stopUndo = (state: WizardState): WizardState =>
  state.undo.phase === 'running' ? {...state, undo: {...state.undo, phase: 'stopping'}} : state;

type UndoAction = Extract<Action, {type: `rollback-${string}` | 'rolled-back'}>;

/** What the tasks report; anything that comes when nobody waits for it is ignored. */
export const reduceUndo = (state: WizardState, action: UndoAction): WizardState => {
  const {undo} = state;
  const isRunning = undo.phase === 'running' || undo.phase === 'stopping';
  switch (action.type) {
    case 'rollback-planned':
      return undo.phase === 'planning' ? {...state, undo: {phase: 'typing', view: action.view, word: ''}} : state;
    case 'rollback-refused':
      return undo.phase === 'planning' ? {...state, undo: {phase: 'refused', error: action.error}} : state;
    case 'rollback-progressed':
      return isRunning ? {...state, undo: {...undo, ...withProgress(undo, action.progress)}} : state;
    case 'rolled-back':
      return isRunning ? {...state, undo: {phase: 'done', result: action.result}} : state;
    case 'rollback-failed':
      return isRunning ? {...state, undo: {phase: 'failed', error: action.error, cause: action.cause}} : state;
  }
};
