import type {PciAddress} from '../../host/facts.ts';
import {judgeCandidate} from './candidates.ts';
import type {Candidate} from './candidates.ts';
import type {WizardContext} from './context.ts';
import {profileOf} from './context.ts';
import {rebaseDraft} from './draft.ts';
import {goOn} from './move.ts';
import {candidatesOf} from './rows.ts';
import type {DeviceState, WizardState} from './state.ts';

export const focusedCandidate = (context: WizardContext, state: WizardState): Candidate | null => {
  const all = candidatesOf(context, state);
  return all[Math.min(state.focus.device ?? 0, all.length - 1)] ?? null;
};

const withDevices = (state: WizardState, devices: Partial<DeviceState>): WizardState => ({...state, devices: {...state.devices, ...devices}});

/** The focused card first, then what was added with Space; whole cards. */
export const chosenAddresses = (context: WizardContext, state: WizardState, focused: Candidate): readonly PciAddress[] => {
  const all = [...context.cards, ...context.others];
  const extras = all.filter((one) => state.devices.extras.includes(one.address) && one !== focused);
  return [...new Set([focused, ...extras].flatMap((one) => one.functions.map((device) => device.address)))];
};

export const chooseDevice = (context: WizardContext, state: WizardState): WizardState => {
  const focused = focusedCandidate(context, state);
  if (focused === null) return {...state, notice: 'There is no device to choose here. Press o for other PCI functions.'};
  const addresses = chosenAddresses(context, state, focused);
  const verdict = judgeCandidate(context.services, addresses);
  if (!verdict.isUsable && !verdict.isConditional && state.devices.refused !== focused.address) {
    return {...withDevices(state, {refused: focused.address}), notice: 'It can’t be given to a guest. Enter again goes on, but apply will refuse it.'};
  }
  return goOn(context, withBase(context, withDevices(state, {refused: null}), addresses));
};

/** The same devices again keep the draft as it is, whatever profile it came from. */
const withBase = (context: WizardContext, state: WizardState, addresses: readonly PciAddress[]): WizardState => {
  const present = state.draft.base.devices.map((device) => device.address);
  if (present.length === addresses.length && present.every((address) => addresses.includes(address))) return state;
  const draft = rebaseDraft(state.draft, context.services.proposeProfile(addresses));
  return {...state, draft, preview: context.services.preview(profileOf(context, draft))};
};

export const markDevice = (context: WizardContext, state: WizardState): WizardState => {
  const address = focusedCandidate(context, state)?.address;
  if (address === undefined) return state;
  const {extras} = state.devices;
  return withDevices(state, {extras: extras.includes(address) ? extras.filter((one) => one !== address) : [...extras, address]});
};

const refocused = (state: WizardState): WizardState => ({...state, focus: {...state.focus, device: 0}, scroll: {...state.scroll, device: 0}, notice: null});

export const toggleOthers = (context: WizardContext, state: WizardState): WizardState => {
  if (context.others.length === 0) return {...state, notice: 'This host has no other PCI function that could be given away.'};
  return refocused(withDevices(state, {showsOthers: !state.devices.showsOthers}));
};

export const setFilter = (state: WizardState, filter: string, isFiltering: boolean): WizardState =>
  refocused(withDevices(state, {filter: filter.slice(0, 60), isFiltering}));
