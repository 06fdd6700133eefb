import type {WizardOutcome} from '../services.ts';
import {profileOf, type WizardContext} from './context.ts';
import type {Move, Shown, StepId, WizardState} from './state.ts';
import {nextStep, previousStep} from './steps.ts';

/** Steps that show or apply the files. */
const whole: readonly StepId[] = ['review', 'apply'];

const withWholePreview = (context: WizardContext, state: WizardState): WizardState =>
  state.isPreviewWhole || !whole.includes(state.step)
    ? state
    : {...state, isPreviewWhole: true, preview: context.services.preview(profileOf(context, state.draft))};

/** The decisions of a draft that changed. */
export const withJudged = (context: WizardContext, state: WizardState): WizardState => ({
  ...state,
  isPreviewWhole: false,
  preview: {...context.services.judge(profileOf(context, state.draft)), changes: []},
});

export const noSearch: WizardState['search'] = {text: '', isTyping: false, row: null};

export const enterStep = (context: WizardContext, state: WizardState, step: StepId): WizardState =>
  withWholePreview(context, {
    ...state,
    step,
    typed: null,
    notice: null,
    search: noSearch,
    scroll: {...state.scroll, [step]: 0},
  });

export const goOn = (context: WizardContext, state: WizardState): WizardState => {
  if (state.returnTo !== null) return enterStep(context, {...state, returnTo: null}, state.returnTo);
  const step = nextStep(context, state);
  return step === null ? state : enterStep(context, state, step);
};

export const goBack = (context: WizardContext, state: WizardState): WizardState => {
  // What was read before the machine was changed is no longer true.
  if (state.undo.phase === 'done' || state.undo.phase === 'failed') return leave(state, 'again');
  if (state.returnTo !== null) return enterStep(context, {...state, returnTo: null}, state.returnTo);
  if (state.step === 'map') return enterStep(context, state, state.mapFrom);
  const step = previousStep(context, state);
  if (step === null) return {...state, overlay: 'leave'};
  const apply = state.apply.phase === 'failed' ? {phase: 'typing' as const, word: ''} : state.apply;
  const undo = state.step === 'undo' ? {phase: 'idle' as const} : state.undo;
  return enterStep(context, {...state, apply, undo}, step);
};

export const moveFocus = (state: WizardState, count: number, move: Move): WizardState => {
  if (count === 0) return state;
  const present = Math.min(state.focus[state.step] ?? 0, count - 1);
  const next =
    typeof move === 'object'
      ? Math.min(move.to, count - 1)
      : move === 'first'
        ? 0
        : move === 'last'
          ? count - 1
          : (present + move + count) % count;
  return {
    ...state,
    focus: {...state.focus, [state.step]: next},
    scroll: {...state.scroll, [state.step]: 0},
    typed: null,
    notice: null,
  };
};

const areaOf = (state: WizardState): StepId | 'help' => (state.overlay === 'help' ? 'help' : state.step);

/** First row of the pane; `rows` from where it is, or the one that is named. The end of the text is the end of the way. */
export const scroll = (
  state: WizardState,
  {pane: {lines, height}}: Shown,
  target: {readonly by: number} | {readonly to: number},
): WizardState => {
  const last = Math.max(0, lines.length - height);
  const area = areaOf(state);
  const wanted = 'to' in target ? target.to : Math.min(state.scroll[area] ?? 0, last) + target.by;
  return {...state, scroll: {...state.scroll, [area]: Math.min(last, Math.max(0, wanted))}};
};

const contains = ({pane}: Shown, row: number, text: string): boolean =>
  (pane.lines[row] ?? [])
    .map((one) => one.text)
    .join('')
    .toLowerCase()
    .includes(text.toLowerCase());

/** To the next row that has the text, around the end; `from` says whether the first row shown may be it. */
export const searchPane = (
  state: WizardState,
  shown: Shown,
  {from, direction}: {readonly from: 0 | 1; readonly direction: 1 | -1},
): WizardState => {
  const {text} = state.search;
  if (text === '') return {...state, notice: 'Press / and type what to look for.'};
  const rows = shown.pane.lines.length;
  const found = state.search.row ?? state.scroll[areaOf(state)] ?? 0;
  for (let distance = from; distance < rows + from; distance += 1) {
    const row = (((found + direction * distance) % rows) + rows) % rows;
    if (contains(shown, row, text))
      return {...scroll(state, shown, {to: row}), search: {...state.search, row}, notice: `Row ${row + 1} of ${rows}.`};
  }
  return {...state, notice: `No row has "${text}".`};
};

const outcomeOf = (state: WizardState, reason: WizardOutcome['reason']): WizardOutcome => {
  const {save, apply, undo, earlier} = state;
  const savedPath = save.phase === 'saved' ? save.path : (earlier?.savedPath ?? null);
  const error = apply.phase === 'failed' ? apply.cause : undo.phase === 'failed' ? undo.cause : null;
  if (apply.phase === 'done')
    return {
      reason,
      savedPath,
      appliedId: apply.id,
      isTrial: apply.isTrial,
      needsReboot: apply.needsReboot,
      rolledBackId: null,
      draft: null,
      error,
    };
  const isUndone = undo.phase === 'done';
  return {
    reason,
    savedPath,
    appliedId: isUndone ? null : (earlier?.appliedId ?? null),
    isTrial: !isUndone && (earlier?.isTrial ?? false),
    needsReboot: isUndone ? undo.result.needsReboot : (earlier?.needsReboot ?? false),
    rolledBackId: isUndone ? undo.result.id : (earlier?.rolledBackId ?? null),
    draft: null,
    error,
  };
};

export const leave = (state: WizardState, reason: WizardOutcome['reason']): WizardState => ({
  ...state,
  outcome: outcomeOf(state, reason),
});
