import type {Field, FieldContext} from './field.ts';
import {fieldContextOf, type WizardContext} from './context.ts';
import {fieldsOf} from './form-step.ts';
import {enterStep} from './move.ts';
import type {StepId, WizardState} from './state.ts';
import {isOnTheWay} from './steps.ts';

/** One decision, or a step that is none; `index` is where its field is in the form. */
export type MapRow =
  | {readonly step: StepId; readonly field: null}
  | {readonly step: StepId; readonly field: Field; readonly index: number; readonly shown: FieldContext};

const order: readonly StepId[] = [
  'checks',
  'device',
  'lend',
  'risks',
  'cpu',
  'memory',
  'guest',
  'review',
  'save',
  'apply',
];

/** Every decision of the way, in its order. */
export const mapRows = (context: WizardContext, state: WizardState): readonly MapRow[] => {
  const shown = fieldContextOf(context, state);
  return order
    .filter((step) => isOnTheWay(context, state, step))
    .flatMap((step): readonly MapRow[] => {
      const fields = step === 'save' ? [] : fieldsOf({...state, step}, shown);
      return fields.length === 0
        ? [{step, field: null}]
        : fields.map((field, index): MapRow => ({step, field, index, shown}));
    });
};

export const focusedMapRow = (context: WizardContext, state: WizardState): MapRow | null => {
  const rows = mapRows(context, state);
  return rows[Math.min(state.focus.map ?? 0, rows.length - 1)] ?? null;
};

export const openMap = (context: WizardContext, state: WizardState): WizardState =>
  enterStep(context, {...state, returnTo: null, mapFrom: state.step}, 'map');

/** To a setting, and back here with Enter or Esc; to a step that is none, to go on from there. */
export const chooseMapRow = (context: WizardContext, state: WizardState): WizardState => {
  const row = focusedMapRow(context, state);
  if (row === null) return state;
  const isSetting = row.field !== null || row.step === 'device' || row.step === 'lend';
  const focus = row.field === null ? state.focus : {...state.focus, [row.step]: row.index};
  const there = enterStep(context, {...state, focus, returnTo: isSetting ? 'map' : null}, row.step);
  return isSetting ? {...there, notice: 'Enter and Esc return to the summary.'} : there;
};
