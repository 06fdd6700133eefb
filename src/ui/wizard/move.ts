import type {WizardContext} from './context.ts';
import type {WizardState} from './state.ts';
import {nextStep, previousStep} from './steps.ts';

const entered = (state: WizardState, step: WizardState['step']): WizardState => ({...state, step, digits: '', notice: null, scroll: {...state.scroll, [step]: 0}});

export const goOn = (context: WizardContext, state: WizardState): WizardState => {
  const step = nextStep(context, state);
  return step === null ? state : entered(state, step);
};

export const goBack = (context: WizardContext, state: WizardState): WizardState => {
  if (state.step === 'next' && state.apply.phase === 'done') return {...state, notice: 'The changes are applied; the rollback above takes them back. Enter or q leaves.'};
  const step = previousStep(context, state);
  if (step === null) return {...state, overlay: 'leave'};
  return {...entered(state, step), apply: state.apply.phase === 'failed' ? {phase: 'typing', word: ''} : state.apply};
};

export const moveFocus = (state: WizardState, count: number, move: 1 | -1 | 'first' | 'last'): WizardState => {
  if (count === 0) return state;
  const present = Math.min(state.focus[state.step] ?? 0, count - 1);
  const next = move === 'first' ? 0 : move === 'last' ? count - 1 : (present + move + count) % count;
  return {...state, focus: {...state.focus, [state.step]: next}, scroll: {...state.scroll, [state.step]: 0}, digits: '', notice: null};
};
