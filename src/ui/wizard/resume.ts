import {identityOf} from '../../devices/device-kinds.ts';
import type {KeptDraft} from '../services.ts';
import {profileOf, type WizardContext} from './context.ts';
import type {Draft} from './draft.ts';
import {enterStep} from './move.ts';
import {proposeDraft, withDraft} from './open-draft.ts';
import type {Offer, StepId, WizardState} from './state.ts';

const draftOf = ({base, edits, path}: KeptDraft): Draft => ({base, edits, path});

/** A draft that does not fit this host is said, and not used. */
export const firstOffer = (context: WizardContext): Offer | null => {
  const found = context.services.drafts?.found ?? null;
  if (found === null) return null;
  if ('problem' in found) return {draft: null, problem: found.problem};
  const profile = profileOf(context, draftOf(found.draft));
  const missing = context.services
    .judge(profile)
    .findings.filter(({code}) => ['device-missing', 'device-mismatch', 'device-moved'].includes(code));
  const devices = profile.devices.map(identityOf);
  return {
    draft: found.draft,
    problem:
      missing.length === 0
        ? null
        : `It is for ${devices.join(', ')}, and this machine has another device there, or none.`,
  };
};

/** Steps that a person can be led back to: what was shown on the last ones is not true any more. */
const resumable: Readonly<Partial<Record<string, StepId>>> = {
  checks: 'checks',
  device: 'device',
  lend: 'lend',
  risks: 'risks',
  cpu: 'cpu',
  cores: 'cpu',
  memory: 'memory',
  guest: 'guest',
  review: 'review',
  save: 'save',
  apply: 'review',
};

export const continueDraft = (context: WizardContext, state: WizardState): WizardState => {
  const {offer} = state.resume;
  if (offer === null) return state;
  const {draft, problem} = offer;
  if (draft === null || problem !== null) return {...state, notice: 'The draft can’t be used. d discards it.'};
  const opened = withDraft(context, {...state, resume: {...state.resume, isContinued: true}}, draftOf(draft));
  return enterStep(context, opened, resumable[draft.step] ?? 'checks');
};

/** The file is removed by the task that watches for `isDiscarding`. */
export const discardDraft = (state: WizardState): WizardState =>
  state.resume.offer === null
    ? state
    : {
        ...state,
        notice: null,
        focus: {...state.focus, home: 0},
        resume: {offer: null, isContinued: false, isDiscarding: true},
      };

const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

/** Whether a person chose something that no file has, and that is not applied. */
export const hasUnsavedChoices = (context: WizardContext, {draft, apply, save}: WizardState): boolean => {
  if (apply.phase === 'done' && !apply.isTrial) return false;
  const profile = profileOf(context, draft);
  const opened = context.services.savedProfiles.find(({path}) => path === draft.path)?.profile;
  const known = [
    opened ?? profileOf(context, proposeDraft(context)),
    ...(save.phase === 'saved' ? [save.profile] : []),
  ];
  return !known.some((one) => isSame(one, profile));
};

/** What becomes of the draft at the end: choices are kept, and a draft that was applied or saved is removed. */
export const settleDraft = (
  context: WizardContext,
  state: WizardState,
): {readonly path: string} | {readonly problem: string} | null => {
  const {drafts} = context.services;
  if (drafts === null) return null;
  const {base, edits, path} = state.draft;
  const step = state.returnTo ?? (state.step === 'map' ? state.mapFrom : state.step);
  if (hasUnsavedChoices(context, state)) return drafts.keep({base, edits, path, step});
  if (state.resume.isContinued || (state.apply.phase === 'done' && !state.apply.isTrial)) drafts.discard();
  return null;
};
