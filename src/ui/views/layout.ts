import {fitLine, line, type Line, plainText, wrapText} from '../../words/lines.ts';
import type {WizardContext} from '../wizard/context.ts';
import type {StepId, WizardState} from '../wizard/state.ts';
import {stepOf} from '../wizard/steps.ts';
import {focusedCandidate} from '../wizard/device-step.ts';
import {meaningOfAssigning} from './device-lines.ts';
import {pickedLines} from './cores-lines.ts';
import {stateLines} from './home-lines.ts';

const wideFrom = 120;

/** The list's part of the rows below the introduction in a narrow terminal: a diff needs the room, a form its rows. */
const shares: Readonly<Partial<Record<StepId, number>>> = {todo: 0.6, map: 0.65, guest: 0.65, review: 0.3};

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

/** In a terminal with fewer rows the introduction is one row. */
const tallFrom = 22;

const introOf = (context: WizardContext, state: WizardState, columns: number): readonly Line[] => {
  const lines = wholeIntroOf(context, state, columns);
  if (state.size.rows >= tallFrom || lines.length < 2 || ['device', 'home', 'cores'].includes(state.step)) return lines;
  return [fitLine(line(lines.map(plainText).join(' '), 'muted'), columns)];
};

const wholeIntroOf = (context: WizardContext, state: WizardState, columns: number): readonly Line[] => {
  if (state.overlay !== 'none') return [];
  if (state.step === 'device') {
    const {filter, isFiltering} = state.devices;
    const focused = focusedCandidate(context, state);
    return [
      ...(focused === null || state.size.rows < tallFrom ? [] : meaningOfAssigning(focused, columns)),
      ...partsBehindKey(context, state, columns),
      ...(isFiltering || filter !== '' ? [line(`/${filter}${isFiltering ? '▏' : ''}`, 'focus')] : []),
    ];
  }
  if (state.step === 'cores') return pickedLines(context, state, columns);
  if (state.step === 'home') return stateLines(context, state, columns);
  return wrapText(stepOf(state.step).purpose, columns, 'muted');
};

/** A card that guests share is given out in parts, and those are not in the list at first. */
const partsBehindKey = ({others}: WizardContext, {devices}: WizardState, columns: number): readonly Line[] =>
  devices.showsOthers || !others.some(({part}) => part !== null && part.of !== null)
    ? []
    : wrapText(
        `Press o for ${others.length} other devices, parts of cards (virtual functions, slices) among them.`,
        columns,
        'muted',
      );

/** The first row of a list that is shown, so that the one with the focus is in it. */
export const windowStart = (count: number, focus: number, height: number): number =>
  Math.max(0, Math.min(focus - Math.floor(height / 2), count - height));

/** A row of a device ends in its ids, which tell two cards apart: it fits 80 columns, as a narrow terminal has them. */
const wideList = (step: StepId, columns: number): number =>
  step === 'device' ? Math.min(80, Math.floor(columns / 2)) : Math.floor(columns * 0.42);

/** `count`: rows that can be chosen from. */
export const layoutOf = (context: WizardContext, state: WizardState, count: number): Layout => {
  const {columns, rows} = state.size;
  // Without a list the pane has all of the width.
  const isWide = columns >= wideFrom && count > 0;
  const bodyHeight = Math.max(1, rows - chrome);
  const listColumns = isWide ? wideList(state.step, columns) : columns;
  const intro = introOf(context, state, listColumns);
  const below = bodyHeight - intro.length;
  const wantedList = isWide ? below : Math.max(3, Math.floor(below * (shares[state.step] ?? 0.5)));
  const listHeight = Math.min(count, wantedList);
  const paneHeight = isWide ? bodyHeight - 1 : below - listHeight - 1;
  return {
    isWide,
    bodyHeight,
    intro,
    introHeight: intro.length,
    listColumns,
    listHeight,
    paneColumns: isWide ? columns - listColumns - 3 : columns,
    paneHeight: Math.max(1, paneHeight),
  };
};
