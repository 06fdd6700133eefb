import type {Mode} from '../keys.ts';
import {canType} from './apply-step.ts';
import type {WizardContext} from './context.ts';
import {focusedField} from './form-step.ts';
import type {WizardState} from './state.ts';

/** What the keys mean now: told by the state alone, so that the second key of a chunk sees what the first one did. */
export const modeOf = (context: WizardContext, state: WizardState): Mode => {
  if (state.overlay !== 'none') return state.overlay;
  if (state.step === 'device') return state.devices.isFiltering ? 'filter' : 'devices';
  if (state.step === 'start') return 'list';
  if (state.step === 'review') return 'review';
  if (state.step === 'next') return 'end';
  if (state.apply.phase === 'running' || state.apply.phase === 'restoring') return state.apply.phase;
  if (state.step === 'apply') return canType(context, state) ? 'word' : 'pane';
  return focusedField(context, state)?.field.kind ?? 'pane';
};
