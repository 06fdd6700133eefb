import {placeOf} from '../../findings/codes.ts';
import type {Finding} from '../../findings/finding.ts';
import {keysNamedIn} from '../../findings/named-keys.ts';
import {isAboutDevice} from './candidates.ts';
import {fieldContextOf, type WizardContext} from './context.ts';
import {chosenCard, focusedCandidate, identitiesOf, takenByEnter} from './device-step.ts';
import type {FieldContext} from './field.ts';
import {fieldsOf, focusedField} from './form-step.ts';
import {openAppliedProfile} from './home-step.ts';
import {enterStep} from './move.ts';
import {describeSetting, type Setting, settingsFor} from './setting-words.ts';
import type {StepId, WizardState} from './state.ts';
import {stepOf} from './steps.ts';

/** What a person reads, with what to do about it: a finding, a check, a promise. */
type Told = {readonly remedy: string | null};

/** A setting that a remedy on this screen is about, and a key goes to. */
export type Target = {
  /** As the screen names it. */
  readonly key: string;
  readonly step: StepId;
  /** Where the field is in its form; `null` where the step is none. */
  readonly index: number | null;
  /** `Memory › Guest memory`, or the step alone. */
  readonly label: string;
  readonly findings: readonly Told[];
};

/** The keys 1 to 9. */
const mostNumbers = 9;
const numbered: readonly StepId[] = ['review', 'apply'];

/** Findings that are shown on the present step, on a form those that it can do something about. */
export const findingsHere = (context: WizardContext, state: WizardState): readonly Finding[] => {
  const {findings} = state.preview;
  if (numbered.includes(state.step)) return findings;
  if (state.step === 'risks') return findings.filter(isAboutDevice);
  if (state.step === 'device') return findingsOfCandidate(context, state);
  return findings.filter(({code}) => placeOf(code).step === state.step);
};

/** Of the card with the focus; what can be set is that of the card that is chosen. */
const findingsOfCandidate = (context: WizardContext, state: WizardState): readonly Finding[] => {
  const focused = focusedCandidate(context, state);
  return focused === null || focused !== chosenCard(context, state)
    ? []
    : context.verdictOf(identitiesOf(takenByEnter(context, state, focused))).findings;
};

const toldHere = (context: WizardContext, state: WizardState): readonly Told[] => {
  if (state.step === 'checks') return context.services.checks;
  if (state.step === 'home') return state.verify.phase === 'done' ? state.verify.results : [];
  return findingsHere(context, state);
};

const subjectOf = (told: Told): string => ('subject' in told ? String(told.subject) : '');

/** Where the field is; of several fields that begin alike, the one that the finding's subject names. */
const indexOf = ({step, field}: Setting, told: Told, shown: FieldContext): number => {
  const ids = fieldsOf({step}, shown).map(({id}) => id);
  const start = field?.split(':')[0] ?? '';
  const wanted = [`${start}:${subjectOf(told)}`, field ?? '', `${start}:`];
  const [exact = -1] = wanted.map((id) => ids.indexOf(id)).filter((index) => index >= 0);
  return exact >= 0 ? exact : ids.findIndex((id) => id.startsWith(`${start}:`));
};

/** Every setting that a remedy names; where it names none, the one that a finding of this code is decided by. */
const settingsOf = (told: Told, shown: FieldContext): readonly Setting[] => {
  const named = keysNamedIn(told.remedy ?? '').flatMap((one) => settingsFor(one, shown));
  if (named.length > 0 || !isFinding(told)) return named;
  const {step, field} = placeOf(told.code);
  return step === 'review' ? [] : [{step, field, label: ''}];
};

const isFinding = (told: Told): told is Finding => 'severity' in told;

/** In the order in which they are shown; several texts may name one. */
export const targetsHere = (context: WizardContext, state: WizardState): readonly Target[] => {
  const shown = fieldContextOf(context, state);
  const targets = new Map<string, Omit<Target, 'key'>>();
  for (const told of toldHere(context, state))
    for (const setting of settingsOf(told, shown)) {
      const found = setting.field === null ? -1 : indexOf(setting, told, shown);
      const field = fieldsOf(setting, shown)[found];
      // A field that is named and not there can't be gone to.
      if (field === undefined && setting.label !== '') continue;
      const id = `${setting.step} ${found}`;
      const label = describeSetting({...setting, label: field?.label ?? ''});
      const before = targets.get(id)?.findings ?? [];
      const index = field === undefined ? null : found;
      targets.set(id, {step: setting.step, index, label, findings: [...before, told]});
    }
  const all = [...targets.values()].filter(({step, index}) => step !== state.step || index !== null);
  return numbered.includes(state.step)
    ? all.slice(0, mostNumbers).map((target, index) => ({...target, key: String(index + 1)}))
    : all.map((target) => ({...target, key: 'Ctrl-G'}));
};

const goTo = (context: WizardContext, state: WizardState, from: StepId, {step, index}: Target): WizardState => {
  const focus = index === null ? state.focus : {...state.focus, [step]: index};
  if (step === from) return enterStep(context, {...state, focus, returnTo: null}, step);
  const there = enterStep(context, {...state, focus, returnTo: from}, step);
  return {...there, notice: `Enter and Esc return to "${stepOf(from).title}".`};
};

/** `number` counts from 1, as the screen does. */
export const goToFinding = (context: WizardContext, state: WizardState, number: number): WizardState => {
  const target = targetsHere(context, state)[number - 1];
  return target === undefined
    ? {...state, notice: `Nothing here has the number ${number}.`}
    : goTo(context, state, state.step, target);
};

/** To the first setting that is named here; from there to the next one, and after the last one back. */
export const goToNamed = (context: WizardContext, before: WizardState): WizardState => {
  if (before.step === 'home') return goToOfApplied(context, before);
  const from = before.returnTo ?? before.step;
  const targets = targetsHere(context, {...before, step: from});
  const present = targets.findIndex(({step, index}) => step === before.step && isFocused(context, before, index));
  const next = targets[present + 1];
  if (next !== undefined) return goTo(context, before, from, next);
  if (before.returnTo !== null) return enterStep(context, {...before, returnTo: null}, from);
  const [first] = targets;
  return first === undefined
    ? {...before, notice: 'No remedy on this screen names a setting.'}
    : goTo(context, before, from, first);
};

const isFocused = (context: WizardContext, state: WizardState, index: number | null): boolean =>
  index === null || (focusedField(context, state) !== null && (state.focus[state.step] ?? 0) === index);

/** What is applied is changed by its profile, which is opened for that. */
const goToOfApplied = (context: WizardContext, state: WizardState): WizardState => {
  if (targetsHere(context, state).length === 0) return {...state, notice: 'No remedy on this screen names a setting.'};
  const opened = openAppliedProfile(context, state);
  if (opened === null) return {...state, notice: 'Open the profile that is applied first; it is not in this folder.'};
  const [target] = targetsHere(context, opened);
  return target === undefined ? opened : goTo(context, opened, 'home', target);
};
