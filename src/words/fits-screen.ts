import {displayWidth} from './width.ts';

export type Screen = {readonly columns: number; readonly rows: number};

/** Whether the text, wrapped as a terminal does, leaves the last row to the shell's prompt. */
export const fitsScreen = (text: string, {columns, rows}: Screen): boolean => {
  let used = 0;
  for (const line of text.replace(/\n$/, '').split('\n')) {
    used += Math.max(1, Math.ceil(displayWidth(line) / columns));
    if (used >= rows) return false;
  }
  return true;
};
