import type {MouseTarget} from '../read-keys.ts';
import {changeValue, moveInForm} from './form-step.ts';
import type {WizardContext} from './context.ts';
import {clickCore} from './cores-step.ts';
import {modeOf} from './mode.ts';
import {moveFocus, scroll} from './move.ts';
import {countRows} from './rows.ts';
import type {Shown, WizardState} from './state.ts';

export type Mouse = {readonly act: 'click' | 'wheel-up' | 'wheel-down'; readonly target: MouseTarget | null};

/** As many rows as other programs scroll by at a notch of the wheel. */
const notch = 3;

/** What a press on a row that has the focus already does: `choose` is Enter, `toggle` Space. */
export type RowAct = 'choose' | 'toggle' | null;

/** The wheel moves what is under it; a click goes to a row, and one more on the same row takes it. */
export const pressMouse = (
  context: WizardContext,
  state: WizardState,
  {act, target}: Mouse,
  shown: Shown,
): {readonly state: WizardState; readonly next: RowAct} => {
  const stays = {state, next: null};
  if (target === null || state.overlay === 'leave') return stays;
  if (act !== 'click') {
    const by = act === 'wheel-up' ? -1 : 1;
    return target.kind !== 'row'
      ? {state: scroll(state, shown, {by: by * notch}), next: null}
      : {state: focusRow(context, state, by), next: null};
  }
  if (target.kind === 'core') return {state: clickCore(context, state, target.core), next: null};
  if (target.kind === 'pane') return stays;
  if (target.index !== target.focus) return {state: focusRow(context, state, {to: target.index}), next: null};
  const mode = modeOf(context, state);
  if (mode === 'todo') return {state, next: 'toggle'};
  if (mode === 'choice') return {state: changeValue(context, state, 1), next: null};
  return {state, next: ['home', 'offer', 'map', 'devices', 'answers'].includes(mode) ? 'choose' : null};
};

const focusRow = (context: WizardContext, state: WizardState, to: Parameters<typeof moveFocus>[2]): WizardState => {
  const count = countRows(context, state);
  // At the ends of a list the wheel stops, where the keys go on around.
  const present = Math.min(state.focus[state.step] ?? 0, count - 1);
  if (typeof to === 'number' && (present + to < 0 || present + to >= count)) return state;
  return state.typed === null ? moveFocus(state, count, to) : moveInForm(context, state, to);
};
