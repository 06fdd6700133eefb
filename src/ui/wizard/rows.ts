import {type Candidate, searchText} from './candidates.ts';
import type {WizardContext} from './context.ts';
import {countFields} from './form-step.ts';
import {homeRows} from './home-rows.ts';
import {lendAnswers} from './lend-step.ts';
import {mapRows} from './map-step.ts';
import {appliedTasks} from './todo-step.ts';
import type {WizardState} from './state.ts';

export const candidatesOf = (context: WizardContext, {devices}: WizardState): readonly Candidate[] => {
  const all = devices.showsOthers ? [...context.cards, ...context.others] : context.cards;
  const wanted = devices.filter.toLowerCase();
  return wanted === '' ? all : all.filter((one) => searchText(one).includes(wanted));
};

/** How many rows the focus moves over. The row before the changes of the review are its findings. */
export const countRows = (context: WizardContext, state: WizardState): number => {
  if (state.step === 'home') return homeRows(context, state).length;
  if (state.step === 'cores') return 0;
  if (state.step === 'map') return mapRows(context, state).length;
  if (state.step === 'todo') return appliedTasks(context).length;
  if (state.step === 'device') return candidatesOf(context, state).length;
  if (state.step === 'lend') return lendAnswers(context, state).length;
  return state.step === 'review' ? 1 + state.preview.changes.length : countFields(context, state);
};
