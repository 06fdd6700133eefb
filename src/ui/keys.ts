import type {Key, NamedKey} from './split-keys.ts';

/** What can be focused decides what a key means. */
export type Mode = 'pane' | 'list' | 'devices' | 'review' | 'filter' | 'choice' | 'number' | 'text' | 'word' | 'running' | 'restoring' | 'help' | 'leave' | 'end';

export type Intent =
  | 'focus-next' | 'focus-previous' | 'focus-first' | 'focus-last' | 'value-next' | 'value-previous'
  | 'scroll-down' | 'scroll-up' | 'page-down' | 'page-up'
  | 'go-on' | 'go-back' | 'choose-focused' | 'mark-focused' | 'toggle-others' | 'start-filter' | 'end-filter' | 'clear-filter'
  | 'erase' | 'erase-all' | 'submit-word' | 'open-help' | 'close-overlay' | 'ask-to-leave' | 'leave' | 'interrupt' | 'stop-and-restore' | 'finish';

type Binding = {
  readonly intent: Intent;
  readonly modes: readonly Mode[];
  /** Names of keys, or single characters. */
  readonly keys: readonly (NamedKey | string)[];
  /** As the footer writes it; an empty label stays out of the footer. */
  readonly label: string;
  readonly hint: string;
  /** In the help only. */
  readonly isRare?: boolean;
};

const choosers: readonly Mode[] = ['list', 'devices'];
const lists: readonly Mode[] = [...choosers, 'review'];
const fields: readonly Mode[] = ['choice', 'number', 'text'];
const steps: readonly Mode[] = ['pane', ...lists, ...fields, 'word', 'end'];
const commands: readonly Mode[] = ['pane', ...lists, 'choice', 'number', 'word', 'end'];

/** In the order of the footer. The handlers and the footer read the same table. */
export const bindings: readonly Binding[] = [
  {intent: 'choose-focused', modes: choosers, keys: ['enter'], label: 'Enter', hint: 'choose'},
  {intent: 'go-on', modes: ['pane', 'review', ...fields], keys: ['enter'], label: 'Enter', hint: 'next step'},
  {intent: 'submit-word', modes: ['word'], keys: ['enter'], label: 'Enter', hint: 'run what you typed'},
  {intent: 'finish', modes: ['end'], keys: ['enter'], label: 'Enter', hint: 'end'},
  {intent: 'go-back', modes: steps, keys: ['escape'], label: 'Esc', hint: 'back'},
  {intent: 'mark-focused', modes: ['devices'], keys: [' '], label: 'Space', hint: 'add'},
  {intent: 'toggle-others', modes: ['devices'], keys: ['o'], label: 'o', hint: 'others'},
  {intent: 'start-filter', modes: ['devices'], keys: ['/'], label: '/', hint: 'filter'},
  {intent: 'end-filter', modes: ['filter'], keys: ['enter', 'down'], label: 'Enter', hint: 'keep the filter'},
  {intent: 'clear-filter', modes: ['filter'], keys: ['escape'], label: 'Esc', hint: 'clear it'},
  {intent: 'erase', modes: ['filter', 'text', 'word', 'number'], keys: ['backspace'], label: '', hint: 'erase'},
  {intent: 'erase-all', modes: ['text'], keys: ['erase-all'], label: 'Ctrl-U', hint: 'empty'},
  {intent: 'erase-all', modes: ['filter', 'word', 'number'], keys: ['erase-all'], label: 'Ctrl-U', hint: 'empty', isRare: true},
  {intent: 'focus-next', modes: [...lists, ...fields], keys: ['down'], label: '↑↓', hint: 'move'},
  {intent: 'focus-next', modes: fields, keys: ['tab'], label: '', hint: 'move'},
  {intent: 'focus-previous', modes: [...lists, ...fields], keys: ['up'], label: '', hint: 'move'},
  {intent: 'focus-first', modes: lists, keys: ['home'], label: '', hint: 'first'},
  {intent: 'focus-last', modes: lists, keys: ['end'], label: '', hint: 'last'},
  {intent: 'value-next', modes: ['choice', 'number'], keys: ['right', '+'], label: '←→', hint: 'change'},
  {intent: 'value-previous', modes: ['choice', 'number'], keys: ['left', '-'], label: '', hint: 'change'},
  {intent: 'page-down', modes: [...steps, 'help'], keys: ['page-down'], label: 'PgDn/PgUp', hint: 'scroll'},
  {intent: 'page-up', modes: [...steps, 'help'], keys: ['page-up'], label: '', hint: 'scroll'},
  {intent: 'scroll-down', modes: [...commands.filter((mode) => mode !== 'word'), 'help'], keys: ['j'], label: 'j/k', hint: 'scroll by one row', isRare: true},
  {intent: 'scroll-up', modes: [...commands.filter((mode) => mode !== 'word'), 'help'], keys: ['k'], label: '', hint: 'scroll'},
  {intent: 'scroll-down', modes: ['pane', 'end', 'help'], keys: ['down'], label: '', hint: 'scroll'},
  {intent: 'scroll-up', modes: ['pane', 'end', 'help'], keys: ['up'], label: '', hint: 'scroll'},
  {intent: 'open-help', modes: commands, keys: ['?'], label: '?', hint: 'help'},
  {intent: 'ask-to-leave', modes: commands, keys: ['q'], label: 'q', hint: 'leave'},
  {intent: 'leave', modes: ['leave'], keys: ['y', 'Y'], label: 'y', hint: 'leave'},
  {intent: 'close-overlay', modes: ['leave'], keys: ['n', 'N', 'escape'], label: 'n', hint: 'stay'},
  {intent: 'close-overlay', modes: ['help'], keys: ['escape', '?', 'q', 'enter'], label: 'Esc', hint: 'close'},
  {intent: 'stop-and-restore', modes: ['running'], keys: ['interrupt'], label: 'Ctrl-C', hint: 'stop and restore what was there'},
  {intent: 'interrupt', modes: [...steps, 'filter', 'help', 'leave'], keys: ['interrupt'], label: 'Ctrl-C', hint: 'leave at once', isRare: true},
];

export const intentOf = (mode: Mode, key: Key): Intent | null => {
  const pressed = key.name === 'character' ? key.text : key.name;
  return bindings.find((binding) => binding.modes.includes(mode) && binding.keys.includes(pressed))?.intent ?? null;
};

export type KeyHint = {readonly label: string; readonly hint: string; readonly isRare: boolean};

const typing: Readonly<Partial<Record<Mode, string>>> = {number: '0-9', text: 'a-z', word: 'a-z', filter: 'a-z'};

export const hintsOf = (mode: Mode): readonly KeyHint[] => [
  ...(typing[mode] === undefined ? [] : [{label: typing[mode], hint: 'type', isRare: false}]),
  ...bindings
    .filter((binding) => binding.label !== '' && binding.modes.includes(mode))
    .map(({label, hint, isRare}) => ({label, hint, isRare: isRare ?? false})),
];
