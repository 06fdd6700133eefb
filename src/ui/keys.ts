import type {Key, NamedKey} from './read-keys.ts';

/** What can be focused decides what a key means. */
export type Mode =
  | 'pane'
  /** The start screen. */
  | 'home'
  /** There, on choices that were left open. */
  | 'offer'
  | 'todo'
  /** The summary of all decisions. */
  | 'map'
  | 'devices'
  /** A question with its answers as a list. */
  | 'answers'
  | 'review'
  | 'filter'
  | 'choice'
  /** The choice of the guest's CPUs. */
  | 'pins'
  /** The map, on which they are picked. */
  | 'cores'
  | 'number'
  /** A number that is being typed: letters are units then, not keys. */
  | 'entry'
  | 'text'
  /** A text that names a file. */
  | 'path'
  /** One of the host that is being typed: it counts when the host was asked about it. */
  | 'path-entry'
  | 'word'
  | 'search'
  /** The step "Apply" where something keeps it from being applied. */
  | 'blocked'
  | 'running'
  | 'restoring'
  /** A rollback at work. */
  | 'undoing'
  /** Nothing to choose: something is being read, or was refused. */
  | 'waiting'
  /** The machine was changed: on to the start screen. */
  | 'applied'
  | 'help'
  /** The pane on all of the screen. */
  | 'full'
  | 'leave'
  | 'end';

export type Intent =
  | 'focus-next'
  | 'focus-previous'
  | 'focus-first'
  | 'focus-last'
  | 'value-next'
  | 'value-previous'
  | 'scroll-down'
  | 'scroll-up'
  | 'page-down'
  | 'page-up'
  | 'scroll-to-top'
  | 'scroll-to-end'
  | 'start-search'
  | 'end-search'
  | 'clear-search'
  | 'search-next'
  | 'search-previous'
  | 'go-to-finding'
  | 'go-to-named'
  | 'go-on'
  | 'go-back'
  | 'choose-focused'
  | 'mark-focused'
  | 'toggle-others'
  | 'start-filter'
  | 'end-filter'
  | 'clear-filter'
  | 'erase'
  | 'erase-word'
  | 'erase-all'
  | 'cursor-left'
  | 'cursor-right'
  | 'cursor-start'
  | 'cursor-end'
  | 'cancel-entry'
  | 'complete'
  | 'open-cores'
  | 'toggle-core'
  | 'reset-cores'
  | 'keep-cores'
  | 'drop-cores'
  | 'submit-word'
  | 'open-help'
  | 'close-overlay'
  | 'ask-to-leave'
  | 'leave'
  | 'interrupt'
  | 'stop-and-restore'
  | 'finish'
  | 'go-home'
  | 'toggle-task'
  | 'discard-draft'
  | 'open-full'
  | 'save-diff'
  | 'copy-diff'
  | 'open-map';

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

const starts: readonly Mode[] = ['home', 'offer'];
const choosers: readonly Mode[] = [...starts, 'map', 'devices', 'answers'];
const lists: readonly Mode[] = [...choosers, 'review', 'todo'];
const values: readonly Mode[] = ['choice', 'pins', 'number'];
const paths: readonly Mode[] = ['path', 'path-entry'];
const texts: readonly Mode[] = ['text', ...paths, 'entry'];
const fields: readonly Mode[] = [...values, ...texts];
const panes: readonly Mode[] = ['pane', 'blocked', 'end', 'applied', 'waiting', 'help', 'full'];
const steps: readonly Mode[] = ['pane', 'blocked', ...lists, ...fields, 'word', 'end', 'applied', 'waiting'];
/** Where letters are keys. */
const commands: readonly Mode[] = ['pane', 'blocked', ...lists, ...values, 'end', 'applied', 'waiting'];
/** Where leaving loses nothing. */
const leavable: readonly Mode[] = [...starts, 'todo', 'applied'];

/** In the order of the footer. The handlers, the footer and the help read the same table. */
export const bindings: readonly Binding[] = [
  {intent: 'choose-focused', modes: choosers, keys: ['enter'], label: 'Enter', hint: 'choose'},
  {
    intent: 'go-on',
    modes: ['pane', 'blocked', 'review', ...fields],
    keys: ['enter'],
    label: 'Enter',
    hint: 'next step',
  },
  {intent: 'submit-word', modes: ['word'], keys: ['enter'], label: 'Enter', hint: 'run what you typed'},
  {intent: 'keep-cores', modes: ['cores'], keys: ['enter'], label: 'Enter', hint: 'use these'},
  {intent: 'drop-cores', modes: ['cores'], keys: ['escape'], label: 'Esc', hint: 'back, unchanged'},
  {intent: 'toggle-core', modes: ['cores'], keys: [' '], label: 'Space', hint: 'pick'},
  {intent: 'reset-cores', modes: ['cores'], keys: ['a'], label: 'a', hint: 'automatic'},
  {intent: 'finish', modes: ['end'], keys: ['enter'], label: 'Enter', hint: 'end'},
  {intent: 'go-home', modes: ['applied'], keys: ['enter', 'escape'], label: 'Enter', hint: 'start screen'},
  {
    intent: 'go-back',
    modes: steps.filter((mode) => !['entry', 'path-entry', 'applied', ...starts].includes(mode)),
    keys: ['escape'],
    label: 'Esc',
    hint: 'back',
  },
  {intent: 'complete', modes: paths, keys: ['tab'], label: 'Tab', hint: 'complete'},
  {intent: 'cancel-entry', modes: ['entry', 'path-entry'], keys: ['escape'], label: 'Esc', hint: 'keep the old value'},
  {
    intent: 'go-to-finding',
    modes: ['review', 'blocked'],
    keys: ['1', '2', '3', '4', '5', '6', '7', '8', '9'],
    label: '1-9',
    hint: 'go to the setting of that number',
    isRare: true,
  },
  {
    intent: 'go-to-named',
    modes: ['pane', ...starts, 'devices', ...values, 'text', 'path'],
    keys: ['named'],
    label: 'Ctrl-G',
    hint: 'go to the setting that a remedy names',
    isRare: true,
  },
  {intent: 'discard-draft', modes: ['offer'], keys: ['d'], label: 'd', hint: 'discard the draft'},
  {intent: 'open-cores', modes: ['pins'], keys: [' '], label: 'Space', hint: 'pick cores'},
  {intent: 'mark-focused', modes: ['devices'], keys: [' '], label: 'Space', hint: 'add'},
  {intent: 'toggle-task', modes: ['todo'], keys: [' ', 'enter'], label: 'Space', hint: 'done, not done'},
  {intent: 'toggle-others', modes: ['devices'], keys: ['o'], label: 'o', hint: 'others'},
  {intent: 'start-filter', modes: ['devices'], keys: ['/'], label: '/', hint: 'filter'},
  {intent: 'end-filter', modes: ['filter'], keys: ['enter', 'down'], label: 'Enter', hint: 'keep the filter'},
  {intent: 'clear-filter', modes: ['filter'], keys: ['escape'], label: 'Esc', hint: 'clear it'},
  {intent: 'end-search', modes: ['search'], keys: ['enter'], label: 'Enter', hint: 'search'},
  {intent: 'clear-search', modes: ['search'], keys: ['escape'], label: 'Esc', hint: 'stop searching'},
  {intent: 'erase', modes: ['filter', 'search', ...texts, 'word'], keys: ['backspace'], label: '', hint: 'erase'},
  {intent: 'erase-all', modes: ['text', ...paths], keys: ['erase-all'], label: 'Ctrl-U', hint: 'empty'},
  {
    intent: 'erase-all',
    modes: ['filter', 'search', 'word', 'entry'],
    keys: ['erase-all'],
    label: 'Ctrl-U',
    hint: 'empty',
    isRare: true,
  },
  {intent: 'erase-word', modes: texts, keys: ['erase-word'], label: 'Ctrl-W', hint: 'erase a word', isRare: true},
  {intent: 'cursor-left', modes: texts, keys: ['left'], label: '←→', hint: 'move the cursor', isRare: true},
  {intent: 'cursor-right', modes: texts, keys: ['right'], label: '', hint: 'move the cursor'},
  {intent: 'cursor-start', modes: texts, keys: ['home'], label: 'Home/End', hint: 'or Ctrl-A/Ctrl-E', isRare: true},
  {intent: 'cursor-end', modes: texts, keys: ['end'], label: '', hint: 'move the cursor'},
  {intent: 'focus-next', modes: [...lists, ...values], keys: ['down', 'j'], label: '↑↓', hint: 'move'},
  {intent: 'focus-next', modes: ['cores'], keys: ['down', 'j'], label: 'arrows', hint: 'move'},
  {intent: 'focus-next', modes: texts, keys: ['down'], label: '↑↓', hint: 'move'},
  {intent: 'focus-next', modes: [...values, 'text', 'entry'], keys: ['tab'], label: '', hint: 'move'},
  {
    intent: 'focus-previous',
    modes: [...lists, ...values, 'cores'],
    keys: ['up', 'k'],
    label: 'j/k',
    hint: 'move',
    isRare: true,
  },
  {intent: 'focus-previous', modes: texts, keys: ['up'], label: '', hint: 'move'},
  {
    intent: 'focus-first',
    modes: [...lists, ...values, 'cores'],
    keys: ['home', 'g'],
    label: 'g/G',
    hint: 'first, last',
    isRare: true,
  },
  {intent: 'focus-last', modes: [...lists, ...values, 'cores'], keys: ['end', 'G'], label: '', hint: 'last'},
  {intent: 'value-next', modes: values, keys: ['right', '+'], label: '←→', hint: 'change'},
  {intent: 'value-next', modes: ['cores'], keys: ['right'], label: '', hint: 'move'},
  {intent: 'value-previous', modes: [...values, 'cores'], keys: ['left', '-'], label: '', hint: 'change'},
  {
    intent: 'page-down',
    modes: [...steps, 'cores', 'help', 'full'],
    keys: ['page-down'],
    label: 'PgDn/PgUp',
    hint: 'scroll',
  },
  {intent: 'page-up', modes: [...steps, 'cores', 'help', 'full'], keys: ['page-up'], label: '', hint: 'scroll'},
  {
    intent: 'scroll-down',
    modes: [...lists, ...values],
    keys: ['J'],
    label: 'J/K',
    hint: 'scroll by one row',
    isRare: true,
  },
  {intent: 'scroll-up', modes: [...lists, ...values], keys: ['K'], label: '', hint: 'scroll'},
  {intent: 'scroll-down', modes: panes, keys: ['down', 'j'], label: 'j/k', hint: 'scroll by one row', isRare: true},
  {intent: 'scroll-up', modes: panes, keys: ['up', 'k'], label: '', hint: 'scroll'},
  {intent: 'scroll-to-top', modes: panes, keys: ['home', 'g'], label: 'g/G', hint: 'top, end', isRare: true},
  {intent: 'scroll-to-end', modes: panes, keys: ['end', 'G'], label: '', hint: 'end'},
  {
    intent: 'start-search',
    modes: [...panes, ...starts, 'review', ...values],
    keys: ['/'],
    label: '/',
    hint: 'search, then n and N',
    isRare: true,
  },
  {
    intent: 'search-next',
    modes: [...panes, ...starts, 'review', ...values],
    keys: ['n'],
    label: '',
    hint: 'next match',
  },
  {
    intent: 'search-previous',
    modes: [...panes, ...starts, 'review', ...values],
    keys: ['N'],
    label: '',
    hint: 'match before',
  },
  {
    intent: 'open-map',
    modes: ['pane', 'blocked', 'devices', 'answers', 'review', ...values],
    keys: ['m'],
    label: 'm',
    hint: 'summary',
  },
  {intent: 'open-full', modes: ['review'], keys: ['f', 'full'], label: 'f', hint: 'full screen'},
  {
    intent: 'open-full',
    modes: [...commands.filter((mode) => mode !== 'review'), ...texts, 'word'],
    keys: ['full'],
    label: 'Ctrl-F',
    hint: 'full screen',
    isRare: true,
  },
  {intent: 'save-diff', modes: ['review', 'full'], keys: ['w'], label: 'w', hint: 'save the diff'},
  {intent: 'copy-diff', modes: ['review', 'full'], keys: ['y'], label: 'y', hint: 'copy the diff'},
  {intent: 'open-help', modes: [...commands, 'cores'], keys: ['?'], label: '?', hint: 'help'},
  {
    intent: 'ask-to-leave',
    modes: [...commands.filter((mode) => !leavable.includes(mode)), 'word'],
    keys: ['q'],
    label: 'q',
    hint: 'leave',
  },
  {intent: 'ask-to-leave', modes: starts, keys: ['escape'], label: '', hint: 'leave'},
  {intent: 'finish', modes: leavable, keys: ['q'], label: 'q', hint: 'leave'},
  {intent: 'leave', modes: ['leave'], keys: ['y', 'Y'], label: 'y', hint: 'leave'},
  {intent: 'close-overlay', modes: ['leave'], keys: ['n', 'N', 'escape'], label: 'n', hint: 'stay'},
  {intent: 'close-overlay', modes: ['full'], keys: ['escape', 'f', 'q', 'enter', 'full'], label: 'Esc', hint: 'close'},
  {intent: 'close-overlay', modes: ['help'], keys: ['escape', '?', 'q', 'enter'], label: 'Esc', hint: 'close'},
  {
    intent: 'stop-and-restore',
    modes: ['running'],
    keys: ['interrupt'],
    label: 'Ctrl-C',
    hint: 'stop and restore what was there',
  },
  {
    intent: 'stop-and-restore',
    modes: ['undoing'],
    keys: ['interrupt'],
    label: 'Ctrl-C',
    hint: 'stop; the next rollback finishes it',
  },
  {
    intent: 'interrupt',
    modes: [...steps, 'cores', 'filter', 'search', 'help', 'full', 'leave'],
    keys: ['interrupt'],
    label: 'Ctrl-C',
    hint: 'leave at once',
    isRare: true,
  },
];

export const intentOf = (mode: Mode, key: Key): Intent | null => {
  const pressed = key.name === 'character' ? key.text : key.name;
  return bindings.find((binding) => binding.modes.includes(mode) && binding.keys.includes(pressed))?.intent ?? null;
};

export type KeyHint = {readonly label: string; readonly hint: string; readonly isRare: boolean};

const typing: Readonly<Partial<Record<Mode, string>>> = {
  number: '0-9',
  entry: '0-9',
  text: 'a-z',
  path: 'a-z',
  'path-entry': 'a-z',
  word: 'a-z',
  filter: 'a-z',
  search: 'a-z',
};

export const hintsOf = (mode: Mode): readonly KeyHint[] => [
  ...(typing[mode] === undefined ? [] : [{label: typing[mode], hint: 'type', isRare: false}]),
  ...bindings
    .filter((binding) => binding.label !== '' && binding.modes.includes(mode))
    .map(({label, hint, isRare}) => ({label, hint, isRare: isRare ?? false})),
];
