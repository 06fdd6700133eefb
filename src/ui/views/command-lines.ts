import {segment, wrapExactly} from '../lines.ts';
import type {Line} from '../lines.ts';
import {displayWidth} from '../printable.ts';

/** Words as the shell sees them: a quoted path with spaces is one. */
const wordsOf = (command: string): readonly string[] => (command.includes(String.raw`\'`) ? [command] : (command.match(/(?:'[^']*'|[^ '])+/g) ?? []));

/** A command that can be copied: where it is too long for one row it goes on as a shell lets it, after a backslash. */
export const commandLines = (command: string, columns: number, prompt: string): readonly Line[] => {
  const indent = ' '.repeat(prompt.length);
  const room = columns - prompt.length - ' \\'.length;
  const rows: string[] = [];
  for (const word of wordsOf(command)) {
    const last = rows.at(-1);
    if (last !== undefined && displayWidth(`${last} ${word}`) <= room) rows[rows.length - 1] = `${last} ${word}`;
    else rows.push(word);
  }
  return rows.flatMap((row, index) =>
    wrapExactly(index === rows.length - 1 ? row : `${row} \\`, columns - prompt.length, 'key').map((part, wrapped): Line => [segment(index === 0 && wrapped === 0 ? prompt : indent, 'muted'), ...part]),
  );
};
