import {renderDiff} from '../../changes/compare-artifacts.ts';
import {profileOf, type WizardContext} from './context.ts';
import {profileToSave, replacedBySave} from './save-step.ts';
import type {Export, WizardState} from './state.ts';

/** A diff as `patch` takes it; `null` where the screen shows none. */
const shownDiff = (context: WizardContext, state: WizardState): string | null => {
  const diffs = diffsOf(context, state).filter((diff) => diff !== '');
  return diffs.length === 0 ? null : diffs.map((diff) => diff.replace(/\n*$/, '\n')).join('\n');
};

/** Of the review the change with the focus, or all of them. */
const diffsOf = (context: WizardContext, state: WizardState): readonly string[] => {
  if (state.step === 'review') {
    const {changes} = state.preview;
    const focused = changes[(state.focus.review ?? 0) - 1];
    return (focused === undefined ? changes : [focused]).map(({diff}) => diff);
  }
  if (state.step === 'undo' && 'view' in state.undo) return state.undo.view.undone.map(({diff}) => diff);
  const opened = state.step === 'save' ? replacedBySave(context, state) : null;
  return opened === null
    ? []
    : [renderDiff(opened.path, opened.text, context.services.edit(opened.text, profileToSave(context, state)))];
};

/** xterm takes no longer one (its OSC buffer), and other terminals cut it or drop it. */
const longestCopy = 74_994;

/** Only asks: the task that watches for it writes the file, or hands the text to the terminal. */
export const exportDiff = (context: WizardContext, state: WizardState, to: Export['to']): WizardState => {
  const text = shownDiff(context, state);
  if (text === null) return {...state, notice: 'No diff is shown here.'};
  if (to === 'clipboard' && Math.ceil(text.length / 3) * 4 > longestCopy)
    return {...state, notice: 'The diff is too long for the clipboard of a terminal. w saves it to a file.'};
  return {...state, notice: null, exporting: {to, text, name: `${profileOf(context, state.draft).name}.diff`}};
};
