import {identityOf} from '../../devices/device-kinds.ts';
import {type Candidate, proposeFor} from './candidates.ts';
import type {WizardContext} from './context.ts';
import {rebaseDraft} from './draft.ts';
import {goOn, withJudged} from './move.ts';
import {candidatesOf} from './rows.ts';
import type {DeviceState, WizardState} from './state.ts';

export const focusedCandidate = (context: WizardContext, state: WizardState): Candidate | null => {
  const all = candidatesOf(context, state);
  return all[Math.min(state.focus.device ?? 0, all.length - 1)] ?? null;
};

const withDevices = (state: WizardState, devices: Partial<DeviceState>): WizardState => ({
  ...state,
  devices: {...state.devices, ...devices},
});

const isAdded = ({devices}: WizardState, {address}: Candidate): boolean => devices.extras.includes(address);

/** The one that was chosen with Enter, or was proposed; what was added with Space goes along with it. */
export const chosenCard = ({cards, others}: WizardContext, state: WizardState): Candidate | null => {
  const present = state.draft.base.devices.map(identityOf);
  return [...cards, ...others].find((one) => present.includes(one.address) && !isAdded(state, one)) ?? null;
};

/**
 * What Enter on a row takes: that row and what was added with Space. On a row that was added itself, the card that is
 * chosen stays: whoever adds a keyboard and presses Enter wants both.
 */
export const takenByEnter = (context: WizardContext, state: WizardState, focused: Candidate): readonly Candidate[] => {
  const main = isAdded(state, focused) ? (chosenCard(context, state) ?? focused) : focused;
  const extras = [...context.cards, ...context.others].filter((one) => isAdded(state, one) && one !== main);
  return [main, ...extras];
};

/** Whole cards; two rows may have a function in common. */
export const identitiesOf = (candidates: readonly Candidate[]): readonly string[] => [
  ...new Set(candidates.flatMap(({identities}) => identities)),
];

export const chooseDevice = (context: WizardContext, state: WizardState): WizardState => {
  const focused = focusedCandidate(context, state);
  if (focused === null) return {...state, notice: 'There is nothing to choose here.'};
  const taken = takenByEnter(context, state, focused);
  const addresses = identitiesOf(taken);
  const verdict = context.verdictOf(addresses);
  if (!verdict.isUsable && !verdict.isConditional && state.devices.refused !== focused.address) {
    return {
      ...withDevices(state, {refused: focused.address}),
      notice: 'A guest can’t have it. Enter again goes on, but apply will refuse it.',
    };
  }
  return goOn(context, withBase(context, withDevices(state, {refused: null}), taken));
};

/**
 * The same cards again leave the draft unchanged, whatever profile it came from. One that names a part of a card has
 * the rest of it as well, since the functions of a card go along.
 */
const withBase = (context: WizardContext, state: WizardState, taken: readonly Candidate[]): WizardState => {
  const addresses = identitiesOf(taken);
  const present = state.draft.base.devices.map(identityOf);
  const isNamed = ({identities}: Candidate): boolean => identities.some((one) => present.includes(one));
  if (taken.every(isNamed) && present.every((address) => addresses.includes(address))) return state;
  return withJudged(context, {...state, draft: rebaseDraft(state.draft, proposeFor(context.services, addresses))});
};

export const markDevice = (context: WizardContext, state: WizardState): WizardState => {
  const focused = focusedCandidate(context, state);
  if (focused === null) return state;
  const {address} = focused;
  const {extras} = state.devices;
  const chosen = chosenCard(context, state);
  if (chosen?.address === address)
    return {...state, notice: 'It is chosen already. Space on another row adds that one to it.'};
  if (extras.includes(address))
    return {
      ...withDevices(state, {extras: extras.filter((one) => one !== address)}),
      notice: chosen === null ? null : `Taken out again. Enter on this row would replace ${chosen.address}.`,
    };
  return {
    ...withDevices(state, {extras: [...extras, address]}),
    notice: chosen === null ? null : `Added to ${chosen.address}. Enter goes on with both.`,
  };
};

const refocused = (state: WizardState): WizardState => ({
  ...state,
  focus: {...state.focus, device: 0},
  scroll: {...state.scroll, device: 0},
  notice: null,
});

export const toggleOthers = (context: WizardContext, state: WizardState): WizardState => {
  if (context.others.length === 0) return {...state, notice: 'This machine has no other PCI device for a guest.'};
  return refocused(withDevices(state, {showsOthers: !state.devices.showsOthers}));
};

export const setFilter = (state: WizardState, filter: string, isFiltering: boolean): WizardState =>
  refocused(withDevices(state, {filter: filter.slice(0, 60), isFiltering}));
