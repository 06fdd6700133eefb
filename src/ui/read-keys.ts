export type NamedKey =
  | 'up'
  | 'down'
  | 'left'
  | 'right'
  | 'page-up'
  | 'page-down'
  | 'home'
  | 'end'
  | 'enter'
  | 'escape'
  | 'backspace'
  | 'erase-word'
  | 'erase-all'
  | 'tab'
  | 'full'
  | 'named'
  | 'suspend'
  | 'interrupt';
export type Key =
  | {readonly name: NamedKey}
  | {readonly name: 'character'; readonly text: string}
  | {readonly name: 'mouse'; readonly act: 'click' | 'wheel-up' | 'wheel-down'; readonly target: MouseTarget | null};

/** What is under the mouse. `focus`: the row that has the focus. */
export type MouseTarget =
  | {readonly kind: 'row'; readonly index: number; readonly focus: number}
  | {readonly kind: 'pane'}
  /** A core on the map, by its first CPU. */
  | {readonly kind: 'core'; readonly core: number};

/** Counted from 0 at the upper left. */
export type Cell = {readonly column: number; readonly row: number};

type InkKey = {
  readonly upArrow: boolean;
  readonly downArrow: boolean;
  readonly leftArrow: boolean;
  readonly rightArrow: boolean;
  readonly pageUp: boolean;
  readonly pageDown: boolean;
  readonly home: boolean;
  readonly end: boolean;
  readonly return: boolean;
  readonly escape: boolean;
  readonly backspace: boolean;
  readonly delete: boolean;
  readonly tab: boolean;
  readonly ctrl: boolean;
  readonly meta: boolean;
};

const named: readonly (readonly [keyof InkKey, NamedKey])[] = [
  ['upArrow', 'up'],
  ['downArrow', 'down'],
  ['leftArrow', 'left'],
  ['rightArrow', 'right'],
  ['pageUp', 'page-up'],
  ['pageDown', 'page-down'],
  ['home', 'home'],
  ['end', 'end'],
  ['return', 'enter'],
  ['escape', 'escape'],
  ['backspace', 'backspace'],
  ['delete', 'backspace'],
  ['tab', 'tab'],
];

const control: Readonly<Record<string, NamedKey>> = {
  '\r': 'enter',
  '\n': 'enter',
  '\t': 'tab',
  '\u007f': 'backspace',
  '\b': 'backspace',
  '\u0001': 'home',
  '\u0003': 'interrupt',
  '\u0005': 'end',
  '\u0006': 'full',
  '\u0007': 'named',
  '\u0015': 'erase-all',
  '\u0017': 'erase-word',
  '\u001a': 'suspend',
  '\u001b': 'escape',
};

const withControl: Readonly<Record<string, NamedKey>> = {
  a: 'home',
  c: 'interrupt',
  e: 'end',
  f: 'full',
  g: 'named',
  u: 'erase-all',
  w: 'erase-word',
  z: 'suspend',
};

/** Sequences that Ink does not know arrive with their ESC cut off; typed as text they would press keys that nobody pressed. */
const unknownSequence = /^[[O][\d;<=>?]*[ -/]*[@-~]$/;

/** Keys of one chunk of text: a slow connection, a paste or a script delivers several in one read. */
export const splitKeys = (chunk: string): readonly Key[] => {
  if (chunk.length > 1 && unknownSequence.test(chunk)) return [];
  return [...chunk].flatMap((character): readonly Key[] => {
    const name = control[character];
    if (name !== undefined) return [{name}];
    return character < ' ' ? [] : [{name: 'character', text: character}];
  });
};

/** xterm control sequences, mouse tracking with SGR: button, column and row; M for a press, m for a release. */
const mouseReport = /^\[<(\d{1,4});(\d{1,5});(\d{1,5})([Mm])$/;
const buttons: Readonly<Record<number, 'click' | 'wheel-up' | 'wheel-down'>> = {
  0: 'click',
  64: 'wheel-up',
  65: 'wheel-down',
};
/** Shift, Alt and Ctrl. */
const modifiers = 4 + 8 + 16;

const readMouse = (input: string, targetAt: (cell: Cell) => MouseTarget | null): readonly Key[] | null => {
  const [, button, column, row, end] = mouseReport.exec(input) ?? [];
  if (button === undefined) return null;
  const act = buttons[Number(button) & ~modifiers];
  if (act === undefined || end === 'm') return [];
  return [{name: 'mouse', act, target: targetAt({column: Number(column) - 1, row: Number(row) - 1})}];
};

export const readKeys = (input: string, key: InkKey, targetAt: (cell: Cell) => MouseTarget | null): readonly Key[] => {
  const mouse = readMouse(input, targetAt);
  if (mouse !== null) return mouse;
  const held = key.ctrl ? withControl[input] : undefined;
  if (held !== undefined) return [{name: held}];
  const found = named.find(([property]) => key[property]);
  if (found !== undefined) return [{name: found[1]}];
  return key.ctrl || key.meta ? [] : splitKeys(input);
};
