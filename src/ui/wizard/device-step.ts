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

/** The focused card first, then what was added with Space; whole cards. */
export const chosenAddresses = (context: WizardContext, state: WizardState, focused: Candidate): readonly string[] => {
  const all = [...context.cards, ...context.others];
  const extras = all.filter((one) => state.devices.extras.includes(one.address) && one !== focused);
  return [...new Set([focused, ...extras].flatMap(({identities}) => identities))];
};

export const chooseDevice = (context: WizardContext, state: WizardState): WizardState => {
  const focused = focusedCandidate(context, state);
  if (focused === null) return {...state, notice: 'There is nothing to choose here.'};
  const addresses = chosenAddresses(context, state, focused);
  const verdict = context.verdictOf(addresses);
  if (!verdict.isUsable && !verdict.isConditional && state.devices.refused !== focused.address) {
    return {
      ...withDevices(state, {refused: focused.address}),
      notice: 'A guest can’t have it. Enter again goes on, but apply will refuse it.',
    };
  }
  return goOn(context, withBase(context, withDevices(state, {refused: null}), addresses));
};

/** The same devices again leave the draft unchanged, whatever profile it came from. */
const withBase = (context: WizardContext, state: WizardState, addresses: readonly string[]): WizardState => {
  const present = state.draft.base.devices.map(identityOf);
  if (present.length === addresses.length && addresses.every((address) => present.includes(address))) return state;
  return withJudged(context, {...state, draft: rebaseDraft(state.draft, proposeFor(context.services, addresses))});
};

export const markDevice = (context: WizardContext, state: WizardState): WizardState => {
  const address = focusedCandidate(context, state)?.address;
  if (address === undefined) return state;
  const {extras} = state.devices;
  return withDevices(state, {
    extras: extras.includes(address) ? extras.filter((one) => one !== address) : [...extras, address],
  });
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
