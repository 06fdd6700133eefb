import type {Line} from '../lines.ts';
import type {WizardContext} from '../wizard/context.ts';
import {modeOf} from '../wizard/mode.ts';
import type {WizardState} from '../wizard/state.ts';
import {applyLines} from './apply-lines.ts';
import {checkLines} from './check-lines.ts';
import {deviceLines} from './device-lines.ts';
import {formLines, saveLines} from './form-lines.ts';
import {helpLines} from './help-lines.ts';
import {layoutOf} from './layout.ts';
import {nextLines} from './next-lines.ts';
import {reviewLines} from './review-lines.ts';
import {startLines} from './start-lines.ts';

export type Pane = {
  /** All of it; the screen shows `height` rows from `offset` on. */
  readonly lines: readonly Line[];
  readonly height: number;
  readonly offset: number;
  readonly columns: number;
};

const linesOf = (context: WizardContext, state: WizardState, columns: number): readonly Line[] => {
  if (state.overlay === 'help') return helpLines(state.step, modeOf(context, {...state, overlay: 'none'}), columns);
  switch (state.step) {
    case 'start': return startLines(context, state, columns);
    case 'checks': return checkLines(context.services.checks, columns);
    case 'device': return deviceLines(context, state, columns);
    case 'risks':
    case 'cpu':
    case 'memory':
    case 'guest': return formLines(context, state, columns);
    case 'review': return reviewLines(state, columns);
    case 'save': return saveLines(context, state, columns);
    case 'apply': return applyLines(context, state, columns);
    case 'next': return nextLines(context, state, columns);
  }
};

/** The scrolled part of the screen: known to the reducer, which keeps it within its ends, and to the component that draws it. */
export const paneOf = (context: WizardContext, state: WizardState): Pane => {
  const {paneColumns, paneHeight} = layoutOf(context, state);
  const lines = linesOf(context, state, paneColumns);
  const wanted = state.scroll[state.overlay === 'help' ? 'help' : state.step] ?? 0;
  const offset = Math.min(wanted, Math.max(0, lines.length - paneHeight));
  return {lines, height: paneHeight, offset, columns: paneColumns};
};
