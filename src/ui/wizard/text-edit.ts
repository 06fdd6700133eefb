/** A text that is being typed; `cursor` counts characters (code points) from the left. */
export type TextEdit = {readonly text: string; readonly cursor: number};

export type CursorMove = 'left' | 'right' | 'start' | 'end';
export type Erasure = 'character' | 'word' | 'all';

export const editAtEnd = (text: string): TextEdit => ({text, cursor: [...text].length});

export const insertText = ({text, cursor}: TextEdit, typed: string): TextEdit => {
  const characters = [...text];
  return {
    text: [...characters.slice(0, cursor), typed, ...characters.slice(cursor)].join(''),
    cursor: cursor + [...typed].length,
  };
};

export const moveCursor = ({text, cursor}: TextEdit, move: CursorMove): TextEdit => {
  const {length} = [...text];
  const targets = {left: Math.max(0, cursor - 1), right: Math.min(length, cursor + 1), start: 0, end: length};
  return {text, cursor: targets[move]};
};

/** What is left of the cursor goes: one character, one word as the shell's Ctrl-W takes it; or the whole text. */
export const eraseText = ({text, cursor}: TextEdit, what: Erasure): TextEdit => {
  if (what === 'all') return {text: '', cursor: 0};
  const characters = [...text];
  const before = characters.slice(0, cursor).join('');
  const kept = [...(what === 'word' ? before.replace(/\S+\s*$|\s+$/, '') : [...before].slice(0, -1).join(''))];
  return {text: [...kept, ...characters.slice(cursor)].join(''), cursor: kept.length};
};
