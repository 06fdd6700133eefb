import {isBlocked} from '../../findings/finding.ts';
import {hypervisorOf} from '../../hypervisor/hypervisors.ts';
import {printable} from '../../words/printable.ts';
import {isAboutDevice} from './candidates.ts';
import {riskFields} from './consent-fields.ts';
import {fieldContextOf, profileOf, type WizardContext} from './context.ts';
import {cpuFields} from './cpu-fields.ts';
import {
  type Field,
  type FieldContext,
  type FieldValue,
  type NumberField,
  refusalOf,
  type TextField,
  valueOf,
} from './field.ts';
import {guestFields} from './guest-fields.ts';
import {memoryFields} from './memory-fields.ts';
import {keyOfField} from './named.ts';
import {romFields} from './rare-fields.ts';
import {goOn, moveFocus, withJudged} from './move.ts';
import {saveFields} from './save-fields.ts';
import {save} from './save-step.ts';
import type {Lookup, Move, StepId, WizardState} from './state.ts';
import {
  type CursorMove,
  editAtEnd,
  eraseText,
  type Erasure,
  insertText,
  moveCursor,
  type TextEdit,
} from './text-edit.ts';

/** What each form asks for, whether or not it is shown. */
const formFields: Readonly<Partial<Record<StepId, readonly Field[]>>> = {
  cpu: cpuFields,
  memory: memoryFields,
  guest: guestFields,
  save: saveFields,
};

/** Fields of the present step, from top to bottom; none on a step that is no form. */
export const fieldsOf = ({step}: Pick<WizardState, 'step'>, context: FieldContext): readonly Field[] => {
  if (step === 'risks') return riskFields(context);
  const all = [...(formFields[step] ?? []), ...(step === 'guest' ? romFields(context.profile.devices) : [])];
  const usual = all.filter((field) => field.isShown(context) && !isUnused(context, field));
  const ids = new Set(usual.map(({id}) => id));
  return all.filter((field) => {
    if (usual.includes(field)) return true;
    // Of two fields for one key the first, and each of them once.
    const isWanted = !ids.has(field.id) && context.named.has(keyOfField(field.id)) && !isElsewhere(field, context);
    if (isWanted) ids.add(field.id);
    return isWanted;
  });
};

/** The name of a guest that exists is chosen with the guest. */
const isElsewhere = ({id}: Field, {profile}: FieldContext): boolean =>
  id === 'guest.name' && profile.guest.domain === 'existing';

/** What the hypervisor of this host has not, the wizard does not ask for. */
const isUnused = ({facts}: FieldContext, {subjects}: Field): boolean =>
  subjects.some((subject) => hypervisorOf(facts).unusedKeys.includes(subject));

export const focusedField = (
  context: WizardContext,
  state: WizardState,
): {readonly field: Field; readonly shown: FieldContext} | null => {
  const shown = fieldContextOf(context, state);
  const fields = fieldsOf(state, shown);
  const field = fields[Math.min(state.focus[state.step] ?? 0, fields.length - 1)];
  return field === undefined ? null : {field, shown};
};

/** Planned anew only where the profile is another: half a word of consent changes nothing. */
const edited = (context: WizardContext, before: WizardState, field: Field, value: FieldValue): WizardState => {
  const kept = Object.entries(before.draft.edits).filter(([id]) => !(field.resets ?? []).includes(id));
  const draft = {...before.draft, edits: {...Object.fromEntries(kept), [field.id]: value}};
  const state = {...before, draft, notice: null};
  const isSame = JSON.stringify(profileOf(context, draft)) === JSON.stringify(profileOf(context, before.draft));
  if (state.step === 'save') return {...state, save: {phase: 'idle'}, isPreviewWhole: isSame && state.isPreviewWhole};
  return isSame ? state : withJudged(context, state);
};

export const changeValue = (context: WizardContext, state: WizardState, direction: 1 | -1): WizardState => {
  const focused = focusedField(context, state);
  if (focused === null) return state;
  const {field, shown} = focused;
  if (field.kind === 'number') return edited(context, state, field, stepped(field, shown, direction));
  if (field.kind === 'text') return state;
  const options = field.options(shown);
  const index = options.findIndex((option) => option.value === field.read(shown));
  const next = options[(index + direction + options.length) % options.length];
  return next === undefined ? state : edited(context, state, field, next.value);
};

/** To the next multiple of the step, so that a size between two becomes even. */
const stepped = (field: NumberField, shown: FieldContext, direction: 1 | -1): number => {
  const [lowest, highest] = field.range(shown);
  const step = field.step(shown);
  const value = field.read(shown);
  const next = direction === 1 ? (Math.floor(value / step) + 1) * step : (Math.ceil(value / step) - 1) * step;
  return Math.min(highest, Math.max(lowest, next));
};

/** Whether what is typed counts only when the host was asked about it. */
const isChecked = (field: Field): field is TextField & {readonly path: 'iso' | 'disk'} =>
  field.kind === 'text' && field.path !== undefined && field.path !== 'profile';

/** A path that Tab has brought is as if it were typed; one that was checked counts. */
export const acceptPath = (
  context: WizardContext,
  state: WizardState,
  text: string,
  {isChecked: wasChecked} = {isChecked: false},
): WizardState => {
  const field = focusedField(context, state)?.field;
  return field === undefined || (isChecked(field) && !wasChecked) ? state : edited(context, state, field, text);
};

/** What the cursor is in: a number that is being typed, or a text as it is. */
const editOf = (state: WizardState, field: Field, shown: FieldContext): TextEdit =>
  state.typed ?? editAtEnd(field.kind === 'text' ? String(valueOf(field, shown)) : '');

const withEdit = (
  context: WizardContext,
  state: WizardState,
  change: (edit: TextEdit, field: Field) => TextEdit,
): WizardState => {
  const focused = focusedField(context, state);
  if (focused === null || focused.field.kind === 'choice') return state;
  const {field, shown} = focused;
  const before = editOf(state, field, shown);
  const typed = change(before, field);
  if (field.kind === 'number') return {...state, notice: null, typed: typed.text === '' ? null : typed};
  if (isChecked(field)) return {...state, notice: null, typed};
  const next = {...state, typed};
  return typed.text === before.text ? next : edited(context, next, field, typed.text);
};

const longestNumber = 20;
const longestText = 4096;

export const typeCharacter = (context: WizardContext, state: WizardState, text: string): WizardState =>
  withEdit(context, state, (edit, field) => {
    const isNumber = field.kind === 'number';
    if (isNumber && edit.text === '' && !/^\d$/.test(text)) return edit;
    const next = insertText(edit, printable(text));
    return next.text.length <= (isNumber ? longestNumber : longestText) ? next : edit;
  });

export const eraseTyped = (context: WizardContext, state: WizardState, what: Erasure): WizardState =>
  withEdit(context, state, (edit) => eraseText(edit, what));

export const moveTyped = (context: WizardContext, state: WizardState, move: CursorMove): WizardState =>
  withEdit(context, state, (edit) => moveCursor(edit, move));

/** The value of a number that was typed, or why it has none. */
export const readTyped = (
  field: NumberField,
  shown: FieldContext,
  text: string,
): number | {readonly problem: string} => {
  const value = field.parse(text.trim());
  if (typeof value !== 'number') return value;
  const [lowest, highest] = field.range(shown);
  if (value < lowest)
    return {problem: `${field.renderBriefly(value)} is too little: the least is ${field.renderBriefly(lowest)}.`};
  return value > highest
    ? {problem: `${field.renderBriefly(value)} is more than this host has (${field.renderBriefly(highest)}).`}
    : value;
};

/** What a key that leaves the field asks for. */
type After = Extract<Lookup, {kind: 'check'}>['after'];

/**
 * A number counts now, and only as a whole; a path when the host was asked about it, after which the same key goes on.
 * One that is refused keeps the focus, and the value stays what it was.
 */
const commitTyped = (
  context: WizardContext,
  state: WizardState,
  after: After,
): {readonly state: WizardState; readonly isHeld: boolean} => {
  const focused = focusedField(context, state);
  if (state.typed !== null && focused !== null && isChecked(focused.field))
    return commitPath(context, state, {...focused, field: focused.field, after});
  if (state.typed === null || focused?.field.kind !== 'number') return {state: {...state, typed: null}, isHeld: false};
  const {field, shown} = focused;
  const value = readTyped(field, shown, state.typed.text);
  if (typeof value === 'number') return {state: edited(context, {...state, typed: null}, field, value), isHeld: false};
  const notice = `${value.problem} Still ${field.render(field.read(shown))}; Esc keeps that.`;
  return {state: {...state, notice}, isHeld: true};
};

type TypedPath = {
  readonly field: TextField & {readonly path: 'iso' | 'disk'};
  readonly shown: FieldContext;
  readonly after: After;
};

const commitPath = (
  context: WizardContext,
  state: WizardState,
  {field, shown, after}: TypedPath,
): ReturnType<typeof commitTyped> => {
  const text = state.typed?.text.trim() ?? '';
  const free = {...state, typed: null};
  if (text === valueOf(field, shown)) return {state: free, isHeld: false};
  const refusal = refusalOf(field, text);
  if (refusal !== null) return {state: {...state, notice: `${refusal} Esc keeps the old value.`}, isHeld: true};
  if (!text.startsWith('/')) return {state: edited(context, free, field, text), isHeld: false};
  const lookup = {kind: 'check', field: field.id, text, wanted: field.path, after} as const;
  return {state: {...state, notice: null, lookup}, isHeld: true};
};

export const moveInForm = (context: WizardContext, state: WizardState, move: Move): WizardState => {
  const committed = commitTyped(context, state, {kind: 'move', move});
  return committed.isHeld ? committed.state : moveFocus(committed.state, countFields(context, committed.state), move);
};

export const countFields = (context: WizardContext, state: WizardState): number =>
  fieldsOf(state, fieldContextOf(context, state)).length;

/** A text that a profile can't hold, or a number out of range, keeps the step until it is corrected. */
export const leaveForm = (context: WizardContext, before: WizardState): WizardState => {
  const {state, isHeld} = commitTyped(context, before, {kind: 'go-on'});
  if (isHeld) return state;
  const shown = fieldContextOf(context, state);
  const fields = fieldsOf(state, shown);
  const refused = fields.findIndex((field) => refusalOf(field, valueOf(field, shown)) !== null);
  if (refused >= 0)
    return {
      ...state,
      focus: {...state.focus, [state.step]: refused},
      notice: `Correct "${fields[refused]?.label}" to go on.`,
    };
  if (state.step === 'save') return save(context, state);
  const next = goOn(context, state);
  return state.step === 'risks' && isBlocked(state.preview.findings.filter(isAboutDevice))
    ? {...next, notice: 'You have not accepted one of the risks. Apply stays blocked until you do.'}
    : next;
};
