import {padColumns, printable} from '../printable.ts';
import {fieldContextOf, profileOf} from './context.ts';
import type {WizardContext} from './context.ts';
import {cpuFields} from './cpu-fields.ts';
import {refusalOf, valueOf} from './field.ts';
import type {Field, FieldContext, FieldValue, NumberField} from './field.ts';
import {guestFields} from './guest-fields.ts';
import {memoryFields} from './memory-fields.ts';
import {goOn} from './move.ts';
import {riskFields} from './risk-fields.ts';
import {saveFields} from './save-fields.ts';
import {save} from './save-step.ts';
import type {WizardState} from './state.ts';
import {isBlockedAt} from './step-of-finding.ts';

/** Fields of the present step, from top to bottom; none on a step that is no form. */
export const fieldsOf = (state: WizardState, context: FieldContext): readonly Field[] => {
  const all = state.step === 'cpu' ? cpuFields : state.step === 'memory' ? memoryFields : state.step === 'guest' ? guestFields : state.step === 'save' ? saveFields : [];
  return state.step === 'risks' ? riskFields(context) : all.filter((field) => field.isShown(context));
};

export const focusedField = (context: WizardContext, state: WizardState): {readonly field: Field; readonly shown: FieldContext} | null => {
  const shown = fieldContextOf(context, state);
  const fields = fieldsOf(state, shown);
  const field = fields[Math.min(state.focus[state.step] ?? 0, fields.length - 1)];
  return field === undefined ? null : {field, shown};
};

const edited = (context: WizardContext, state: WizardState, field: Field, value: FieldValue): WizardState => {
  const draft = {...state.draft, edits: {...state.draft.edits, [field.id]: value}};
  const save = state.step === 'save' ? {phase: 'idle' as const} : state.save;
  return {...state, draft, notice: null, save, preview: context.services.preview(profileOf(context, draft))};
};

export const changeValue = (context: WizardContext, state: WizardState, direction: 1 | -1): WizardState => {
  const focused = focusedField(context, {...state, digits: ''});
  if (focused === null) return state;
  const {field, shown} = focused;
  const reset = {...state, digits: ''};
  if (field.kind === 'number') return edited(context, reset, field, stepped(field, shown, direction));
  if (field.kind === 'text') return reset;
  const options = field.options(shown);
  const index = options.findIndex((option) => option.value === field.read(shown));
  const next = options[(index + direction + options.length) % options.length];
  return next === undefined ? reset : edited(context, reset, field, next.value);
};

/** To the next multiple of the step, so that a size between two gets even. */
const stepped = (field: NumberField, shown: FieldContext, direction: 1 | -1): number => {
  const [lowest, highest] = field.range(shown);
  const step = field.step(shown);
  const value = field.read(shown);
  const next = direction === 1 ? (Math.floor(value / step) + 1) * step : (Math.ceil(value / step) - 1) * step;
  return Math.min(highest, Math.max(lowest, next));
};

export const typeCharacter = (context: WizardContext, state: WizardState, text: string): WizardState => {
  const focused = focusedField(context, state);
  if (focused === null) return state;
  const {field, shown} = focused;
  if (field.kind === 'text') return edited(context, state, field, `${valueOf(field, shown)}${printable(text)}`.slice(0, 4096));
  return field.kind === 'number' && /^\d$/.test(text) ? withDigits(context, state, field, shown, (state.digits + text).slice(-7)) : state;
};

export const eraseText = (context: WizardContext, state: WizardState, shorten: (text: string) => string): WizardState => {
  const focused = focusedField(context, state);
  if (focused === null) return state;
  const {field, shown} = focused;
  if (field.kind === 'text') return edited(context, state, field, shorten(String(valueOf(field, shown))));
  return field.kind === 'number' ? withDigits(context, state, field, shown, shorten(state.digits)) : state;
};

/** A number out of range stays on the screen with the reason and is not taken over: more digits may follow. */
const withDigits = (context: WizardContext, state: WizardState, field: NumberField, shown: FieldContext, digits: string): WizardState => {
  if (digits === '') return {...state, digits, notice: null};
  const value = field.parse(digits);
  const [lowest, highest] = field.range(shown);
  const next = {...state, digits};
  if (value < lowest) return {...next, notice: `${field.render(value)} is less than ${field.render(lowest)}; still ${field.render(field.read(shown))}.`};
  if (value > highest) return {...next, notice: `${field.render(value)} is more than this host has (${field.render(highest)}); still ${field.render(field.read(shown))}.`};
  return edited(context, next, field, value);
};

/** A text that can't stand in a profile holds the step until it is corrected. */
export const leaveForm = (context: WizardContext, state: WizardState): WizardState => {
  const shown = fieldContextOf(context, state);
  const fields = fieldsOf(state, shown);
  const refused = fields.findIndex((field) => refusalOf(field, valueOf(field, shown)) !== null);
  if (refused >= 0) return {...state, focus: {...state.focus, [state.step]: refused}, notice: `${fields[refused]?.label} is not usable as it is: correct it to go on.`};
  if (state.step === 'save') return save(context, state);
  const next = goOn(context, state);
  return state.step === 'risks' && isBlockedAt('device', state.preview.findings) ? {...next, notice: 'Something is not given up yet; apply will refuse until it is.'} : next;
};

/** `digits` is null for a field without the focus. */
export const renderField = (field: Field, context: FieldContext, digits: string | null): string => {
  const label = padColumns(field.label, 20);
  if (field.kind === 'text') return `${label}${renderText(printable(String(valueOf(field, context))), digits !== null)}`;
  const shown = field.kind === 'number' ? renderNumber(field, context, digits) : labelOf(field, context);
  return `${label}${digits === null ? `  ${shown}` : `‹ ${shown} ›`}`;
};

const renderText = (text: string, hasFocus: boolean): string => (hasFocus ? `› ${text}▏` : `  ${text === '' ? '–' : text}`);

const renderNumber = (field: NumberField, context: FieldContext, digits: string | null): string => {
  const value = field.render(field.read(context));
  return digits === null || digits === '' ? value : `${digits}▏ = ${value}`;
};

const labelOf = (field: Field & {kind: 'choice'}, context: FieldContext): string => {
  const value = field.read(context);
  const label = printable(field.options(context).find((option) => option.value === value)?.label ?? value);
  const decided = value === 'auto' ? context.preview.plan?.decisions.findLast((one) => field.subjects.includes(one.subject) && one.subject === field.id.replace(/MiB$/, '')) : undefined;
  return decided === undefined ? label : `${label}: ${printable(decided.choice)}`;
};
