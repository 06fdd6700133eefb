import type {Cell, MouseTarget} from '../read-keys.ts';
import type {Line} from '../../words/lines.ts';
import {displayWidth} from '../../words/width.ts';
import type {WizardContext} from '../wizard/context.ts';
import {firstRowOfCores} from '../wizard/cores-step.ts';
import {modeOf} from '../wizard/mode.ts';
import {countRows} from '../wizard/rows.ts';
import type {WizardState} from '../wizard/state.ts';
import {applyLines} from './apply-lines.ts';
import {checkLines} from './check-lines.ts';
import {coresLines} from './cores-lines.ts';
import {deviceLines} from './device-lines.ts';
import {formLines, mapLines, saveLines} from './form-lines.ts';
import {helpLines} from './help-lines.ts';
import {homeLines} from './home-lines.ts';
import {type Layout, layoutOf, windowStart} from './layout.ts';
import {lendLines} from './lend-lines.ts';
import {nextLines, reviewLines} from './review-lines.ts';
import {type Row, rowLabels} from './row-labels.ts';
import {sayingOf} from './say.ts';
import {todoLines} from './todo-lines.ts';
import {undoStepLines} from './undo-lines.ts';

/** The scrolled part of the screen. */
export type Pane = {
  /** All of it; the screen shows `height` rows from `offset` on. */
  readonly lines: readonly Line[];
  readonly height: number;
  readonly offset: number;
  readonly columns: number;
};

/** All that a step shows, computed once for each state. */
export type StepFrame = {readonly layout: Layout; readonly list: List; readonly pane: Pane};

/** The rows that can be chosen from: `shown` are those from `start` on that there is room for. */
type List = {readonly count: number; readonly start: number; readonly focus: number; readonly shown: readonly Row[]};

/** Title and rule. */
const bodyTop = 2;

/** What is at a place of the screen; `null` for text that nothing can be done with. */
export const targetAt = ({layout, list, pane}: StepFrame, {column, row}: Cell): MouseTarget | null => {
  const listTop = bodyTop + layout.introHeight;
  const paneTop = (layout.isWide ? bodyTop : listTop + layout.listHeight) + 1;
  const paneLeft = layout.isWide ? layout.listColumns + 3 : 0;
  if (column >= paneLeft && row >= paneTop && row < paneTop + pane.height)
    return placeAt(pane, pane.offset + row - paneTop, column - paneLeft);
  const index = list.start + row - listTop;
  const isInList = row >= listTop && row < listTop + layout.listHeight && index < list.count;
  return isInList && column < layout.listColumns ? {kind: 'row', index, focus: list.focus} : null;
};

const placeAt = ({lines}: Pane, row: number, column: number): MouseTarget => {
  let end = 0;
  for (const {text, core} of lines[row] ?? []) {
    end += displayWidth(text);
    if (column < end) return core === undefined ? {kind: 'pane'} : {kind: 'core', core};
  }
  return {kind: 'pane'};
};

export const frameOf = (context: WizardContext, state: WizardState): StepFrame => {
  const count = state.overlay === 'none' ? countRows(context, state) : 0;
  const layout = layoutOf(context, state, count);
  const focus = Math.min(state.focus[state.step] ?? 0, count - 1);
  const start = windowStart(count, focus, layout.listHeight);
  const shown = count === 0 ? [] : rowLabels(context, state, [start, start + layout.listHeight]);
  const lines = linesOf(context, state, layout.paneColumns);
  const wanted =
    state.step === 'cores' && state.overlay === 'none'
      ? firstRowOfCores(state, lines, layout.paneHeight)
      : (state.scroll[state.overlay === 'help' ? 'help' : state.step] ?? 0);
  const offset = Math.min(wanted, Math.max(0, lines.length - layout.paneHeight));
  const list = {count, start, focus, shown};
  return {layout, list, pane: {lines, height: layout.paneHeight, offset, columns: layout.paneColumns}};
};

const linesOf = (context: WizardContext, state: WizardState, columns: number): readonly Line[] => {
  if (state.overlay === 'help') return helpLines(state.step, modeOf(context, {...state, overlay: 'none'}), columns);
  switch (state.step) {
    case 'home':
      return homeLines(context, state, columns);
    case 'map':
      return mapLines(context, state, columns);
    case 'todo':
      return todoLines(context, state, columns);
    case 'undo':
      return undoStepLines(context, state, columns);
    case 'checks':
      return checkLines(context.services.checks, sayingOf(context, state), columns);
    case 'device':
      return deviceLines(context, state, columns);
    case 'lend':
      return lendLines(context, state, columns);
    case 'cores':
      return coresLines(context, state, columns);
    case 'risks':
    case 'cpu':
    case 'memory':
    case 'guest':
      return formLines(context, state, columns);
    case 'review':
      return reviewLines(context, state, columns);
    case 'save':
      return saveLines(context, state, columns);
    case 'apply':
      return applyLines(context, state, columns);
    case 'next':
      return nextLines(context, state, columns);
  }
};
