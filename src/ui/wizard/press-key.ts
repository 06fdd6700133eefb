import {type Intent, intentOf, type Mode} from '../keys.ts';
import type {Key} from '../read-keys.ts';
import {eraseWord, stopAndRestore, submitWord, typeWord} from './apply-step.ts';
import {fieldContextOf, type WizardContext} from './context.ts';
import {dropCores, keepCores, moveCursor, openCores, resetCores, toggleCore} from './cores-step.ts';
import {chooseDevice, markDevice, setFilter, toggleOthers} from './device-step.ts';
import {changeValue, eraseTyped, fieldsOf, leaveForm, moveInForm, moveTyped, typeCharacter} from './form-step.ts';
import {chooseHome} from './home-step.ts';
import {chooseAnswer} from './lend-step.ts';
import {chooseMapRow, openMap} from './map-step.ts';
import {modeOf} from './mode.ts';
import {goBack, leave, moveFocus, noSearch, scroll, searchPane} from './move.ts';
import {completePath} from './path-step.ts';
import {goToFinding, goToNamed} from './places.ts';
import {pressMouse} from './press-mouse.ts';
import {discardDraft} from './resume.ts';
import {countRows} from './rows.ts';
import {exportDiff} from './shown-diff.ts';
import type {Shown, WizardState} from './state.ts';
import {editAtEnd, eraseText, type Erasure} from './text-edit.ts';
import {toggleTask} from './todo-step.ts';
import {stopUndo, submitUndo, typeUndoWord} from './undo-step.ts';

export const pressKey = (context: WizardContext, state: WizardState, key: Key, shown: Shown): WizardState => {
  const mode = modeOf(context, state);
  if (key.name === 'mouse') {
    const pressed = pressMouse(context, state, key, shown);
    if (pressed.next === null) return pressed.state;
    return act(context, pressed.state, pressed.next === 'choose' ? 'choose-focused' : 'toggle-task', mode, shown);
  }
  const intent = intentOf(mode, key);
  if (intent === 'go-to-finding') return goToFinding(context, state, key.name === 'character' ? Number(key.text) : 0);
  if (intent !== null) return act(context, state, intent, mode, shown);
  return key.name === 'character' ? type(context, state, key.text, mode, shown) : state;
};

const searchFor = (state: WizardState, text: string, shown: Shown): WizardState => {
  const next = {...state, notice: null, search: {text: text.slice(0, 60), isTyping: true, row: null}};
  return text === '' ? next : searchPane(next, shown, {from: 0, direction: 1});
};

const type = (context: WizardContext, state: WizardState, text: string, mode: Mode, shown: Shown): WizardState => {
  if (mode === 'filter') return setFilter(state, state.devices.filter + text, true);
  if (mode === 'search') return searchFor(state, state.search.text + text, shown);
  if (mode === 'word')
    return state.step === 'undo' ? typeUndoWord(state, (word) => word + text) : typeWord(state, text);
  if (mode === 'choice' && state.step === 'risks') return typeConsent(context, state, text);
  return ['text', 'path', 'path-entry', 'number', 'entry'].includes(mode) ? typeCharacter(context, state, text) : state;
};

/** The step asks for a word, and only consent is typed there: it goes to the first field that takes it. */
const typeConsent = (context: WizardContext, state: WizardState, text: string): WizardState => {
  const fields = fieldsOf(state, fieldContextOf(context, state));
  const to = fields.findIndex(({kind}) => kind === 'text');
  return to === -1 ? state : typeCharacter(context, moveFocus(state, fields.length, {to}), text);
};

const erase = (
  context: WizardContext,
  state: WizardState,
  mode: Mode,
  {what, shown}: {readonly what: Erasure; readonly shown: Shown},
): WizardState => {
  const shorten = (text: string): string => eraseText(editAtEnd(text), what).text;
  if (mode === 'filter') return setFilter(state, shorten(state.devices.filter), true);
  if (mode === 'search') return searchFor(state, shorten(state.search.text), shown);
  if (mode === 'word') return state.step === 'undo' ? typeUndoWord(state, shorten) : eraseWord(state, shorten);
  return eraseTyped(context, state, what);
};

const choose = (context: WizardContext, state: WizardState): WizardState =>
  state.step === 'map'
    ? chooseMapRow(context, state)
    : state.step === 'lend'
      ? chooseAnswer(context, state)
      : state.step === 'device'
        ? chooseDevice(context, state)
        : chooseHome(context, state);

const move = (context: WizardContext, state: WizardState, by: Parameters<typeof moveFocus>[2]): WizardState =>
  state.typed === null ? moveFocus(state, countRows(context, state), by) : moveInForm(context, state, by);

const isPicking = ({step}: WizardState): boolean => step === 'cores';

const act = (context: WizardContext, state: WizardState, intent: Intent, mode: Mode, shown: Shown): WizardState => {
  const page = Math.max(1, shown.pane.height - 1);
  switch (intent) {
    case 'focus-next':
      return isPicking(state) ? moveCursor(state, shown, 'down') : move(context, state, 1);
    case 'focus-previous':
      return isPicking(state) ? moveCursor(state, shown, 'up') : move(context, state, -1);
    case 'focus-first':
      return isPicking(state) ? moveCursor(state, shown, 'first') : move(context, state, 'first');
    case 'focus-last':
      return isPicking(state) ? moveCursor(state, shown, 'last') : move(context, state, 'last');
    case 'value-next':
      return isPicking(state) ? moveCursor(state, shown, 'right') : changeValue(context, state, 1);
    case 'value-previous':
      return isPicking(state) ? moveCursor(state, shown, 'left') : changeValue(context, state, -1);
    case 'open-cores':
      return openCores(context, state);
    case 'toggle-core':
      return toggleCore(context, state);
    case 'reset-cores':
      return resetCores(context, state);
    case 'keep-cores':
      return keepCores(context, state);
    case 'drop-cores':
      return dropCores(context, state);
    case 'scroll-down':
      return scroll(state, shown, {by: 1});
    case 'scroll-up':
      return scroll(state, shown, {by: -1});
    case 'page-down':
      return scroll(state, shown, {by: page});
    case 'page-up':
      return scroll(state, shown, {by: -page});
    case 'scroll-to-top':
      return scroll(state, shown, {to: 0});
    case 'scroll-to-end':
      return scroll(state, shown, {to: shown.pane.lines.length});
    case 'start-search':
      return {...state, notice: null, search: {...noSearch, isTyping: true}};
    case 'end-search':
      return {...state, search: {...state.search, isTyping: false}};
    case 'clear-search':
      return {...state, notice: null, search: noSearch};
    case 'search-next':
      return searchPane(state, shown, {from: 1, direction: 1});
    case 'search-previous':
      return searchPane(state, shown, {from: 1, direction: -1});
    case 'go-to-finding':
      return state;
    case 'go-to-named':
      return goToNamed(context, state);
    case 'go-on':
      return leaveForm(context, state);
    case 'go-back':
      return goBack(context, state);
    case 'choose-focused':
      return choose(context, state);
    case 'mark-focused':
      return markDevice(context, state);
    case 'open-full':
      return {...state, overlay: 'full', notice: null};
    case 'save-diff':
      return exportDiff(context, state, 'file');
    case 'copy-diff':
      return exportDiff(context, state, 'clipboard');
    case 'discard-draft':
      return discardDraft(state);
    case 'toggle-others':
      return toggleOthers(context, state);
    case 'start-filter':
      return setFilter(state, state.devices.filter, true);
    case 'end-filter':
      return {...state, devices: {...state.devices, isFiltering: false}};
    case 'clear-filter':
      return setFilter(state, '', false);
    case 'erase':
      return erase(context, state, mode, {what: 'character', shown});
    case 'erase-word':
      return erase(context, state, mode, {what: 'word', shown});
    case 'erase-all':
      return erase(context, state, mode, {what: 'all', shown});
    case 'cursor-left':
      return moveTyped(context, state, 'left');
    case 'cursor-right':
      return moveTyped(context, state, 'right');
    case 'cursor-start':
      return moveTyped(context, state, 'start');
    case 'cursor-end':
      return moveTyped(context, state, 'end');
    case 'complete':
      return completePath(context, state);
    case 'cancel-entry':
      return {...state, typed: null, notice: null};
    case 'submit-word':
      return state.step === 'undo' ? submitUndo(state) : submitWord(context, state);
    case 'open-help':
      return {...state, overlay: 'help', search: noSearch, scroll: {...state.scroll, help: 0}};
    case 'close-overlay':
      return {...state, overlay: 'none', search: noSearch, notice: null};
    case 'ask-to-leave':
      return {...state, overlay: 'leave', notice: null};
    case 'leave':
      return leave(state, 'left');
    case 'interrupt':
      return leave(state, 'interrupted');
    case 'stop-and-restore':
      return stopUndo(stopAndRestore(state));
    case 'finish':
      return leave(state, state.step === 'next' ? 'finished' : 'left');
    case 'open-map':
      return openMap(context, state);
    case 'toggle-task':
      return toggleTask(context, state);
    case 'go-home':
      return leave(state, 'again');
  }
};
