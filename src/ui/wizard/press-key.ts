import {intentOf} from '../keys.ts';
import type {Intent, Mode} from '../keys.ts';
import type {Key} from '../split-keys.ts';
import {eraseWord, stopAndRestore, submitWord, typeWord} from './apply-step.ts';
import type {WizardContext} from './context.ts';
import {chooseDevice, markDevice, setFilter, toggleOthers} from './device-step.ts';
import {changeValue, eraseText, leaveForm, typeCharacter} from './form-step.ts';
import {leave} from './leave.ts';
import {modeOf} from './mode.ts';
import {goBack, moveFocus} from './move.ts';
import {rowsOf} from './rows.ts';
import {scroll} from './scroll.ts';
import {chooseStart} from './start-step.ts';
import type {WizardState} from './state.ts';

export const pressKey = (context: WizardContext, state: WizardState, key: Key): WizardState => {
  const mode = modeOf(context, state);
  const intent = intentOf(mode, key);
  if (intent !== null) return act(context, state, intent, mode);
  return key.name === 'character' ? type(context, state, key.text, mode) : state;
};

const type = (context: WizardContext, state: WizardState, text: string, mode: Mode): WizardState => {
  if (mode === 'filter') return setFilter(state, state.devices.filter + text, true);
  if (mode === 'word') return typeWord(state, text);
  return mode === 'text' || mode === 'number' ? typeCharacter(context, state, text) : state;
};

const erase = (context: WizardContext, state: WizardState, mode: Mode, what: 'last' | 'all'): WizardState => {
  const shorten = (text: string): string => (what === 'all' ? '' : [...text].slice(0, -1).join(''));
  if (mode === 'filter') return setFilter(state, shorten(state.devices.filter), true);
  return mode === 'word' ? eraseWord(state, shorten) : eraseText(context, state, shorten);
};

const choose = (context: WizardContext, state: WizardState): WizardState =>
  state.step === 'device' ? chooseDevice(context, state) : chooseStart(context, state);

const act = (context: WizardContext, state: WizardState, intent: Intent, mode: Mode): WizardState => {
  const count = (): number => rowsOf(context, state).length;
  switch (intent) {
    case 'focus-next': return moveFocus(state, count(), 1);
    case 'focus-previous': return moveFocus(state, count(), -1);
    case 'focus-first': return moveFocus(state, count(), 'first');
    case 'focus-last': return moveFocus(state, count(), 'last');
    case 'value-next': return changeValue(context, state, 1);
    case 'value-previous': return changeValue(context, state, -1);
    case 'scroll-down': return scroll(context, state, 'line', 1);
    case 'scroll-up': return scroll(context, state, 'line', -1);
    case 'page-down': return scroll(context, state, 'page', 1);
    case 'page-up': return scroll(context, state, 'page', -1);
    case 'go-on': return leaveForm(context, state);
    case 'go-back': return goBack(context, state);
    case 'choose-focused': return choose(context, state);
    case 'mark-focused': return markDevice(context, state);
    case 'toggle-others': return toggleOthers(context, state);
    case 'start-filter': return setFilter(state, state.devices.filter, true);
    case 'end-filter': return {...state, devices: {...state.devices, isFiltering: false}};
    case 'clear-filter': return setFilter(state, '', false);
    case 'erase': return erase(context, state, mode, 'last');
    case 'erase-all': return erase(context, state, mode, 'all');
    case 'submit-word': return submitWord(context, state);
    case 'open-help': return {...state, overlay: 'help', scroll: {...state.scroll, help: 0}};
    case 'close-overlay': return {...state, overlay: 'none'};
    case 'ask-to-leave': return {...state, overlay: 'leave'};
    case 'leave': return leave(state, 'left');
    case 'interrupt': return leave(state, 'interrupted');
    case 'stop-and-restore': return stopAndRestore(state);
    case 'finish': return leave(state, 'finished');
  }
};
