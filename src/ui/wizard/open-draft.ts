import {identityOf} from '../../devices/device-kinds.ts';
import type {ProfileDevice} from '../../profile/profile.ts';
import {type Candidate, isIntegrated, likenessOf, missingDevices, proposeFor} from './candidates.ts';
import {profileOf, type WizardContext} from './context.ts';
import {type Draft, draftFromProfile} from './draft.ts';
import {withJudged} from './move.ts';
import {candidatesOf} from './rows.ts';
import type {WizardState} from './state.ts';

/** Usable before those that are not, discrete before integrated, and last the one that the firmware shows the boot on. */
export const proposeDraft = ({services, cards, verdictOf}: WizardContext): Draft => {
  const rank = (candidate: Candidate): number => {
    const {identities, functions, part} = candidate;
    const verdict = verdictOf(identities);
    const {isUsable, isConditional} = verdict;
    const isBootVga = functions.some((device) => device.bootVga);
    // Which part of a card, and how many of them, is for a person to say.
    return (
      (part === null ? 0 : 16) +
      (isUsable || isConditional ? 0 : 8) +
      (isIntegrated(candidate, verdict) ? 4 : 0) +
      (isUsable ? 0 : 2) +
      (isBootVga ? 1 : 0)
    );
  };
  const best = [...cards].sort((a, b) => rank(a) - rank(b))[0];
  return draftFromProfile(proposeFor(services, best?.identities ?? []));
};

const mostAlike = (rows: readonly Candidate[], missing: readonly ProfileDevice[]): Candidate | undefined => {
  const order = ['id', 'slot', 'class'] as const;
  return order
    .map((likeness) => rows.find((one) => likenessOf(one, missing) === likeness))
    .find((one) => one !== undefined);
};

/** The devices of the draft become what the device step shows as chosen. */
export const withDraft = (context: WizardContext, state: WizardState, draft: Draft): WizardState => {
  const profile = profileOf(context, draft);
  const addresses = profile.devices.map(identityOf);
  const all = [...context.cards, ...context.others].filter((one) => addresses.includes(one.address));
  const showsOthers = context.others.some((one) => addresses.includes(one.address));
  const devices = {
    showsOthers,
    filter: '',
    isFiltering: false,
    extras: all.slice(1).map((one) => one.address),
    refused: null,
  };
  const next = withJudged(context, {...state, draft, devices});
  const rows = candidatesOf(context, next);
  const missing = missingDevices(context.services.facts, profile.devices);
  const focus = all[0] ?? mostAlike(rows, missing);
  return {
    ...next,
    focus: {
      ...next.focus,
      device: Math.max(
        0,
        rows.findIndex((one) => one === focus),
      ),
    },
  };
};
