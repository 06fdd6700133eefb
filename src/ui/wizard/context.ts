import type {Profile} from '../../profile/profile.ts';
import type {WizardServices} from '../services.ts';
import {
  type Candidate,
  isIntegrated,
  judgeCandidate,
  judgeLending,
  listCandidates,
  type Verdict,
} from './candidates.ts';
import {bindingField, consentFieldsOf} from './consent-fields.ts';
import {cpuFields} from './cpu-fields.ts';
import {type Draft, profileFromDraft} from './draft.ts';
import type {Field, FieldContext} from './field.ts';
import {guestFields} from './guest-fields.ts';
import {memoryFields} from './memory-fields.ts';
import {namedIn} from './named.ts';
import {romFieldsOf} from './rare-fields.ts';
import {saveFields} from './save-fields.ts';
import type {WizardState} from './state.ts';

/** What never changes while the wizard runs. */
export type WizardContext = {
  readonly services: WizardServices;
  readonly cards: readonly Candidate[];
  readonly others: readonly Candidate[];
  /** Of functions that would be given together; judged once. */
  readonly verdictOf: (addresses: readonly string[]) => Verdict;
  /** What keeps this host from lending the devices of a profile; judged once for each. */
  readonly whyNotLent: (profile: Profile) => string | null;
};

export const createContext = (services: WizardServices): WizardContext => {
  const {cards, others} = listCandidates(services.facts);
  const verdicts = new Map<string, Verdict>();
  const verdictOf = (addresses: readonly string[]): Verdict => {
    const key = addresses.join(' ');
    const verdict = verdicts.get(key) ?? judgeCandidate(services, addresses);
    verdicts.set(key, verdict);
    return verdict;
  };
  const obstacles = new Map<string, string | null>();
  const whyNotLent = (profile: Profile): string | null => {
    // What the guest is decides too: one that starts with the host can't borrow its screen.
    const key = JSON.stringify([profile.devices, profile.guest]);
    const known = obstacles.get(key);
    const obstacle = known === undefined ? judgeLending(services, profile) : known;
    obstacles.set(key, obstacle);
    return obstacle;
  };
  const ofHost = (one: Candidate): number => (isIntegrated(one, verdictOf(one.identities)) ? 1 : 0);
  return {services, cards: [...cards].sort((a, b) => ofHost(a) - ofHost(b)), others, verdictOf, whyNotLent};
};

export const profileOf = ({services}: WizardContext, draft: Draft): Profile => {
  const fields: readonly Field[] = [
    ...cpuFields,
    ...memoryFields,
    ...guestFields,
    ...saveFields,
    bindingField,
    ...consentFieldsOf(draft.edits),
    ...romFieldsOf(draft.edits),
  ];
  return profileFromDraft(draft, fields, {facts: services.facts});
};

/** Of the file that the draft came from, as long as it has that profile's name. */
const pathOf = ({path, edits}: Draft): string | null => (edits['name'] === undefined ? path : null);

export const fieldContextOf = (context: WizardContext, state: WizardState): FieldContext => {
  const profile = profileOf(context, state.draft);
  return {
    facts: context.services.facts,
    profile,
    preview: state.preview,
    edits: state.draft.edits,
    openedPath: state.draft.path,
    named: namedIn(state),
    defaultPath: pathOf(state.draft) ?? context.services.defaultProfilePath(profile),
  };
};
