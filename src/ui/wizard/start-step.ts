import type {WizardContext} from './context.ts';
import {profileOf} from './context.ts';
import {draftFromProfile} from './draft.ts';
import type {Draft} from './draft.ts';
import {goOn} from './move.ts';
import {candidatesOf} from './rows.ts';
import type {WizardState} from './state.ts';

/** A card that can be used now comes before one that can't, and one that the host does not show its boot on before the one that it does. */
export const proposeDraft = ({services, cards, verdicts}: WizardContext): Draft => {
  const rank = (address: string): number => {
    const verdict = verdicts.get(address);
    const card = cards.find((one) => one.address === address);
    const isBootVga = card?.functions.some((device) => device.bootVga) ?? false;
    return (verdict?.isUsable === true ? 0 : verdict?.isConditional === true ? 2 : 4) + (isBootVga ? 1 : 0);
  };
  const best = [...cards].sort((a, b) => rank(a.address) - rank(b.address))[0];
  return draftFromProfile(services.proposeProfile(best?.functions.map((device) => device.address) ?? []));
};

/** The devices of the draft become what the device step shows as chosen. */
export const withDraft = (context: WizardContext, state: WizardState, draft: Draft, preview = context.services.preview): WizardState => {
  const profile = profileOf(context, draft);
  const addresses = profile.devices.map((device) => device.address);
  const all = [...context.cards, ...context.others].filter((one) => addresses.includes(one.address));
  const showsOthers = context.others.some((one) => addresses.includes(one.address));
  const devices = {showsOthers, filter: '', isFiltering: false, extras: all.slice(1).map((one) => one.address), refused: null};
  const next = {...state, draft, devices, preview: preview(profile)};
  const focus = candidatesOf(context, next).findIndex((one) => one === all[0]);
  return {...next, focus: {...next.focus, device: Math.max(0, focus)}};
};

export const chooseStart = (context: WizardContext, state: WizardState): WizardState => {
  const index = state.focus.start ?? 0;
  const saved = context.services.savedProfiles[index - 1];
  const isSame = saved === undefined ? state.draft.path === null : state.draft.path === saved.path;
  if (isSame) return goOn(context, state);
  const draft = saved === undefined ? proposeDraft(context) : draftFromProfile(saved.profile, saved.path);
  return goOn(context, withDraft(context, {...state, focus: {start: index}}, draft));
};
