import {canShow} from '../../plan/judge-needs.ts';
import {isDisplay} from '../../plan/describe-function.ts';
import {consentFields} from './consent-fields.ts';
import type {ChoiceField, Field, FieldContext} from './field.ts';

/** Whether the chosen card is the last that the host has a screen on. */
const isLastScreen = ({facts, profile, preview}: FieldContext): boolean => {
  const chosen = new Set([...profile.devices, ...(preview.plan?.devices ?? [])].map((device) => device.address));
  const screens = facts.pci.filter((device) => isDisplay(device) && (chosen.has(device.address) || canShow(device)));
  return screens.length > 0 && screens.every((device) => chosen.has(device.address));
};

/** A host with one card can lend it, instead of losing it for good. */
export const bindingField: ChoiceField = {
  id: 'binding',
  kind: 'choice',
  label: 'The only card',
  subjects: ['binding'],
  isShown: (context) => context.profile.binding === 'handover' || isLastScreen(context),
  options: () => [
    {value: 'boot', label: 'given away at boot', cost: 'The host never has a screen again while this is set up: only for a machine that is used over the network. It has to be given up in words below.'},
    {
      value: 'handover',
      label: 'lent while the guest runs',
      cost: 'When the guest starts, the display manager stops: every graphical session ends, and what is not saved in it is lost. When the guest ends, the card and the login screen come back. The guest needs a keyboard and a mouse of its own. A driver that does not let go keeps the guest from starting, and may take a reboot.',
    },
  ],
  read: ({profile}) => (profile.binding === 'handover' ? 'handover' : 'boot'),
  write: (profile, value) => ({...profile, binding: value === 'handover' ? 'handover' : 'auto'}),
};

/** What has to be decided, or given up in words, before this card can go. */
export const riskFields = (context: FieldContext): readonly Field[] => [...(bindingField.isShown(context) ? [bindingField] : []), ...consentFields(context)];
