import type {HostFacts} from '../../host/facts.ts';
import type {Profile} from '../../profile/profile.ts';
import type {Preview} from '../services.ts';

export type FieldValue = string | number;

/** What a field may look at when it writes into a profile. */
export type FieldHost = {readonly facts: HostFacts};

/** What a field may look at when it is shown. */
export type FieldContext = FieldHost & {
  readonly profile: Profile;
  readonly preview: Preview;
  readonly edits: Readonly<Record<string, FieldValue>>;
  readonly defaultPath: string;
};

export type FieldOption = {
  readonly value: string;
  readonly label: string;
  /** What this choice costs, or brings. */
  readonly cost: string;
};

type Common = {
  /** Profile path where there is one. */
  readonly id: string;
  readonly label: string;
  /** Beginnings of the subjects of plan decisions that explain it. */
  readonly subjects: readonly string[];
  readonly isShown: (context: FieldContext) => boolean;
  readonly write: (profile: Profile, value: FieldValue, host: FieldHost) => Profile;
};

export type ChoiceField = Common & {
  readonly kind: 'choice';
  readonly options: (context: FieldContext) => readonly FieldOption[];
  readonly read: (context: FieldContext) => string;
};

export type NumberField = Common & {
  readonly kind: 'number';
  readonly read: (context: FieldContext) => number;
  readonly step: (context: FieldContext) => number;
  readonly range: (context: FieldContext) => readonly [number, number];
  /** Value of typed digits. */
  readonly parse: (digits: string) => number;
  readonly render: (value: number) => string;
  readonly cost: (context: FieldContext) => string;
};

export type TextField = Common & {
  readonly kind: 'text';
  /** Why a text can't stand in a profile; such a text stays on the screen and is not written. */
  readonly refuse?: (text: string) => string | null;
  readonly read: (context: FieldContext) => string;
  readonly cost: (context: FieldContext) => string;
};

export type Field = ChoiceField | NumberField | TextField;

export const always = (): boolean => true;

export const yesNoAuto = (auto: string, yes: string, no: string): readonly FieldOption[] => [
  {value: 'auto', label: 'auto', cost: auto},
  {value: 'yes', label: 'yes', cost: yes},
  {value: 'no', label: 'no', cost: no},
];

export const readYesNoAuto = (value: 'auto' | boolean): string => (value === 'auto' ? 'auto' : value ? 'yes' : 'no');
export const writeYesNoAuto = (value: FieldValue): 'auto' | boolean => (value === 'yes' ? true : value === 'no' ? false : 'auto');

/** Of a text that was typed; `null` for everything that can be written. */
export const refusalOf = (field: Field, value: FieldValue): string | null => (field.kind === 'text' ? (field.refuse?.(String(value)) ?? null) : null);

/** What the user sees in the field: what was typed, else what the profile says. */
export const valueOf = (field: Field, context: FieldContext): FieldValue =>
  field.kind === 'text' ? (context.edits[field.id] ?? field.read(context)) : field.read(context);
