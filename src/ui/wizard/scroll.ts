import type {WizardContext} from './context.ts';
import {paneOf} from '../views/pane-of.ts';
import type {WizardState} from './state.ts';

/** The end of the text is known here, so that a page too many is not to be taken back. */
export const scroll = (context: WizardContext, state: WizardState, unit: 'line' | 'page', direction: 1 | -1): WizardState => {
  const {lines, height} = paneOf(context, state);
  const last = Math.max(0, lines.length - height);
  const area = state.overlay === 'help' ? 'help' : state.step;
  const from = Math.min(state.scroll[area] ?? 0, last);
  const by = unit === 'line' ? 1 : Math.max(1, height - 1);
  return {...state, scroll: {...state.scroll, [area]: Math.min(last, Math.max(0, from + direction * by))}};
};
