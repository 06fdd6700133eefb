import {identityOf} from '../../devices/device-kinds.ts';
import type {Profile} from '../../profile/profile.ts';
import {memoryText} from '../../profile/scalars.ts';
import {type Line, segment, wrapText} from '../../words/lines.ts';
import {printable} from '../../words/printable.ts';
import type {KeptDraft} from '../services.ts';
import {profileOf, type WizardContext} from '../wizard/context.ts';
import type {Offer} from '../wizard/state.ts';
import {shortName} from './describe-card.ts';
import {describeTime} from './describe-time.ts';

const profileOfKept = (context: WizardContext, {base, edits, path}: KeptDraft): Profile =>
  profileOf(context, {base, edits, path});

/** The first device by its model, where this machine has it. */
const cardOf = ({services}: WizardContext, {devices}: Profile): string => {
  const [identity = 'no device'] = devices.map(identityOf);
  const device = services.facts.pci.find(({address}) => address === identity);
  return device === undefined ? identity : shortName(device);
};

export const labelOffer = (context: WizardContext, {draft, problem}: Offer): string => {
  if (draft === null || problem !== null)
    return `The draft${draft === null ? '' : ` of ${describeTime(draft.savedAt)}`} can’t be used`;
  const profile = profileOfKept(context, draft);
  return printable(
    `Continue where you were? ${cardOf(context, profile)} for ${profile.guest.name}, ${describeTime(draft.savedAt)}`,
  );
};

/** What was left open: the device, the guest, and when. */
export const offerLines = (context: WizardContext, {draft, problem}: Offer, columns: number): readonly Line[] => {
  const profile = draft === null ? null : profileOfKept(context, draft);
  return [
    ...(problem === null ? [] : wrapText(`! ${problem}`, columns, 'warning', 2)),
    ...(draft === null || profile === null
      ? []
      : [
          [segment('Devices  ', 'muted'), segment(profile.devices.map(identityOf).join(', '))],
          [
            segment('Guest    ', 'muted'),
            segment(`${profile.guest.name}, ${profile.cpu.vcpus} vCPUs, ${memoryText(profile.memory.sizeMiB)}`),
          ],
          [segment('Left     ', 'muted'), segment(describeTime(draft.savedAt))],
          ...(draft.path === null ? [] : [[segment('Profile  ', 'muted'), segment(draft.path)]]),
        ]),
    ...wrapText(
      problem === null
        ? 'You left without saving or applying this. Enter goes on where you were, d discards it.'
        : 'Press d to discard it.',
      columns,
    ),
  ];
};
