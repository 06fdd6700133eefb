import {Scalar} from 'yaml';
import type {HostFacts} from '../../facts/host-facts.ts';
import type {Codec} from '../../profile/codec.ts';
import type {Profile} from '../../profile/profile.ts';
import type {Preview} from '../services.ts';
import type {PathKind} from './path-text.ts';

/** Why a text is no such value of a profile, and what to type instead; `null` when it is one. The same grammar reads the file. */
type Grammar = Pick<Codec<unknown>, 'type' | 'decode'>;

export const refuseBy =
  (codec: Grammar) =>
  (text: string): string | null => {
    const reasons: string[] = [];
    if (text === '') return `Type a ${codec.type}.`;
    codec.decode(new Scalar(text), '', {
      report: ({message, remedy}) => reasons.push(`${message} ${remedy}`),
      locate: () => undefined,
    });
    return reasons[0] ?? null;
  };

/** As `refuseBy`, where certain words, or nothing, have a meaning too. */
export const refuseUnless = (words: readonly string[], codec: Grammar): ((text: string) => string | null) => {
  const refuse = refuseBy(codec);
  return (text) => (words.includes(text) ? null : refuse(text));
};

export type FieldValue = string | number;

/** What a field may look at when it writes into a profile. */
export type FieldHost = {readonly facts: HostFacts};

/** What a field may look at when it is shown. */
export type FieldContext = FieldHost & {
  readonly profile: Profile;
  readonly preview: Preview;
  readonly edits: Readonly<Record<string, FieldValue>>;
  readonly defaultPath: string;
  /** The file that the draft was taken from. */
  readonly openedPath: string | null;
  /** Keys of the profile that a remedy names, so that a person can follow it: with the value, where it has one. */
  readonly named: ReadonlySet<string>;
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
  /** Fields whose edits mean nothing once this one is changed. */
  readonly resets?: readonly string[];
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
  /** The value of what was typed, or why it has none and what to type instead. */
  readonly parse: (text: string) => number | {readonly problem: string};
  readonly render: (value: number) => string;
  /** The same for a sentence that compares two of them in one row. */
  readonly renderBriefly: (value: number) => string;
  readonly cost: (context: FieldContext) => string;
};

export type TextField = Common & {
  readonly kind: 'text';
  /** What is shown for an empty text that has a meaning. */
  readonly whenEmpty?: string;
  /** It names a file: Tab completes it, and one of the host is looked at before it counts. */
  readonly path?: PathKind;
  /** Why a profile can't hold a text; such a text stays on the screen and is not written. */
  readonly refuse?: (text: string) => string | null;
  readonly read: (context: FieldContext) => string;
  readonly cost: (context: FieldContext) => string;
};

export type Field = ChoiceField | NumberField | TextField;

export const always = (): boolean => true;

export const yesNoAuto = (auto: string, yes: string, no: string): readonly FieldOption[] => [
  {value: 'auto', label: 'automatic', cost: auto},
  {value: 'yes', label: 'yes', cost: yes},
  {value: 'no', label: 'no', cost: no},
];

export const readYesNoAuto = (value: 'auto' | boolean): string => (value === 'auto' ? 'auto' : value ? 'yes' : 'no');
export const writeYesNoAuto = (value: FieldValue): 'auto' | boolean =>
  value === 'yes' ? true : value === 'no' ? false : 'auto';

/** Of a text that was typed; `null` for everything that can be written. */
export const refusalOf = (field: Field, value: FieldValue): string | null =>
  field.kind === 'text' ? (field.refuse?.(String(value)) ?? null) : null;

/** What the user sees in the field: what was typed, else what the profile says. */
export const valueOf = (field: Field, context: FieldContext): FieldValue =>
  field.kind === 'text' ? (context.edits[field.id] ?? field.read(context)) : field.read(context);

export const withGuest = (profile: Profile, guest: Partial<Profile['guest']>): Profile => ({
  ...profile,
  guest: {...profile.guest, ...guest},
});

export const isNew = ({profile, preview}: FieldContext): boolean =>
  preview.plan?.guest.isNew ?? profile.guest.domain !== 'existing';

export const isWindows = ({profile}: FieldContext): boolean => profile.guest.os.startsWith('windows');
