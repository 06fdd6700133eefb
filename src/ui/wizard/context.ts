import type {Profile} from '../../profile/profile.ts';
import type {WizardServices} from '../services.ts';
import {judgeCandidate, listCandidates} from './candidates.ts';
import type {Candidate, Verdict} from './candidates.ts';
import {consentFieldsOf} from './consent-fields.ts';
import {cpuFields} from './cpu-fields.ts';
import {profileFromDraft} from './draft.ts';
import type {Draft} from './draft.ts';
import type {Field, FieldContext} from './field.ts';
import {guestFields} from './guest-fields.ts';
import {memoryFields} from './memory-fields.ts';
import {bindingField} from './risk-fields.ts';
import {saveFields} from './save-fields.ts';
import type {WizardState} from './state.ts';

/** What never changes while the wizard runs. */
export type WizardContext = {
  readonly services: WizardServices;
  readonly cards: readonly Candidate[];
  readonly others: readonly Candidate[];
  /** Of the display cards, by address. */
  readonly verdicts: ReadonlyMap<string, Verdict>;
};

export const createContext = (services: WizardServices): WizardContext => {
  const {cards, others} = listCandidates(services.facts);
  const judge = (card: Candidate): Verdict => judgeCandidate(services, card.functions.map((one) => one.address));
  return {services, cards, others, verdicts: new Map(cards.map((card) => [card.address, judge(card)]))};
};

export const profileOf = ({services}: WizardContext, draft: Draft): Profile => {
  const fields: readonly Field[] = [...cpuFields, ...memoryFields, ...guestFields, ...saveFields, bindingField, ...consentFieldsOf(draft.edits)];
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
    defaultPath: pathOf(state.draft) ?? context.services.defaultProfilePath(profile),
  };
};
