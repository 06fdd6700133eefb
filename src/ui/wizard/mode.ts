import type {Mode} from '../keys.ts';
import {canType} from './apply-step.ts';
import type {WizardContext} from './context.ts';
import {pinsId} from './cpu-fields.ts';
import {focusedField} from './form-step.ts';
import {focusedHomeRow} from './home-rows.ts';
import type {WizardState} from './state.ts';

const undoModes: Readonly<Record<WizardState['undo']['phase'], Mode>> = {
  idle: 'pane',
  planning: 'waiting',
  refused: 'waiting',
  typing: 'word',
  running: 'undoing',
  stopping: 'undoing',
  failed: 'applied',
  done: 'applied',
};

/** What the keys mean now: read from the state alone, so that the second key of a chunk sees what the first one did. */
export const modeOf = (context: WizardContext, state: WizardState): Mode => {
  if (state.search.isTyping) return 'search';
  if (state.overlay !== 'none') return state.overlay;
  if (state.step === 'device') return state.devices.isFiltering ? 'filter' : 'devices';
  if (state.step === 'home') return focusedHomeRow(context, state).kind === 'continue' ? 'offer' : 'home';
  if (state.step === 'todo') return 'todo';
  if (state.step === 'map') return 'map';
  if (state.step === 'cores') return 'cores';
  if (state.step === 'lend') return 'answers';
  if (state.step === 'undo') return undoModes[state.undo.phase];
  if (state.step === 'review') return 'review';
  if (state.step === 'next') return state.apply.phase === 'done' && !context.services.isDryRun ? 'applied' : 'end';
  if (state.apply.phase === 'running' || state.apply.phase === 'restoring') return state.apply.phase;
  if (state.step === 'apply') return canType(context, state) ? 'word' : 'blocked';
  const field = focusedField(context, state)?.field;
  const kind = field?.kind ?? 'pane';
  if (field?.kind === 'text' && field.path !== undefined)
    return field.path !== 'profile' && state.typed !== null ? 'path-entry' : 'path';
  if (field?.id === pinsId) return 'pins';
  return kind === 'number' && state.typed !== null ? 'entry' : kind;
};
