import {placeOf} from '../../findings/codes.ts';
import type {Finding} from '../../findings/finding.ts';
import {fieldContextOf, type WizardContext} from './context.ts';
import type {Field} from './field.ts';
import {fieldsOf} from './form-step.ts';
import {enterStep} from './move.ts';
import type {StepId, WizardState} from './state.ts';
import {stepOf} from './steps.ts';

/** A setting that findings are about, and a person can go to. */
export type Target = {
  readonly step: StepId;
  readonly field: string | null;
  /** `Memory: Guest memory`, or the step alone. */
  readonly label: string;
  readonly findings: readonly Finding[];
};

/** The keys 1 to 9. */
const mostTargets = 9;

/** What can be set on other steps, in the order in which the findings are shown; several findings may name one. */
export const targetsOf = (context: WizardContext, state: WizardState): readonly Target[] => {
  const targets = new Map<string, Target>();
  for (const finding of state.preview.findings) {
    const {step} = placeOf(finding.code);
    if (step === 'review') continue;
    const field = fieldAt(context, state, finding)?.field ?? null;
    const key = `${step} ${field?.id ?? ''}`;
    const label = field === null ? stepOf(step).title : `${stepOf(step).title}: ${field.label}`;
    const before = targets.get(key)?.findings ?? [];
    targets.set(key, {step, field: field?.id ?? null, label, findings: [...before, finding]});
  }
  return [...targets.values()].slice(0, mostTargets);
};

/** Of several fields that begin alike, the one that the finding's subject names. */
const fieldAt = (
  context: WizardContext,
  state: WizardState,
  finding: Finding,
): {readonly field: Field; readonly index: number} | null => {
  const {step, field: wanted} = placeOf(finding.code);
  if (wanted === null) return null;
  const fields = fieldsOf({...state, step}, fieldContextOf(context, state));
  const exact = fields.findIndex(({id}) => id === wanted || id === `${wanted}:${finding.subject}`);
  const index = exact >= 0 ? exact : fields.findIndex(({id}) => id.startsWith(`${wanted}:`));
  const field = fields[index];
  return field === undefined ? null : {field, index};
};

/** `number` counts from 1, as the screen does. */
export const goToFinding = (context: WizardContext, state: WizardState, number: number): WizardState => {
  const target = targetsOf(context, state)[number - 1];
  const finding = target?.findings[0];
  if (target === undefined || finding === undefined)
    return {...state, notice: `Nothing here has the number ${number}.`};
  const index = fieldAt(context, state, finding)?.index;
  const focus = index === undefined ? state.focus : {...state.focus, [target.step]: index};
  const there = enterStep(context, {...state, focus, returnTo: state.step}, target.step);
  return {...there, notice: `Enter and Esc return to "${stepOf(state.step).title}".`};
};
