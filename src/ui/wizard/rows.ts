import type {Change} from '../../changes/change.ts';
import {describeCard, searchText} from '../views/describe-card.ts';
import {padColumns, printable} from '../printable.ts';
import type {Candidate} from './candidates.ts';
import {fieldContextOf} from './context.ts';
import type {WizardContext} from './context.ts';
import {fieldsOf, renderField} from './form-step.ts';
import type {WizardState} from './state.ts';

/** One row of a list, in the order that the focus moves. */
export type Row = {readonly value: string; readonly label: string};

export const candidatesOf = (context: WizardContext, {devices}: WizardState): readonly Candidate[] => {
  const all = devices.showsOthers ? [...context.cards, ...context.others] : context.cards;
  const wanted = devices.filter.toLowerCase();
  return wanted === '' ? all : all.filter((one) => searchText(one).includes(wanted));
};

const countLines = (diff: string, sign: '+' | '-'): number =>
  diff.split('\n').filter((row) => row.startsWith(sign) && !row.startsWith(sign.repeat(3))).length;

const describeChange = (change: Change): string => {
  const counts = change.kind === 'run' ? '' : `+${countLines(change.diff, '+')} -${countLines(change.diff, '-')}`;
  return `${padColumns(change.kind, 8)}${padColumns(counts, 9)}${printable(change.path)}`;
};

const startRows = ({services}: WizardContext): readonly Row[] => [
  {value: 'new', label: 'A new set-up'},
  ...services.savedProfiles.map(({path, profile}) => ({value: path, label: `${printable(profile.name)}  ${printable(path)}`})),
];

const deviceRows = (context: WizardContext, state: WizardState): readonly Row[] =>
  candidatesOf(context, state).map((one) => ({value: one.address, label: `${markOf(state, one)} ${verdictOf(context, one)} ${describeCard(one)}`}));

/** Only cards are judged ahead: a server may have hundreds of other functions. */
const verdictOf = ({verdicts}: WizardContext, one: Candidate): string => {
  const verdict = verdicts.get(one.address);
  return verdict === undefined ? ' ' : verdict.isUsable ? '✓' : verdict.isConditional ? '!' : '✗';
};

const markOf = (state: WizardState, one: Candidate): string => {
  if (state.devices.extras.includes(one.address)) return '[+]';
  return state.draft.base.devices.some((device) => device.address === one.address) ? '[x]' : '[ ]';
};

const reviewRows = ({preview}: WizardState): readonly Row[] => [
  {value: 'findings', label: `What to know: ${describeCounts(preview.findings.map((finding) => finding.severity))}`},
  ...preview.changes.map((change, index) => ({value: `${index} ${change.path}`, label: describeChange(change)})),
];

export const describeCounts = (severities: readonly string[]): string => {
  const parts = (['blocker', 'warning', 'note'] as const).flatMap((severity) => {
    const count = severities.filter((one) => one === severity).length;
    return count === 0 ? [] : [`${count} ${severity}${count === 1 ? '' : 's'}`];
  });
  return parts.length === 0 ? 'nothing' : parts.join(', ');
};

export const rowsOf = (context: WizardContext, state: WizardState): readonly Row[] => {
  if (state.step === 'start') return startRows(context);
  if (state.step === 'device') return deviceRows(context, state);
  if (state.step === 'review') return reviewRows(state);
  const shown = fieldContextOf(context, state);
  const focus = state.focus[state.step] ?? 0;
  return fieldsOf(state, shown).map((field, index) => ({value: field.id, label: renderField(field, shown, index === focus ? state.digits : null)}));
};
