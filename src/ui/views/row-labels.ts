import {identityOf} from '../../devices/device-kinds.ts';
import type {Change} from '../../changes/change.ts';
import {printable} from '../../words/printable.ts';
import {displayWidth, padColumns} from '../../words/width.ts';
import type {Candidate} from '../wizard/candidates.ts';
import {fieldContextOf, type WizardContext} from '../wizard/context.ts';
import {chosenCard} from '../wizard/device-step.ts';
import {describeCount} from '../../findings/check.ts';
import {type MapRow, mapRows} from '../wizard/map-step.ts';
import {stepOf} from '../wizard/steps.ts';
import {bindingField} from '../wizard/consent-fields.ts';
import {type Field, type FieldContext, type NumberField, valueOf} from '../wizard/field.ts';
import {fieldsOf, readTyped} from '../wizard/form-step.ts';
import {type HomeRow, homeRows} from '../wizard/home-rows.ts';
import {lendAnswers} from '../wizard/lend-step.ts';
import {candidatesOf} from '../wizard/rows.ts';
import type {StepId, WizardState} from '../wizard/state.ts';
import {appliedTasks, isTaskDone, openTasks} from '../wizard/todo-step.ts';
import type {TextEdit} from '../wizard/text-edit.ts';
import {labelOffer} from './offer-lines.ts';
import {describeCard} from './describe-card.ts';

/** One row of a list, in the order in which the focus moves. */
export type Row = {readonly value: string; readonly label: string};

/** Rows from the first to before the second: a server has thousands of devices, and a screen has room for twenty. */
export const rowLabels = (
  context: WizardContext,
  state: WizardState,
  [start, end]: readonly [number, number],
): readonly Row[] => {
  if (state.step === 'home')
    return homeRows(context, state)
      .slice(start, end)
      .map((row) => labelHomeRow(context, state, row));
  if (state.step === 'map')
    return mapRows(context, state)
      .slice(start, end)
      .map((row) => labelMapRow(context, state, row));
  if (state.step === 'cores') return [];
  if (state.step === 'todo')
    return appliedTasks(context)
      .slice(start, end)
      .map((task) => ({
        value: task.id,
        label: `${isTaskDone(state, task) ? '[✓]' : '[ ]'} ${task.title}`,
      }));
  if (state.step === 'device') return deviceRows(context, state, [start, end]);
  if (state.step === 'lend') return lendAnswers(context, state).slice(start, end);
  if (state.step === 'review') return reviewRows(state, [start, end]);
  const shown = fieldContextOf(context, state);
  const focus = state.focus[state.step] ?? 0;
  return fieldsOf(state, shown)
    .slice(start, end)
    .map((field, index) => {
      const hasFocus = start + index === focus;
      return {value: field.id, label: describeField(field, shown, {hasFocus, typed: hasFocus ? state.typed : null})};
    });
};

const verbLabels = {
  verify: 'Verify again',
  undo: 'Roll back …',
  new: 'Set up a device',
  history: 'History',
  leave: 'Leave',
} as const;

const labelHomeRow = (context: WizardContext, state: WizardState, row: HomeRow): Row => {
  if (row.kind === 'continue') return {value: 'continue', label: labelOffer(context, row.offer)};
  if (row.kind === 'todo') {
    const openCount = openTasks(context, state).length;
    return {value: 'todo', label: `To do by hand: ${openCount === 0 ? 'all done' : `${openCount} left`}`};
  }
  if (row.kind === 'profile')
    return {
      value: row.saved.path,
      label: `Open profile ${printable(row.saved.profile.name)}  ${printable(row.saved.path)}`,
    };
  if (row.kind === 'phase')
    return {value: 'phase', label: `Move guest ${printable(row.guest)} on to the phase ${row.to} …`};
  if (row.kind === 'guest')
    return {value: `guest ${row.name}`, label: `Change the set-up of guest ${printable(row.name)}`};
  return {value: row.kind, label: verbLabels[row.kind]};
};

/** The step is named in the first row of it. */
const labelMapRow = (context: WizardContext, state: WizardState, row: MapRow): Row => {
  const isFirst = row.field === null || row.index === 0;
  const step = padColumns(isFirst ? stepOf(row.step).title : '', 17);
  if (row.field !== null)
    return {
      value: row.field.id,
      label: `${step}${describeField(row.field, row.shown, {hasFocus: false, typed: null})}`,
    };
  return {value: row.step, label: `${step}${describeStep(context, state, row.step)}`};
};

const describeStep = (context: WizardContext, state: WizardState, step: StepId): string => {
  if (step === 'device') return profileDevices(state).join(', ');
  if (step === 'lend') return describeLent(context, state);
  if (step === 'review') return `Findings: ${describeCounts(state.preview.findings.map(({severity}) => severity))}`;
  if (step === 'checks')
    return (['error', 'warning', 'ok'] as const)
      .map((status) => describeCount(status, context.services.checks.filter((check) => check.status === status).length))
      .join(', ');
  if (step === 'save') return state.save.phase === 'saved' ? state.save.path : 'not saved yet';
  return '';
};

const describeLent = (context: WizardContext, state: WizardState): string => {
  const shown = fieldContextOf(context, state);
  const value = bindingField.read(shown);
  return `given ${bindingField.options(shown).find((option) => option.value === value)?.label ?? ''}`;
};

const profileDevices = ({draft}: WizardState): readonly string[] => draft.base.devices.map(identityOf);

const deviceRows = (
  context: WizardContext,
  state: WizardState,
  [start, end]: readonly [number, number],
): readonly Row[] => {
  const chosen = chosenCard(context, state);
  return candidatesOf(context, state)
    .slice(start, end)
    .map((one) => ({
      value: one.address,
      label: `${markOf(state, one, chosen)} ${verdictOf(context, one)} ${describeCard(one)}`,
    }));
};

/** Only cards are judged ahead: a server may have hundreds of other functions. */
const verdictOf = ({cards, verdictOf: judge}: WizardContext, one: Candidate): string => {
  if (!cards.includes(one)) return ' ';
  const verdict = judge(one.identities);
  return verdict.isUsable ? '✓' : verdict.isConditional ? '!' : '✗';
};

/** One card is chosen with Enter, as by a radio button; others are added with Space. */
const markOf = ({devices}: WizardState, one: Candidate, chosen: Candidate | null): string =>
  devices.extras.includes(one.address) ? '[+]' : one === chosen ? '(•)' : '( )';

/** The row before the changes is what was found. */
const reviewRows = ({preview}: WizardState, [start, end]: readonly [number, number]): readonly Row[] => [
  ...(start > 0
    ? []
    : [{value: 'findings', label: `Findings: ${describeCounts(preview.findings.map((finding) => finding.severity))}`}]),
  ...preview.changes
    .slice(Math.max(0, start - 1), end - 1)
    .map((change, index) => ({value: `${start + index} ${change.path}`, label: describeChange(change)})),
];

const countLines = (diff: string, sign: '+' | '-'): number =>
  diff.split('\n').filter((row) => row.startsWith(sign) && !row.startsWith(sign.repeat(3))).length;

const describeChange = (change: Change): string => {
  const counts = change.kind === 'run' ? '' : `+${countLines(change.diff, '+')} -${countLines(change.diff, '-')}`;
  return `${padColumns(change.kind, 8)}${padColumns(counts, 9)}${printable(change.path)}`;
};

export const describeCounts = (severities: readonly string[]): string => {
  const parts = (['blocker', 'warning', 'note'] as const).flatMap((severity) => {
    const count = severities.filter((one) => one === severity).length;
    return count === 0 ? [] : [`${count} ${severity}${count === 1 ? '' : 's'}`];
  });
  return parts.length === 0 ? 'none' : parts.join(', ');
};

type Focus = {readonly hasFocus: boolean; readonly typed: TextEdit | null};

const describeField = (field: Field, context: FieldContext, {hasFocus, typed}: Focus): string => {
  // `Give up 0000:03:00.0` is as wide as the column.
  const label = displayWidth(field.label) < 20 ? padColumns(field.label, 20) : `${field.label} `;
  if (field.kind === 'text') {
    const text = printable(String(valueOf(field, context)));
    return `${label}${hasFocus ? `› ${withCursor(typed ?? {text, cursor: [...text].length})}` : `  ${text === '' ? (field.whenEmpty ?? '–') : text}`}`;
  }
  const shown = field.kind === 'number' ? describeNumber(field, context, typed) : labelOf(field, context);
  return `${label}${hasFocus ? `‹ ${shown} ›` : `  ${shown}`}`;
};

const withCursor = ({text, cursor}: TextEdit): string => {
  const characters = [...text];
  return printable(`${characters.slice(0, cursor).join('')}▏${characters.slice(cursor).join('')}`);
};

/** What is typed, and what it would mean; nothing is taken over yet. */
const describeNumber = (field: NumberField, context: FieldContext, typed: TextEdit | null): string => {
  if (typed === null) return field.render(field.read(context));
  const value = readTyped(field, context, typed.text);
  return `${withCursor(typed)}${typeof value === 'number' ? ` = ${field.render(value)}` : ''}`;
};

const labelOf = (field: Field & {kind: 'choice'}, context: FieldContext): string => {
  const value = field.read(context);
  const label = printable(field.options(context).find((option) => option.value === value)?.label ?? value);
  const decided =
    value === 'auto'
      ? context.preview.plan?.decisions.findLast(
          (one) => field.subjects.includes(one.subject) && one.subject === field.id.replace(/MiB$/, ''),
        )
      : undefined;
  return decided === undefined ? label : `${label}: ${printable(decided.choice)}`;
};
