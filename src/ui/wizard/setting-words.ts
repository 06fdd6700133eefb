import {type NamedKey, replaceKeys} from '../../findings/named-keys.ts';
import {bindingField, bindingLabels} from './consent-fields.ts';
import {cpuFields} from './cpu-fields.ts';
import type {Field, FieldContext} from './field.ts';
import {guestFields} from './guest-fields.ts';
import {memoryFields} from './memory-fields.ts';
import {keyOfField} from './named.ts';
import {romFields} from './rare-fields.ts';
import type {StepId} from './state.ts';
import {stepOf} from './steps.ts';

/** Where the wizard asks for a key of the profile. `field`: its id; `null` where the step is no form. */
export type Setting = {readonly step: StepId; readonly field: string | null; readonly label: string};

/** What is typed to agree to a loss, and the field that asks for it. */
const consents: Readonly<Record<string, string>> = {
  'host.allowUnsafeInterrupts': 'Unsafe interrupts',
  'host.acceptGroupMates': 'Give up',
  'host.acceptLossOf': 'Lose',
};

const forms: readonly (readonly [StepId, (context: FieldContext) => readonly Field[]])[] = [
  ['risks', () => [bindingField]],
  ['cpu', () => cpuFields],
  ['memory', () => memoryFields],
  ['guest', ({profile}) => [...guestFields, ...romFields(profile.devices)]],
];

const fieldOf = (key: string, context: FieldContext): {readonly step: StepId; readonly field: Field} | null => {
  // The name of a guest that exists is chosen with the guest.
  const wanted = key === 'guest.name' && context.profile.guest.domain === 'existing' ? 'guest.domain' : key;
  const found = forms.flatMap(([step, fields]) =>
    fields(context).flatMap((field) => (keyOfField(field.id) === wanted ? [{step, field}] : [])),
  );
  return found.find(({field}) => field.isShown(context)) ?? found[0] ?? null;
};

const addressesIn = (value: string | null): readonly string[] => (value ?? '').match(/[\da-f:]+\.\d/g) ?? [];

/** The settings for a key; several where the value lists devices that are each agreed to. */
export const settingsFor = ({key, value}: NamedKey, context: FieldContext): readonly Setting[] => {
  const consent = consents[key];
  if (consent !== undefined) {
    const addresses = addressesIn(value);
    return addresses.length === 0
      ? [{step: 'risks', field: key, label: consent}]
      : addresses.map((address) => ({step: 'risks', field: `${key}:${address}`, label: `${consent} ${address}`}));
  }
  const found = fieldOf(key, context);
  if (found !== null) return [{step: found.step, field: found.field.id, label: found.field.label}];
  return /^(?:devices|function|mdev|usb|match)\b/.test(key) ? [{step: 'device', field: null, label: ''}] : [];
};

/** `Memory › Guest memory`, or the step alone. */
export const describeSetting = ({step, label}: Setting): string =>
  label === '' ? stepOf(step).title : `${stepOf(step).title} › ${label}`;

/** Values that the profile knows and the form says in other words. */
const sameAs: Readonly<Record<string, string>> = {true: 'yes', false: 'no', address: 'boot', ids: 'boot'};

const valueWords = (key: string, value: string, context: FieldContext): string => {
  const field = fieldOf(key, context)?.field;
  if (field?.kind !== 'choice') return value === 'auto' ? 'empty' : value;
  const options = field.options(context);
  const wanted = key === 'binding' && value === 'auto' ? 'boot' : (sameAs[value] ?? value);
  if (key === 'binding' && Object.hasOwn(bindingLabels, wanted))
    return bindingLabels[wanted as keyof typeof bindingLabels];
  const option =
    options.find((one) => one.value === wanted) ??
    options.find((one) => one.value === `${wanted}:${context.profile.guest.name}`);
  return option?.label ?? value;
};

const sayKey = (named: NamedKey, context: FieldContext): string | undefined => {
  const settings = settingsFor(named, context);
  if (settings.length === 0) return undefined;
  const {key, value} = named;
  if (key === 'devices') return `"${stepOf('device').title}" (Space adds one)`;
  const isDevice = settings.every(({step}) => step === 'device');
  const words = key in consents ? 'accept' : value === null || isDevice ? null : valueWords(key, value, context);
  return settings
    .map((setting) => `"${describeSetting(setting)}${words === null || value === null ? '' : `: ${words}`}"`)
    .join(', ');
};

/** A sentence of a finding, with the step and the field in the place of each key of the profile. */
export const nameSettings = (text: string, context: FieldContext): string =>
  replaceKeys(text, (named) => sayKey(named, context));
