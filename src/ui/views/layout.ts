import {line, wrapText} from '../lines.ts';
import type {Line} from '../lines.ts';
import type {WizardContext} from '../wizard/context.ts';
import {rowsOf} from '../wizard/rows.ts';
import type {WizardState} from '../wizard/state.ts';
import {stepOf} from '../wizard/steps.ts';
import type {StepId} from '../wizard/steps.ts';
import {meaningOfAssigning} from './device-lines.ts';

const wideFrom = 120;

/** Of the rows below the introduction, where list and text lie above each other: a diff needs the room, a form its rows. */
const shares: Readonly<Partial<Record<StepId, number>>> = {guest: 0.65, review: 0.3};

export type Layout = {
  readonly isWide: boolean;
  readonly bodyHeight: number;
  readonly intro: readonly Line[];
  readonly introHeight: number;
  readonly listColumns: number;
  readonly listHeight: number;
  readonly paneColumns: number;
  /** Rows of the pane's text; its heading is one more. */
  readonly paneHeight: number;
};

/** Title, rule, notice and keys; and one row that stays free: Ink clears the whole terminal for a frame as tall as that. */
const chrome = 5;

const introOf = (state: WizardState, columns: number): readonly Line[] => {
  if (state.overlay !== 'none') return [];
  if (state.step === 'device') {
    const {filter, isFiltering} = state.devices;
    return [...meaningOfAssigning(columns), ...(isFiltering || filter !== '' ? [line(`/${filter}${isFiltering ? '▏' : ''}`, 'focus')] : [])];
  }
  return wrapText(stepOf(state.step).purpose, columns, 'muted');
};

export const layoutOf = (context: WizardContext, state: WizardState): Layout => {
  const {columns, rows} = state.size;
  const isWide = columns >= wideFrom;
  const bodyHeight = Math.max(1, rows - chrome);
  const listColumns = isWide ? Math.floor(columns * 0.42) : columns;
  const intro = introOf(state, listColumns);
  const count = state.overlay === 'none' ? rowsOf(context, state).length : 0;
  const below = bodyHeight - intro.length;
  const wantedList = isWide ? below : Math.max(3, Math.floor(below * (shares[state.step] ?? 0.5)));
  const listHeight = Math.min(count, wantedList);
  const paneHeight = isWide && count > 0 ? bodyHeight - 1 : below - listHeight - 1;
  return {
    isWide: isWide && count > 0,
    bodyHeight,
    intro,
    introHeight: intro.length,
    listColumns,
    listHeight,
    paneColumns: isWide && count > 0 ? columns - listColumns - 3 : columns,
    paneHeight: Math.max(1, paneHeight),
  };
};
