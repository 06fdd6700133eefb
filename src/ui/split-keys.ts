export type NamedKey =
  | 'up' | 'down' | 'left' | 'right' | 'page-up' | 'page-down' | 'home' | 'end'
  | 'enter' | 'escape' | 'backspace' | 'erase-all' | 'tab' | 'interrupt';
export type Key = {readonly name: NamedKey} | {readonly name: 'character'; readonly text: string};

type InkKey = {
  readonly upArrow: boolean; readonly downArrow: boolean; readonly leftArrow: boolean; readonly rightArrow: boolean;
  readonly pageUp: boolean; readonly pageDown: boolean; readonly home: boolean; readonly end: boolean;
  readonly return: boolean; readonly escape: boolean; readonly backspace: boolean; readonly delete: boolean;
  readonly tab: boolean; readonly ctrl: boolean; readonly meta: boolean;
};

const named: readonly (readonly [keyof InkKey, NamedKey])[] = [
  ['upArrow', 'up'], ['downArrow', 'down'], ['leftArrow', 'left'], ['rightArrow', 'right'],
  ['pageUp', 'page-up'], ['pageDown', 'page-down'], ['home', 'home'], ['end', 'end'],
  ['return', 'enter'], ['escape', 'escape'], ['backspace', 'backspace'], ['delete', 'backspace'], ['tab', 'tab'],
];

const control: Readonly<Record<string, NamedKey>> = {
  '\r': 'enter', '\n': 'enter', '\t': 'tab', '\u007f': 'backspace', '\b': 'backspace', '\u0003': 'interrupt', '\u0015': 'erase-all', '\u001b': 'escape',
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

export const readKeys = (input: string, key: InkKey): readonly Key[] => {
  if (key.ctrl && input === 'c') return [{name: 'interrupt'}];
  if (key.ctrl && input === 'u') return [{name: 'erase-all'}];
  const found = named.find(([property]) => key[property]);
  if (found !== undefined) return [{name: found[1]}];
  return key.ctrl || key.meta ? [] : splitKeys(input);
};
