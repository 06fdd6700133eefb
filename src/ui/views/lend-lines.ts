import {blank, type Line, line, wrapText} from '../../words/lines.ts';
import type {WizardContext} from '../wizard/context.ts';
import {focusedAnswer, whyNotLent} from '../wizard/lend-step.ts';
import type {WizardState} from '../wizard/state.ts';

/** What the answer with the focus means, and why there is no other. */
export const lendLines = (context: WizardContext, state: WizardState, columns: number): readonly Line[] => {
  const answer = focusedAnswer(context, state);
  const obstacle = whyNotLent(context, state);
  return [
    ...wrapText(answer.meaning, columns),
    ...(obstacle === null ? [] : [blank, ...wrapText(`! ${obstacle}`, columns, 'warning', 2)]),
    ...(answer.value === 'boot' ? [blank, line('The next step asks for your consent.', 'muted')] : []),
  ];
};
