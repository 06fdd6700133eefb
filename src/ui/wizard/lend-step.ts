import {bindingField} from './consent-fields.ts';
import {fieldContextOf, profileOf, type WizardContext} from './context.ts';
import {enterStep, goOn, withJudged} from './move.ts';
import type {WizardState} from './state.ts';

/** What becomes of the only card that shows a picture. */
export type Answer = {
  readonly value: 'handover' | 'keep' | 'boot';
  readonly label: string;
  /** What it costs, or brings. */
  readonly meaning: string;
};

const keep: Answer = {
  value: 'keep',
  label: 'Keep it, and choose another device',
  meaning: 'The host keeps its screen. Back to the list of devices; o shows those that are no graphics card.',
};

/** Lending first, where this host can do that: a card that goes at boot never shows the host's screen again. */
export const lendAnswers = (context: WizardContext, state: WizardState): readonly Answer[] => {
  const options = bindingField.options(fieldContextOf(context, state));
  const costOf = (value: string): string => options.find((option) => option.value === value)?.cost ?? '';
  const lend: Answer = {
    value: 'handover',
    label: 'Lend it while the guest runs',
    meaning: costOf('handover'),
  };
  const give: Answer = {value: 'boot', label: 'Give it away at boot', meaning: costOf('boot')};
  return whyNotLent(context, state) === null ? [lend, keep, give] : [keep, give];
};

/** What keeps this host from lending its card. */
export const whyNotLent = (context: WizardContext, {draft}: WizardState): string | null =>
  context.whyNotLent(profileOf(context, draft));

export const focusedAnswer = (context: WizardContext, state: WizardState): Answer => {
  const answers = lendAnswers(context, state);
  return answers[Math.min(state.focus.lend ?? 0, answers.length - 1)] ?? keep;
};

export const chooseAnswer = (context: WizardContext, state: WizardState): WizardState => {
  const {value} = focusedAnswer(context, state);
  if (value === 'keep')
    return {
      ...enterStep(context, {...state, returnTo: null}, 'device'),
      notice: 'The host keeps this card. Choose another device.',
    };
  const {draft} = state;
  if (bindingField.read(fieldContextOf(context, state)) === value) return goOn(context, state);
  return goOn(context, withJudged(context, {...state, draft: {...draft, edits: {...draft.edits, binding: value}}}));
};
